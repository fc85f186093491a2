// Package fake has a fake of AWS Secrets Manager as teams write them by hand, of
// five operations. Its test puts it under the kit that finds out whether it is
// right.
package fake

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// SecretsManager is the fake: what a team's code needs of the SDK's client. It
// does not look at the form of requests.
type SecretsManager struct {
	Now time.Time
	// Again is how many more days a second DeleteSecret gives: none, as a second
	// one is refused, unless the fake is to show a mistake.
	Again   bool
	secrets map[string]*secret
	made    int
}

type secret struct {
	in                secretsmanager.CreateSecretInput
	arn               string
	created, changed  time.Time
	accessed, deleted *time.Time
	asked             *time.Time // when the deletion was asked for
}

const (
	textMarked   = "You can't perform this operation on the secret because it was marked for deletion."
	textNotFound = "Secrets Manager can't find the specified secret."
)

// Advance lets time pass, and purges.
func (f *SecretsManager) Advance(_ context.Context, d time.Duration) error {
	f.Now = f.Now.Add(d)
	maps.DeleteFunc(f.secrets, func(_ string, s *secret) bool { return s.deleted != nil && !f.Now.Before(*s.deleted) })
	return nil
}

// CreateSecret makes a secret.
func (f *SecretsManager) CreateSecret(_ context.Context, in *secretsmanager.CreateSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.CreateSecretOutput, error) {
	f.made++
	token := aws.ToString(in.ClientRequestToken)
	if token == "" {
		token = fmt.Sprintf("00000000-0000-4000-8000-%012d", f.made)
	}
	for _, t := range in.Tags {
		if strings.HasPrefix(*t.Key, "aws:") {
			return nil, &types.InvalidParameterException{
				Message: aws.String("You can't modify system tags. Tag key: '" + *t.Key + "'."),
			}
		}
	}
	s := f.secrets[*in.Name]
	switch {
	case s == nil:
		s = &secret{in: *in, created: f.Now, changed: f.Now}
		s.arn = fmt.Sprintf("arn:aws:secretsmanager:us-east-1:111111111111:secret:%s-%06d", *in.Name, f.made)
		s.in.ClientRequestToken, s.in.Tags = &token, merge(in.Tags)
		if service, _, managed := strings.Cut(*in.Name, "!"); managed {
			owner := types.Tag{Key: aws.String("aws:secretsmanager:owningService"), Value: &service}
			s.in.Tags = append(s.in.Tags, owner)
		}
		if f.secrets == nil {
			f.secrets = map[string]*secret{}
		}
		f.secrets[*in.Name] = s
	case s.deleted != nil:
		return nil, &types.InvalidRequestException{
			Message: aws.String("You can't create this secret because a secret with this name is already scheduled for " +
				"deletion.")}
	case s.hasValue() && in.SecretString == nil && in.SecretBinary == nil, !s.hasValue(),
		token != *s.in.ClientRequestToken:
		return nil, &types.ResourceExistsException{Message: aws.String("The operation failed because the secret " +
			*in.Name + " already exists.")}
	case aws.ToString(in.SecretString) != aws.ToString(s.in.SecretString) || !slices.Equal(in.SecretBinary,
		s.in.SecretBinary):
		return nil, &types.ResourceExistsException{Message: aws.String("You can't use ClientRequestToken " + token +
			" because that value is already in use for a version of secret " + s.arn + ".")}
	}
	out := &secretsmanager.CreateSecretOutput{ARN: &s.arn, Name: in.Name}
	if s.hasValue() {
		out.VersionId = &token
	}
	return out, nil
}

func (s *secret) hasValue() bool { return s.in.SecretString != nil || s.in.SecretBinary != nil }

// DeleteSecret schedules a secret for deletion, or ends it at once.
func (f *SecretsManager) DeleteSecret(_ context.Context, in *secretsmanager.DeleteSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.DeleteSecretOutput, error) {
	days, force := in.RecoveryWindowInDays, aws.ToBool(in.ForceDeleteWithoutRecovery)
	switch {
	case days != nil && (*days < 7 || *days > 30):
		return nil, &types.InvalidParameterException{
			Message: aws.String("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")}
	case days != nil && force:
		return nil, &types.InvalidParameterException{
			Message: aws.String("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")}
	}
	s := f.find(*in.SecretId)
	switch {
	case s == nil && force: // AWS answers as if it had been there
		name := *in.SecretId
		return &secretsmanager.DeleteSecretOutput{ARN: f.arnOf(name), Name: aws.String(nameOf(name)), DeletionDate: &f.Now},
			nil
	case s == nil:
		return nil, &types.ResourceNotFoundException{Message: aws.String(textNotFound)}
	case s.deleted != nil && !force && !f.Again:
		return nil, &types.InvalidRequestException{Message: aws.String(textMarked)}
	}
	date := f.Now
	if force {
		delete(f.secrets, *s.in.Name)
	} else {
		window := int64(30)
		if days != nil {
			window = *days
		}
		date = f.Now.AddDate(0, 0, int(window))
		now := f.Now
		s.asked, s.deleted = &now, &date
		s.change(f.Now)
	}
	return &secretsmanager.DeleteSecretOutput{ARN: &s.arn, Name: s.in.Name, DeletionDate: &date}, nil
}

