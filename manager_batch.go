package secretlife

import (
	"context"
	"errors"
	"fmt"
)

// BatchGetSecretValueInput is the request of [Manager.BatchGetSecretValue].
type BatchGetSecretValueInput struct {
	// SecretIDList has 1 to 20 names, ARNs or partial ARNs. Either it or Filters
	// is given.
	SecretIDList []string
	// Filters find secrets as those of [ListSecretsInput] do; secrets that are
	// scheduled for deletion never match.
	Filters []Filter
	// MaxResults is the longest page, 1 to 20, with Filters only; 0 is 20.
	MaxResults int
	// NextToken goes on where a page ended; "" begins. It is good for the same
	// request only.
	NextToken string
}

// BatchGetSecretValueOutput is the answer of [Manager.BatchGetSecretValue].
type BatchGetSecretValueOutput struct {
	SecretValues []SecretValueEntry
	Errors       []APIErrorType
	NextToken    string // "" on the last page
}

// SecretValueEntry is one value of a batch.
type SecretValueEntry = GetSecretValueOutput

// APIErrorType is a secret of a batch whose value could not be read.
type APIErrorType struct {
	SecretID  string // as it was given
	ErrorCode string // the exception, such as "ResourceNotFoundException"
	Message   string
}

const (
	maxBatch = 20
	// Texts as moto has them; AWS's are not recorded.
	textIDsOrFilters = "Either 'SecretIdList' or 'Filters' must be provided, but not both."
	textPageOfIDs    = "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
)

// BatchGetSecretValue reads the AWSCURRENT values of several secrets. What can't
// be read is told secret by secret: one that is scheduled for deletion, or not
// there, does not keep the others back. For events each is a GetSecretValue, as
// in CloudTrail.
//
// Errors: [*InvalidParameterError] for both a list and filters, or neither;
// [*InvalidNextTokenError]; [*ValidationError].
//
// Source: BatchGetSecretValue in the AWS Secrets Manager API reference.
func (m *Manager) BatchGetSecretValue(ctx context.Context, in BatchGetSecretValueInput) (out BatchGetSecretValueOutput, err error) {
	f, err := m.begin(ctx, OpBatchGetSecretValue, "")
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	q, err := f.parseBatch(in)
	if err != nil {
		return out, err
	}
	ids := in.SecretIDList
	if len(ids) == 0 {
		var found []Secret
		if found, out.NextToken, err = q.page(); err != nil {
			return BatchGetSecretValueOutput{}, err
		}
		for _, s := range found {
			ids = append(ids, s.ARN().String())
		}
	}
	for _, id := range ids {
		if err := f.readInto(&out, id); err != nil {
			return BatchGetSecretValueOutput{}, err
		}
	}
	return out, nil
}

func (f *frame) parseBatch(in BatchGetSecretValueInput) (listing, error) {
	var p problems
	q := listing{frame: f, kind: "b", filters: p.filters(in.Filters)}
	q.Limit = p.page(in.MaxResults, in.NextToken, maxBatch)
	if len(in.SecretIDList) > maxBatch {
		p.add(violation("secretIdList", fmt.Sprint(len(in.SecretIDList)), maxLength(maxBatch)))
	}
	for i, id := range in.SecretIDList {
		p.length(fmt.Sprintf("secretIdList.%d.member", i+1), id, 1, maxSecretIDLength)
	}
	switch {
	case (len(in.SecretIDList) == 0) == (len(in.Filters) == 0):
		p.add(badParameter(textIDsOrFilters, ErrInvalidParameter))
	case len(in.SecretIDList) > 0 && in.MaxResults != 0:
		p.add(badParameter(textPageOfIDs, ErrInvalidParameter))
	}
	return q, q.finish(&p, fmt.Sprintf("%+v", in.Filters), in.NextToken)
}

// readInto reads one secret, as GetSecretValue does, into its place in the
// answer. The error is one that is not about this secret.
func (f *frame) readInto(out *BatchGetSecretValueOutput, id string) (err error) {
	one := *f
	one.op, one.id = OpGetSecretValue, id
	value, err := one.readOne(id)
	var refused Error
	var failed *InternalServiceError
	switch {
	case err == nil:
		out.SecretValues = append(out.SecretValues, value)
	case errors.As(err, &failed) || !errors.As(err, &refused):
		return err
	default:
		one.end(&err)
		out.Errors = append(out.Errors, APIErrorType{id, refused.ErrorCode(), refused.ErrorMessage()})
	}
	return nil
}

func (f *frame) readOne(id string) (GetSecretValueOutput, error) {
	parsed, err := ParseSecretID(id)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	return f.readUntilStill(parsed, VersionID{}, "")
}

// readUntilStill reads a value, again where others change the secret meanwhile.
func (f *frame) readUntilStill(id SecretID, version VersionID, label Stage) (GetSecretValueOutput, error) {
	for range maxAttempts {
		out, err := f.read(id, version, label)
		if !errors.Is(err, ErrConflict) {
			return out, err
		}
	}
	return GetSecretValueOutput{}, internal(fmt.Errorf("%w %d times in a row", ErrConflict, maxAttempts))
}
