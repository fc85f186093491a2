package lifetest

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// smallFake is a fake as a newcomer writes it: one place, a map, and the operations
// that a test needs. wrong says which mistake it has.
type smallFake struct {
	NotServed
	serves  []secretlife.Operation
	wrong   string
	now     time.Time
	drawn   int
	secrets map[string]*smallSecret
	made    int // secrets so far
	// By name, so that a purge must remember them.
	values   map[string]map[string]secretlife.Value
	policies map[string]string
}

type smallSecret struct {
	arn, name         string
	created, changed  time.Time
	nth               int // of all that were created
	tags              []secretlife.Tag
	current, previous string
	made              map[string]time.Time // versions
	deleted           *time.Time           // its DeletionDate
	asked             time.Time            // when DeleteSecret was called
}

func newSmallFake(wrong string, serves ...secretlife.Operation) *smallFake {
	return &smallFake{
		serves: serves, wrong: wrong, now: time.Date(2030, 1, 1, 10, 30, 0, 0, time.UTC),
		secrets: map[string]*smallSecret{}, values: map[string]map[string]secretlife.Value{},
		policies: map[string]string{},
	}
}

// subject puts the fake under the kit. It does not look at the form of requests, and has
// texts of its own.
func (f *smallFake) subject() Subject {
	return Subject{
		In: func(account, region string) Service {
			if account != "111111111111" || region != "us-east-1" {
				return nil
			}
			return f
		},
		Now: func() time.Time { return f.now },
		Advance: func(_ context.Context, d time.Duration) error {
			f.now = f.now.Add(d)
			for name, s := range f.secrets {
				if s.deleted != nil && !f.now.Before(*s.deleted) {
					f.purge(name)
				}
			}
			return nil
		},
		Unchecked: []string{"ValidationException", "LimitExceededException", "LastAccessedDate", "OwningService"},
		Without:   []Part{Texts, Replicas, Rotation},
	}
}

func refuse(code string) error { return &RefusedError{Code: code, Message: "no"} }

var (
	errNotFound = refuse("ResourceNotFoundException")
	errExists   = refuse("ResourceExistsException")
	errRequest  = refuse("InvalidRequestException")
	errArgument = refuse("InvalidParameterException")
)

func (f *smallFake) has(op secretlife.Operation) bool { return slices.Contains(f.serves, op) }

func (f *smallFake) purge(name string) {
	delete(f.secrets, name)
	if f.wrong != "values are kept after a purge" {
		delete(f.values, name)
	}
	if f.wrong != "the policy is kept after a purge" {
		delete(f.policies, name)
	}
}

var fullARN = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// find looks for an active secret by its name or ARN, or for any.
func (f *smallFake) find(id string, scheduled bool) (*smallSecret, error) {
	for _, s := range f.secrets {
		partial := strings.HasPrefix(id, "arn:") && !fullARN.MatchString(id) && strings.HasPrefix(s.arn, id+"-") &&
			len(s.arn) == len(id)+7
		switch {
		case id != s.name && id != s.arn && !partial:
		case s.deleted != nil && !scheduled:
			return nil, errRequest
		default:
			return s, nil
		}
	}
	return nil, errNotFound
}

func (f *smallFake) newARN(name string) string {
	f.drawn++
	return fmt.Sprintf("arn:aws:secretsmanager:us-east-1:111111111111:secret:%s-%06d", name, f.drawn)
}

// write makes a version, or finds that it is there.
func (f *smallFake) write(s *smallSecret, token string, v secretlife.Value) (string, error) {
	if token == "" {
		f.drawn++
		token = fmt.Sprintf("00000000-0000-4000-8000-%012d", f.drawn)
		if f.wrong == "version IDs are used again" {
			token = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.made)+1)
		}
	}
	if _, there := s.made[token]; there {
		if !f.values[s.name][token].Equal(v) {
			return "", errExists
		}
		return token, nil
	}
	if f.values[s.name] == nil {
		f.values[s.name] = map[string]secretlife.Value{}
	}
	f.values[s.name][token], s.made[token] = v, f.now
	if s.current != "" {
		s.previous = s.current
	}
	s.current = token
	return token, nil
}

// change moves LastChangedDate, which never stands still.
func (f *smallFake) change(s *smallSecret) {
	if s.changed = s.changed.Add(time.Millisecond); f.now.After(s.changed) {
		s.changed = f.now
	}
}

