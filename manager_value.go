package secretlife

import (
	"context"
	"errors"
	"time"
)

// GetSecretValueInput is the request of [Manager.GetSecretValue].
type GetSecretValueInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// VersionID asks for one version, "" for that of VersionStage.
	VersionID string
	// VersionStage is the staging label to look for; "" is AWSCURRENT.
	VersionStage Stage
}

// besideID is the input if it has more than the id, and nil otherwise, which costs reads nothing.
func (in GetSecretValueInput) besideID() input {
	if in.VersionID == "" && in.VersionStage == "" {
		return nil
	}
	return in
}

func (in GetSecretValueInput) tell(c *call) {
	p := &c.params
	p.text("versionId", in.VersionID)
	p.text("versionStage", string(in.VersionStage))
}

// GetSecretValueOutput is the response of [Manager.GetSecretValue].
type GetSecretValueOutput struct {
	ARN           string
	Name          string
	VersionID     string
	Value         Value
	VersionStages []Stage // none for a deprecated version
	CreatedDate   time.Time
}

// GetSecretValue reads the value of a version. A secret that is scheduled for
// deletion gives none.
//
// Errors: [*InvalidRequestError] for a scheduled secret
// ([ErrScheduledForDeletion]) or a label that is on another version
// ([ErrStageMismatch]); [*ResourceNotFoundError] for an unknown secret or
// version; [*ValidationError].
//
// Source: GetSecretValue in the AWS Secrets Manager API reference.
func (m *Manager) GetSecretValue(ctx context.Context, in GetSecretValueInput) (out GetSecretValueOutput, err error) {
	req, err := begin(ctx, m, OpGetSecretValue, in.SecretID, in.besideID())
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	id := p.secretID(in.SecretID)
	version := p.versionID("versionId", in.VersionID)
	p.length("versionStage", string(in.VersionStage), 0, 256)
	if err := p.err(); err != nil {
		return out, err
	}
	return req.readValue(id, version, in.VersionStage)
}

// readValue reads a value, again where others change the secret meanwhile.
func (req *request) readValue(id SecretID, version VersionID, label Stage) (GetSecretValueOutput, error) {
	return settle(func() (GetSecretValueOutput, error) { return req.readValueOnce(id, version, label) })
}

func (req *request) readValueOnce(id SecretID, version VersionID, label Stage) (GetSecretValueOutput, error) {
	s, err := req.load(id)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	at, err := s.selectAt(req.now, version, label)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	if err := req.checkKey(s, s.keyOf(at), keyDecrypts); err != nil {
		return GetSecretValueOutput{}, err
	}
	value, err := req.stored(s, at)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	if err := req.noteRead(s, at, version, label); err != nil {
		return GetSecretValueOutput{}, err
	}
	v, _ := s.Version(at)
	return GetSecretValueOutput{
		ARN:           s.ARN().String(),
		Name:          s.Name().s,
		VersionID:     at.s,
		Value:         value,
		VersionStages: s.Stages(at),
		CreatedDate:   v.CreatedDate(),
	}, nil
}

// PutSecretValueInput is the request of [Manager.PutSecretValue].
type PutSecretValueInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ClientRequestToken, 32 to 64 characters, becomes the version's id. Left
	// empty, one is drawn.
	ClientRequestToken string
	// Value is required: 1 to 65,536 bytes.
	Value Value
	// VersionStages are the labels the version gets, at most 20; none is
	// AWSCURRENT.
	VersionStages []Stage
	// RotationToken is what a rotation function was called with: 36 to 256
	// letters, digits and hyphens. It makes no difference here; AWS needs it from
	// functions of other accounts.
	RotationToken string
}

func (in PutSecretValueInput) tell(c *call) {
	c.token = in.ClientRequestToken
	texts(&c.params, "versionStages", in.VersionStages)
}

// PutSecretValue adds a version. Without VersionStages it becomes AWSCURRENT,
// and the version that was becomes AWSPREVIOUS. The same token with the same
// value again changes nothing.
//
// Errors: [*ResourceExistsError] for a token with other content
// ([ErrTokenInUse]); [*InvalidRequestError] for a scheduled secret or no value;
// [*InvalidParameterError] for a replica; [*LimitExceededError] for more than 20
// labels; [*ResourceNotFoundError]; [*ValidationError].
//
// Source: PutSecretValue in the AWS Secrets Manager API reference.
func (m *Manager) PutSecretValue(ctx context.Context, in PutSecretValueInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpPutSecretValue, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.add(in.Value.check())
	p.stages("versionStages", in.VersionStages)
	p.rotationToken(in.RotationToken)
	id := p.secretID(in.SecretID)
	token := req.token(&p, in.ClientRequestToken, true)
	if in.Value.IsZero() {
		p.add(badRequest(textNoValue, ErrInvalidParameter))
	}
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := req.write(s, token, in.Value, func() (Change, error) {
			return s.PutValue(req.at(), token, in.Value, cloneStages(in.VersionStages))
		})
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{
		ARN:           s.ARN().String(),
		Name:          s.Name().s,
		VersionID:     token.s,
		VersionStages: s.Stages(token),
	}, nil
}

// write decides for a token that may be in use already.
func (req *request) write(s Secret, token VersionID, value Value, decide func() (Change, error)) (Change, error) {
	if err := s.admitValue(req.op, req.now); err != nil {
		return Change{}, err
	}
	if err := req.checkKey(s, s.KMSKeyID(), keyEncrypts); err != nil {
		return Change{}, err
	}
	c, err := decide()
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, ErrTokenInUse) {
		return Change{}, err
	}
	stored, err := req.stored(s, token)
	if err != nil {
		return Change{}, err
	}
	return Change{}, s.putAgain(req.op, req.at(), token, value, stored)
}

