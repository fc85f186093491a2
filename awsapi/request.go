package awsapi

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/failure"
)

// Request is a request for an operation, and what became of it, as [Options].Served receives
// it.
type Request struct {
	Operation secretlife.Operation
	// Account and Region are those that the caller acts for and in.
	Account secretlife.Account
	Region  secretlife.Region
	Caller  secretlife.Caller
	// Time is when the request came, by the Manager's clock.
	Time time.Time
	// Effect is how a [Failure] had the request fail; zero if none had.
	Effect failure.Effect
	// Err is why there was no response, or an exception instead of an output; nil if the
	// request succeeded. [Request.Exception] reads it.
	Err error

	unanswered bool
	in         *value // a pointer, so that printing a Request shows no value of a secret
}

// Exception returns the exception and text that the client got, and false if it got none.
func (r Request) Exception() (code, message string, refused bool) {
	var protocol *protocolError
	var e secretlife.Error
	switch {
	case errors.As(r.Err, &protocol):
		return protocol.code, protocol.text, true
	case errors.As(r.Err, &e):
		return e.ErrorCode(), e.ErrorMessage(), true
	case r.Err == nil || r.unanswered:
		return "", "", false
	}
	return "InternalServiceError", textInternal, true
}

// SecretIDs returns the ids of secrets in the request as the client wrote them, and the name
// for CreateSecret.
func (r Request) SecretIDs() []string { return secretIDs(r.Operation, *r.in) }

// Parameters returns the members of the request under AWS's names, without the values of
// secrets and without members that the API does not have. Numbers are int64 or float64.
func (r Request) Parameters() map[string]any {
	out := map[string]any{}
	for _, m := range r.in.members {
		if shown[m.name] && m.value.kind != null {
			out[m.name] = m.value.read()
		}
	}
	return out
}

// shown are the members of requests that Parameters shows: all but SecretString,
// SecretBinary and RotationToken.
var shown = func() map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{
		"AddReplicaRegions", "BlockPublicPolicy", "ClientRequestToken", "Description", "ExcludeCharacters",
		"ExcludeLowercase", "ExcludeNumbers", "ExcludePunctuation", "ExcludeUppercase", "ExternalSecretRotationMetadata",
		"ExternalSecretRotationRoleArn", "Filters", "ForceDeleteWithoutRecovery", "ForceOverwriteReplicaSecret",
		"IncludeDeprecated", "IncludePlannedDeletion", "IncludeSpace", "KmsKeyId", "MaxResults", "MoveToVersionId", "Name",
		"NextToken", "PasswordLength", "RecoveryWindowInDays", "RemoveFromVersionId", "RemoveReplicaRegions",
		"RequireEachIncludedType", "ResourcePolicy", "RotateImmediately", "RotationLambdaARN", "RotationRules", "SecretId",
		"SecretIdList", "SortBy", "SortOrder", "TagKeys", "Tags", "Type", "VersionId", "VersionStage", "VersionStages",
	} {
		out[name] = true
	}
	return out
}()

// read returns the value as encoding/json does, but that whole numbers are int64.
func (v value) read() any {
	switch v.kind {
	case text:
		return v.text
	case number:
		if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
			return n
		}
		f, _ := strconv.ParseFloat(v.text, 64) // or the infinity that is nearest
		return f
	case boolean:
		return v.truth
	case list:
		out := make([]any, len(v.members))
		for i, m := range v.members {
			out[i] = m.value.read()
		}
		return out
	case structure:
		out := map[string]any{}
		for _, m := range v.members {
			out[m.name] = m.value.read()
		}
		return out
	}
	return nil
}

// served tells Options.Served of a request.
func (a *API) served(ctx context.Context, m *secretlife.Manager, x *exchange, e failure.Effect, err error) {
	if a.o.Served == nil {
		return
	}
	in := x.in.clone() // its members are the exchange's
	r := Request{
		Operation: x.call.Operation, Account: m.Account(), Region: m.Region(), Caller: x.call.Caller, Time: x.call.Time,
		Effect: e, Err: err, in: &in,
	}
	if none := unansweredBy(err); none != nil {
		r.Err, r.unanswered = none, true
	}
	a.o.Served(ctx, r)
}