func (s *smallSecret) stages(id string) []secretlife.Stage {
	switch id {
	case s.current:
		return []secretlife.Stage{secretlife.StageCurrent}
	case s.previous:
		return []secretlife.Stage{secretlife.StagePrevious}
	}
	return nil
}

func (f *smallFake) CreateSecret(
	_ context.Context, in secretlife.CreateSecretInput,
) (out secretlife.SecretOutput, err error) {
	s := f.secrets[in.Name]
	switch {
	case in.Description != "" || in.KMSKeyID != "" || in.Type != "" || strings.Contains(in.Name, "!") ||
		slices.ContainsFunc(in.Tags, func(t secretlife.Tag) bool { return strings.HasPrefix(t.Key, "aws:") }):
		return out, ErrNotServed
	case s == nil:
		f.made++
		s = &smallSecret{arn: f.newARN(in.Name), name: in.Name, created: f.now, changed: f.now, nth: f.made}
		s.made = map[string]time.Time{}
		for _, tag := range in.Tags {
			i := slices.IndexFunc(s.tags, func(t secretlife.Tag) bool { return t.Key == tag.Key })
			if i >= 0 {
				s.tags[i] = tag
				continue
			}
			s.tags = append(s.tags, tag)
		}
		f.secrets[in.Name] = s
	case s.deleted != nil:
		return out, errRequest
	case in.Value.IsZero() || s.made[in.ClientRequestToken].IsZero():
		return out, errExists
	}
	out.ARN, out.Name = s.arn, s.name
	if !in.Value.IsZero() {
		out.VersionID, err = f.write(s, in.ClientRequestToken, in.Value)
	}
	return out, err
}

func (f *smallFake) PutSecretValue(
	_ context.Context, in secretlife.PutSecretValueInput,
) (out secretlife.SecretOutput, err error) {
	if !f.has(secretlife.OpPutSecretValue) || in.VersionStages != nil {
		return out, ErrNotServed
	}
	if in.Value.IsZero() {
		return out, errRequest
	}
	s, err := f.find(in.SecretID, false)
	if err != nil {
		return out, err
	}
	made := len(s.made)
	out.ARN, out.Name = s.arn, s.name
	if out.VersionID, err = f.write(s, in.ClientRequestToken, in.Value); len(s.made) > made {
		f.change(s)
	}
	out.VersionStages = s.stages(out.VersionID)
	return out, err
}

func (f *smallFake) GetSecretValue(
	_ context.Context, in secretlife.GetSecretValueInput,
) (out secretlife.GetSecretValueOutput, err error) {
	if !f.has(secretlife.OpGetSecretValue) || in.VersionStage != "" {
		return out, ErrNotServed
	}
	s, err := f.find(in.SecretID, false)
	if err != nil {
		return out, err
	}
	id := in.VersionID
	if id == "" {
		id = s.current
	}
	v, there := f.values[s.name][id]
	if !there {
		return out, errNotFound
	}
	return secretlife.GetSecretValueOutput{
		ARN: s.arn, Name: s.name, VersionID: id, Value: v, VersionStages: s.stages(id), CreatedDate: s.made[id],
	}, nil
}

func (f *smallFake) DeleteSecret(
	_ context.Context, in secretlife.DeleteSecretInput,
) (out secretlife.SecretOutput, err error) {
	force, window := in.ForceDeleteWithoutRecovery, int64(30)
	if in.RecoveryWindowInDays != nil {
		window = *in.RecoveryWindowInDays
	}
	switch wrong := f.wrong == "any window is accepted"; {
	case !wrong && (window < 7 || window > 30), in.RecoveryWindowInDays != nil && force:
		return out, errArgument
	}
	s, err := f.find(in.SecretID, true)
	switch {
	case err != nil && force:
		out = secretlife.SecretOutput{ARN: in.SecretID, Name: in.SecretID, DeletionDate: f.now}
		if !strings.HasPrefix(in.SecretID, "arn:") {
			out.ARN = f.newARN(in.SecretID)
			return out, nil
		}
		_, out.Name, _ = strings.Cut(in.SecretID, ":secret:")
		out.Name = fullARN.ReplaceAllString(out.Name, "")
		return out, nil
	case err != nil:
		return out, err
	case s.deleted != nil && !force && f.wrong != "a second DeleteSecret moves the date":
		return out, errRequest
	}
	date := f.now.Add(time.Duration(window) * 24 * time.Hour)
	if f.wrong == "dates are cut to days" {
		date = date.Truncate(24 * time.Hour)
	}
	if force && f.wrong != "force is ignored" {
		date = f.now
		f.purge(s.name)
	}
	s.deleted, s.asked = &date, f.now
	f.change(s)
	return secretlife.SecretOutput{ARN: s.arn, Name: s.name, DeletionDate: date}, nil
}