// UpdateSecretInput is the request of [Manager.UpdateSecret]. Members that are
// nil, empty or zero leave things as they are.
type UpdateSecretInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ClientRequestToken, 32 to 64 characters, becomes the id of the new
	// version. Left empty with a value, one is drawn.
	ClientRequestToken string
	// Value makes a new version, which becomes AWSCURRENT.
	Value Value
	// Description is up to 2,048 characters; "" removes it.
	Description *string
	// KMSKeyID is up to 2,048 characters; "" is the default key.
	KMSKeyID *string
	// Type is up to 256 characters.
	Type *string
}

func (in UpdateSecretInput) tell(c *call) {
	c.token = in.ClientRequestToken
	p := &c.params
	p.optional("description", in.Description)
	p.optional("kmsKeyId", in.KMSKeyID)
	p.optional("type", in.Type)
}

// UpdateSecret changes what a secret says of itself, adds a version, or both.
// With no more than a SecretID it moves LastChangedDate only, as on AWS.
//
// Errors: [*ResourceExistsError] for a token with other content
// ([ErrTokenInUse]); [*InvalidRequestError] for a scheduled secret;
// [*InvalidParameterError] for a replica, unless nothing but KMSKeyID is given;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: UpdateSecret in the AWS Secrets Manager API reference.
func (m *Manager) UpdateSecret(ctx context.Context, in UpdateSecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpUpdateSecret, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	u := Update{Description: in.Description, KMSKeyID: in.KMSKeyID, Type: in.Type, Value: in.Value}
	p.optional("description", in.Description, maxDescriptionLength)
	p.optional("kmsKeyId", in.KMSKeyID, maxKeyIDLength)
	p.optional("type", in.Type, maxTypeLength)
	p.add(in.Value.check())
	id := p.secretID(in.SecretID)
	u.VersionID = req.token(&p, in.ClientRequestToken, !in.Value.IsZero())
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		if u.Value.IsZero() {
			c, err := req.update(s, u)
			return withCall(&req, c, in), err
		}
		c, err := req.write(s, u.VersionID, u.Value, func() (Change, error) { return req.update(s, u) })
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	out = SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}
	if !u.Value.IsZero() {
		out.VersionID = u.VersionID.s
	}
	return out, nil
}

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

func (in BatchGetSecretValueInput) tell(c *call) {
	p := &c.params
	texts(p, "secretIdList", in.SecretIDList)
	p.filters(in.Filters)
	p.page(in.MaxResults, in.NextToken)
}

// BatchGetSecretValueOutput is the response of [Manager.BatchGetSecretValue].
type BatchGetSecretValueOutput struct {
	SecretValues []GetSecretValueOutput
	Errors       []APIErrorType
	NextToken    string // "" on the last page
}

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
func (m *Manager) BatchGetSecretValue(
	ctx context.Context, in BatchGetSecretValueInput,
) (out BatchGetSecretValueOutput, err error) {
	req, err := begin(ctx, m, OpBatchGetSecretValue, "", in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	q, err := req.parseBatch(in)
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
	one := req
	one.op, one.of = OpGetSecretValue, nil
	out.SecretValues = make([]GetSecretValueOutput, 0, len(ids))
	for _, id := range ids {
		one.id, one.target, one.saved = id, Secret{}, false
		if err := one.readInto(&out); err != nil {
			return BatchGetSecretValueOutput{}, err
		}
	}
	if len(out.SecretValues) == 0 {
		out.SecretValues = nil
	}
	return out, nil
}

func (req *request) parseBatch(in BatchGetSecretValueInput) (listing, error) {
	var p problems
	q := listing{req: req, kind: "b", filters: p.filters(in.Filters)}
	q.query.Limit = p.page(in.MaxResults, in.NextToken, maxBatch)
	if len(in.SecretIDList) > maxBatch {
		p.add(violation("secretIdList", in.SecretIDList, maxLength(maxBatch)))
	}
	for i, id := range in.SecretIDList {
		p.entry("secretIdList.%d.member", i, id, 1, maxSecretIDLength)
	}
	switch {
	case (len(in.SecretIDList) == 0) == (len(in.Filters) == 0):
		p.add(badParameter(textIDsOrFilters, ErrInvalidParameter))
	case len(in.SecretIDList) > 0 && in.MaxResults != 0:
		p.add(badParameter(textPageOfIDs, ErrInvalidParameter))
	}
	return q, q.finish(&p, in.Filters, in.NextToken)
}

// readInto reads one secret, as GetSecretValue does, into its place in the
// response. The error is one that is not about this secret.
func (req *request) readInto(out *BatchGetSecretValueOutput) error {
	value, err := req.readOne(req.id)
	if err == nil {
		req.end(&err)
		out.SecretValues = append(out.SecretValues, value)
		return nil
	}
	refused, isException := asError(err)
	if failed := (*InternalServiceError)(nil); errors.As(err, &failed) || !isException {
		return err
	}
	req.end(&err)
	out.Errors = append(out.Errors, APIErrorType{req.id, refused.ErrorCode(), refused.ErrorMessage()})
	return nil
}

func (req *request) readOne(id string) (GetSecretValueOutput, error) {
	parsed, err := ParseSecretID(id)
	if err != nil {
		return GetSecretValueOutput{}, err
	}
	return req.readValue(parsed, VersionID{}, "")
}
