package awsplan

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/secretlife-go/secretlife"
)

// described is a response of DescribeSecret as the library has it.
func described(d *secretsmanager.DescribeSecretOutput) secretlife.SecretDetails {
	out := secretlife.SecretDetails{
		ARN: aws.ToString(d.ARN), Name: aws.ToString(d.Name), Description: aws.ToString(d.Description),
		KMSKeyID: aws.ToString(d.KmsKeyId), Type: aws.ToString(d.Type), CreatedDate: date(d.CreatedDate),
		LastChangedDate: date(d.LastChangedDate), LastAccessedDate: date(d.LastAccessedDate),
		DeletedDate: date(d.DeletedDate), Tags: tagsOf(d.Tags), PrimaryRegion: aws.ToString(d.PrimaryRegion),
		OwningService: aws.ToString(d.OwningService), ReplicationStatus: replication(d.ReplicationStatus),
	}
	for id, labels := range d.VersionIdsToStages {
		if out.VersionIDsToStages == nil {
			out.VersionIDsToStages = map[string][]secretlife.Stage{}
		}
		for _, l := range labels {
			out.VersionIDsToStages[id] = append(out.VersionIDsToStages[id], secretlife.Stage(l))
		}
	}
	out.RotationDetails = secretlife.RotationDetails{
		RotationEnabled: d.RotationEnabled, RotationLambdaARN: aws.ToString(d.RotationLambdaARN),
		LastRotatedDate: date(d.LastRotatedDate), NextRotationDate: date(d.NextRotationDate),
	}
	if r := d.RotationRules; r != nil {
		out.RotationRules = &secretlife.RotationRules{AutomaticallyAfterDays: aws.ToInt64(r.AutomaticallyAfterDays),
			Duration: aws.ToString(r.Duration), ScheduleExpression: aws.ToString(r.ScheduleExpression)}
	}
	return out
}

// date is an instant in UTC, to the millisecond: over the wire it is a number with a fraction.
// It is zero if t is nil.
func date(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Round(time.Millisecond)
}

func tagsOf(tags []types.Tag) []secretlife.Tag {
	var out []secretlife.Tag
	for _, t := range tags {
		out = append(out, secretlife.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	return out
}

func replication(status []types.ReplicationStatusType) []secretlife.Replica {
	var out []secretlife.Replica
	for _, r := range status {
		region, _ := secretlife.ParseRegion(aws.ToString(r.Region)) // one of no known form is a replica, too
		out = append(out, secretlife.Replica{
			Region: region, KMSKeyID: aws.ToString(r.KmsKeyId), Status: string(r.Status),
			StatusMessage: aws.ToString(r.StatusMessage), LastAccessedDate: date(r.LastAccessedDate),
		})
	}
	return out
}

// refusedError is an error of the SDK for a call that the service refused.
type refusedError struct {
	as  secretlife.Error
	sdk error
}

func (e refusedError) Error() string { return e.as.ErrorCode() + ": " + e.as.ErrorMessage() }

func (e refusedError) Unwrap() []error { return []error{e.as, e.sdk} }

// reasonOf returns the reason of a refusal that is beyond AWS, of which secretlife's own endpoint says in a
// header that a hold or a protection is why; zero for others.
func reasonOf(err error) secretlife.Reason {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPResponse() == nil {
		return 0
	}
	switch response.HTTPResponse().Header.Get("X-Secretlife-Reason") {
	case "held":
		return secretlife.ErrHeld
	case "protected":
		return secretlife.ErrProtected
	}
	return 0
}

// understood returns an error of the SDK as one of the library too, where the service refused the
// call. Any other error leaves open what became of the call.
func understood(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	details := secretlife.ErrorDetails{Message: api.ErrorMessage()}
	var as secretlife.Error
	switch api.ErrorCode() {
	case "ResourceNotFoundException":
		as = &secretlife.ResourceNotFoundError{ErrorDetails: details}
	case "ResourceExistsException":
		as = &secretlife.ResourceExistsError{ErrorDetails: details}
	case "InvalidRequestException":
		details.Reason = reasonOf(err)
		as = &secretlife.InvalidRequestError{ErrorDetails: details}
	case "InvalidParameterException":
		as = &secretlife.InvalidParameterError{ErrorDetails: details}
	case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded":
		as = &secretlife.ThrottlingError{ErrorDetails: details}
	case "ValidationException":
		as = &secretlife.ValidationError{ErrorDetails: details}
	case "LimitExceededException":
		as = &secretlife.LimitExceededError{ErrorDetails: details}
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException",
		"InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken":
		as = &secretlife.AccessDeniedError{ErrorDetails: details}
	default:
		return err
	}
	return refusedError{as, err}
}