func (f *smallFake) RestoreSecret(
	_ context.Context, in secretlife.SecretInput,
) (out secretlife.SecretOutput, err error) {
	if !f.has(secretlife.OpRestoreSecret) {
		return out, ErrNotServed
	}
	s, err := f.find(in.SecretID, true)
	if err != nil {
		return out, err
	}
	if s.deleted != nil {
		s.deleted = nil
		f.change(s)
		if f.wrong == "RestoreSecret loses the tags" {
			s.tags = nil
		}
	}
	return secretlife.SecretOutput{ARN: s.arn, Name: s.name}, nil
}

func (f *smallFake) DescribeSecret(
	_ context.Context, in secretlife.SecretInput,
) (out secretlife.SecretDetails, err error) {
	if !f.has(secretlife.OpDescribeSecret) {
		return out, ErrNotServed
	}
	s, err := f.find(in.SecretID, true)
	if err != nil {
		return out, err
	}
	return s.description(), nil
}

func (s *smallSecret) description() secretlife.SecretDetails {
	out := secretlife.SecretDetails{
		ARN: s.arn, Name: s.name, Tags: s.tags, CreatedDate: s.created, LastChangedDate: s.changed,
	}
	if s.deleted != nil {
		out.DeletedDate = s.asked
	}
	for _, id := range []string{s.current, s.previous} {
		if id != "" && out.VersionIDsToStages == nil {
			out.VersionIDsToStages = map[string][]secretlife.Stage{}
		}
		if id != "" {
			out.VersionIDsToStages[id] = s.stages(id)
		}
	}
	return out
}

func (f *smallFake) ListSecrets(
	_ context.Context, in secretlife.ListSecretsInput,
) (out secretlife.ListSecretsOutput, err error) {
	if !f.has(secretlife.OpListSecrets) || in.Filters != nil || in.SortBy != "" ||
		in.SortOrder != "" || in.MaxResults != 0 || in.NextToken != "" {
		return out, ErrNotServed
	}
	out.SecretList = []secretlife.SecretDetails{}
	for _, s := range f.secrets {
		if s.deleted == nil || in.IncludePlannedDeletion || f.wrong == "lists show scheduled secrets" {
			out.SecretList = append(out.SecretList, s.description())
		}
	}
	slices.SortFunc(out.SecretList, func(a, b secretlife.SecretDetails) int {
		return f.secrets[a.Name].nth - f.secrets[b.Name].nth
	})
	return out, nil
}

// smallPolicy is the one policy that the fake knows, and how AWS prints it.
const (
	smallPolicy = `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},` +
		`"Action":"secretsmanager:*","Resource":"*"}]}`
	smallPolicyPrinted = "{\n  \"Statement\" : [ {\n    \"Effect\" : \"Allow\",\n    \"Principal\" : {\n" +
		"      \"AWS\" : \"111122223333\"\n    },\n    \"Action\" : \"secretsmanager:*\",\n" +
		"    \"Resource\" : \"*\"\n  } ]\n}"
)

func (f *smallFake) PutResourcePolicy(
	_ context.Context, in secretlife.PutResourcePolicyInput,
) (out secretlife.SecretOutput, err error) {
	if !f.has(secretlife.OpPutResourcePolicy) || in.ResourcePolicy != smallPolicy {
		return out, ErrNotServed
	}
	s, err := f.find(in.SecretID, false)
	if err != nil {
		return out, err
	}
	f.policies[s.name] = smallPolicyPrinted
	f.change(s)
	return secretlife.SecretOutput{ARN: s.arn, Name: s.name}, nil
}

func (f *smallFake) GetResourcePolicy(
	_ context.Context, in secretlife.SecretInput,
) (out secretlife.SecretOutput, err error) {
	if !f.has(secretlife.OpGetResourcePolicy) {
		return out, ErrNotServed
	}
	s, err := f.find(in.SecretID, false)
	if err != nil {
		return out, err
	}
	return secretlife.SecretOutput{ARN: s.arn, Name: s.name, ResourcePolicy: f.policies[s.name]}, nil
}