// RestoreSecret takes a deletion back.
func (f *SecretsManager) RestoreSecret(_ context.Context, in *secretsmanager.RestoreSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.RestoreSecretOutput, error) {
	s := f.find(*in.SecretId)
	if s == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String(textNotFound)}
	}
	if s.deleted != nil {
		s.asked, s.deleted = nil, nil
		s.change(f.Now)
	}
	return &secretsmanager.RestoreSecretOutput{ARN: &s.arn, Name: s.in.Name}, nil
}

// GetSecretValue reads the value.
func (f *SecretsManager) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	s := f.find(*in.SecretId)
	version, stage := aws.ToString(in.VersionId), aws.ToString(in.VersionStage)
	switch {
	case s == nil:
		return nil, &types.ResourceNotFoundException{Message: aws.String(textNotFound)}
	case s.deleted != nil:
		return nil, &types.InvalidRequestException{Message: aws.String(textMarked)}
	case version != "" && (!s.hasValue() || version != *s.in.ClientRequestToken):
		return nil, &types.ResourceNotFoundException{
			Message: aws.String("Secrets Manager can't find the specified secret value for VersionId: " + version)}
	case version != "" && stage != "" && stage != "AWSCURRENT":
		return nil, &types.InvalidRequestException{
			Message: aws.String("You provided a VersionStage that is not associated to the provided VersionId.")}
	case !s.hasValue() || stage != "" && stage != "AWSCURRENT":
		if stage == "" {
			stage = "AWSCURRENT"
		}
		return nil, &types.ResourceNotFoundException{
			Message: aws.String("Secrets Manager can't find the specified secret value for staging label: " + stage)}
	}
	today := f.Now.Truncate(24 * time.Hour)
	s.accessed = &today
	return &secretsmanager.GetSecretValueOutput{
		ARN: &s.arn, Name: s.in.Name, VersionId: s.in.ClientRequestToken, VersionStages: []string{"AWSCURRENT"},
		CreatedDate:  &s.created,
		SecretString: s.in.SecretString, SecretBinary: s.in.SecretBinary,
	}, nil
}

// DescribeSecret tells what there is to know.
func (f *SecretsManager) DescribeSecret(_ context.Context, in *secretsmanager.DescribeSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	s := f.find(*in.SecretId)
	if s == nil {
		return nil, &types.ResourceNotFoundException{Message: aws.String(textNotFound)}
	}
	out := &secretsmanager.DescribeSecretOutput{
		ARN: &s.arn, Name: s.in.Name, Description: s.in.Description, KmsKeyId: s.in.KmsKeyId, Type: s.in.Type,
		Tags:        s.in.Tags,
		CreatedDate: &s.created, LastChangedDate: &s.changed, LastAccessedDate: s.accessed, DeletedDate: s.asked,
	}
	if service, _, managed := strings.Cut(*s.in.Name, "!"); managed {
		out.OwningService = &service
	}
	if s.hasValue() {
		out.VersionIdsToStages = map[string][]string{*s.in.ClientRequestToken: {"AWSCURRENT"}}
	}
	return out, nil
}

// merge keeps the last of the tags with one key.
func merge(tags []types.Tag) (out []types.Tag) {
	for _, t := range tags {
		i := slices.IndexFunc(out, func(o types.Tag) bool { return *o.Key == *t.Key })
		if i < 0 {
			out = append(out, t)
		} else {
			out[i] = t
		}
	}
	return out
}

// change moves LastChangedDate, which never stands still.
func (s *secret) change(now time.Time) {
	next := s.changed.Add(time.Millisecond)
	if now.After(next) {
		next = now
	}
	s.changed = next
}

var suffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// find looks for a secret by its name, its ARN, or its ARN without the end.
func (f *SecretsManager) find(id string) *secret {
	for _, s := range f.secrets {
		partial := suffix.ReplaceAllString(s.arn, "")
		if id == *s.in.Name || id == s.arn || id == partial && !suffix.MatchString(id) {
			return s
		}
	}
	return nil
}

func nameOf(id string) string {
	if _, name, isARN := strings.Cut(id, ":secret:"); isARN {
		return suffix.ReplaceAllString(name, "")
	}
	return id
}

func (f *SecretsManager) arnOf(id string) *string {
	if strings.HasPrefix(id, "arn:") {
		return &id
	}
	f.made++
	return aws.String(fmt.Sprintf("arn:aws:secretsmanager:us-east-1:111111111111:secret:%s-%06d", id, f.made))
}
