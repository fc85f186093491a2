package secretlife

import (
	"cmp"
	"context"
	"slices"

	"github.com/secretlife-go/secretlife/internal/password"
)

// TagResourceInput is the request of [Manager.TagResource].
type TagResourceInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// Tags are added, or get their new values. A secret has at most 50.
	Tags []Tag
}

func (in TagResourceInput) tell(c *call) {
	c.params.tags("tags", in.Tags)
}

// TagResource adds tags to a secret, or changes their values.
//
// Errors: [*InvalidRequestError] for a scheduled secret, or one that an AWS service owns
// ([ErrOwnedByService]); [*InvalidParameterError] for a replica, or a key that begins
// with "aws:" ([ErrSystemTag]); [*LimitExceededError]; [*ResourceNotFoundError];
// [*ValidationError].
//
// Source: TagResource in the AWS Secrets Manager API reference.
func (m *Manager) TagResource(ctx context.Context, in TagResourceInput) (err error) {
	req, err := begin(ctx, m, OpTagResource, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return err
	}
	var p problems
	p.tags(in.Tags)
	id := p.secretID(in.SecretID)
	p.systemTags(keysOf(in.Tags)...)
	if err := p.err(); err != nil {
		return err
	}
	tags := slices.Clone(in.Tags)
	_, err = req.change(id, func(s Secret) (Change, error) {
		c, err := s.Tag(req.at(), tags)
		return withCall(&req, c, in), err
	})
	return err
}

// UntagResourceInput is the request of [Manager.UntagResource].
type UntagResourceInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// TagKeys are the keys of the tags to remove, 1 to 128 characters each.
	TagKeys []string
}

func (in UntagResourceInput) tell(c *call) {
	texts(&c.params, "tagKeys", in.TagKeys)
}

// UntagResource removes tags from a secret. Keys it does not have are no error.
//
// Errors: [*InvalidRequestError] for a scheduled secret, or one that an AWS service owns
// ([ErrOwnedByService]); [*InvalidParameterError] for a replica, or a key that begins
// with "aws:" ([ErrSystemTag]); [*ResourceNotFoundError]; [*ValidationError].
//
// Source: UntagResource in the AWS Secrets Manager API reference.
func (m *Manager) UntagResource(ctx context.Context, in UntagResourceInput) (err error) {
	req, err := begin(ctx, m, OpUntagResource, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return err
	}
	var p problems
	for i, k := range in.TagKeys {
		p.entry("tagKeys.%d.member", i, k, 1, 128)
	}
	id := p.secretID(in.SecretID)
	p.systemTags(in.TagKeys...)
	if err := p.err(); err != nil {
		return err
	}
	_, err = req.change(id, func(s Secret) (Change, error) {
		c, err := s.Untag(req.at(), in.TagKeys)
		return withCall(&req, c, in), err
	})
	return err
}

// PutResourcePolicyInput is the request of [Manager.PutResourcePolicy].
type PutResourcePolicyInput struct {
	// SecretID is the secret's name, ARN or partial ARN.
	SecretID string
	// ResourcePolicy is a policy document in JSON, 1 to 20,480 characters.
	ResourcePolicy string
	// BlockPublicPolicy refuses a policy that allows everybody without a
	// condition.
	BlockPublicPolicy bool
}

func (in PutResourcePolicyInput) tell(c *call) {
	p := &c.params
	p.text("resourcePolicy", in.ResourcePolicy)
	p.flag("blockPublicPolicy", in.BlockPublicPolicy)
}

// PutResourcePolicy attaches a policy to a secret, in place of the one it has.
// The policy is kept and shown. It is not evaluated, but for one thing: callers
// of other accounts can use a secret that has a policy, and no other. A Manager
// of [Manager.OwnAccountOnly] refuses them all.
//
// Errors: [*MalformedPolicyDocumentError]; [*PublicPolicyError];
// [*InvalidRequestError] for a scheduled secret; [*InvalidParameterError] for a
// replica; [*ResourceNotFoundError]; [*ValidationError].
//
// Source: PutResourcePolicy in the AWS Secrets Manager API reference.
func (m *Manager) PutResourcePolicy(ctx context.Context, in PutResourcePolicyInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpPutResourcePolicy, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.length("resourcePolicy", in.ResourcePolicy, 1, maxPolicyLength)
	id := p.secretID(in.SecretID)
	policy, err := ParsePolicy(in.ResourcePolicy)
	if in.ResourcePolicy != "" {
		p.add(err)
	}
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.PutPolicy(req.at(), policy, in.BlockPublicPolicy)
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}, nil
}

// GetResourcePolicy reads the policy attached to a secret.
//
// Errors: [*InvalidRequestError] for a scheduled secret;
// [*ResourceNotFoundError]; [*ValidationError].
//
// Source: GetResourcePolicy in the AWS Secrets Manager API reference.
func (m *Manager) GetResourcePolicy(ctx context.Context, in SecretInput) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpGetResourcePolicy, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	s, err := req.read(id)
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s, ResourcePolicy: s.ResourcePolicy()}, nil
}

// DeleteResourcePolicy removes the policy of a secret. Without one it succeeds
// and changes nothing.
//
// Errors: [*InvalidRequestError] for a scheduled secret;
// [*InvalidParameterError] for a replica; [*ResourceNotFoundError];
// [*ValidationError].
//
// Source: DeleteResourcePolicy in the AWS Secrets Manager API reference.
func (m *Manager) DeleteResourcePolicy(
	ctx context.Context, in SecretInput,
) (out SecretOutput, err error) {
	req, err := begin(ctx, m, OpDeleteResourcePolicy, in.SecretID, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	id, err := ParseSecretID(in.SecretID)
	if err != nil {
		return out, err
	}
	s, err := req.change(id, func(s Secret) (Change, error) {
		c, err := s.DeletePolicy(req.at())
		return withCall(&req, c, in), err
	})
	if err != nil {
		return out, err
	}
	return SecretOutput{ARN: s.ARN().String(), Name: s.Name().s}, nil
}

// ValidateResourcePolicyInput is the request of
// [Manager.ValidateResourcePolicy].
type ValidateResourcePolicyInput struct {
	// SecretID is the secret the policy is for: its name, ARN or partial ARN; nil
	// for none.
	SecretID *string
	// ResourcePolicy is a policy document of 1 to 20,480 characters.
	ResourcePolicy string
}

func (in ValidateResourcePolicyInput) tell(c *call) {
	c.params.text("resourcePolicy", in.ResourcePolicy)
}

// ValidateResourcePolicyOutput is the response of
// [Manager.ValidateResourcePolicy].
type ValidateResourcePolicyOutput struct {
	PolicyValidationPassed bool
	ValidationErrors       []ValidationErrorsEntry
}

// ValidationErrorsEntry is one thing wrong with a policy.
type ValidationErrorsEntry struct {
	CheckName    string
	ErrorMessage string
}

// ValidateResourcePolicy tells what is wrong with a policy, without attaching
// it: what PutResourcePolicy would refuse, statements that allow everybody, and
// statements that deny everybody to change the policy again. With a SecretID
// the secret must be there, and not be scheduled for deletion.
//
// Errors: [*MalformedPolicyDocumentError] for what is not a JSON policy;
// [*InvalidRequestError] for a scheduled secret; [*ResourceNotFoundError];
// [*ValidationError].
//
// Source: ValidateResourcePolicy in the AWS Secrets Manager API reference.
func (m *Manager) ValidateResourcePolicy(
	ctx context.Context, in ValidateResourcePolicyInput,
) (out ValidateResourcePolicyOutput, err error) {
	var about string
	if in.SecretID != nil {
		about = *in.SecretID
	}
	req, err := begin(ctx, m, OpValidateResourcePolicy, about, in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.length("resourcePolicy", in.ResourcePolicy, 1, maxPolicyLength)
	var id SecretID
	if in.SecretID != nil {
		id = p.secretID(about)
	}
	policy, faults, err := readPolicy(in.ResourcePolicy)
	if in.ResourcePolicy != "" {
		p.add(err)
	}
	if err := p.err(); err != nil {
		return out, err
	}
	if in.SecretID != nil {
		if _, err := req.read(id); err != nil {
			return out, err
		}
	}
	for _, fault := range append(faults, policy.parsed.Warnings()...) {
		out.ValidationErrors = append(out.ValidationErrors, ValidationErrorsEntry{fault.Check(), fault.Text()})
	}
	out.PolicyValidationPassed = len(out.ValidationErrors) == 0
	return out, nil
}

// GetRandomPasswordInput is the request of [Manager.GetRandomPassword].
type GetRandomPasswordInput struct {
	// PasswordLength is 1 to 4,096; 0 is 32.
	PasswordLength int64
	// ExcludeCharacters are not used, up to 4,096.
	ExcludeCharacters  string
	ExcludeNumbers     bool
	ExcludePunctuation bool
	ExcludeUppercase   bool
	ExcludeLowercase   bool
	// IncludeSpace uses the space, too.
	IncludeSpace bool
	// RequireEachIncludedType asks for at least one character of every kind that is not
	// excluded, but for the space; nil is true.
	RequireEachIncludedType *bool
}

func (in GetRandomPasswordInput) tell(c *call) {
	p := &c.params
	p.number("passwordLength", in.PasswordLength)
	p.text("excludeCharacters", in.ExcludeCharacters)
	p.flag("excludeNumbers", in.ExcludeNumbers)
	p.flag("excludePunctuation", in.ExcludePunctuation)
	p.flag("excludeUppercase", in.ExcludeUppercase)
	p.flag("excludeLowercase", in.ExcludeLowercase)
	p.flag("includeSpace", in.IncludeSpace)
	p.optionalFlag("requireEachIncludedType", in.RequireEachIncludedType)
}

const (
	defaultPasswordLength = 32
	maxPasswordLength     = 4096
)

// Texts of AWS for passwords: reported by go-to-k/cdkd (pull request 3086), which tried
// them on CloudFormation.
const (
	textNothingLeft = "All characters have been excluded from selection"
	textKindIsEmpty = "All characters of the desired type have been excluded"
	textTooShort    = "Password length is too short based on the required types."
)

// GetRandomPassword draws a password from the Manager's random source. It is not about a
// secret and leaves no event. The password does not print itself: see [Value.Reveal].
//
// Errors: [*InvalidParameterError] where all characters are excluded, or all of a kind
// that must be there, or the password is too short for one of each kind;
// [*ValidationError].
//
// Source: GetRandomPassword in the AWS Secrets Manager API reference.
func (m *Manager) GetRandomPassword(ctx context.Context, in GetRandomPasswordInput) (out Value, err error) {
	req, err := begin(ctx, m, OpGetRandomPassword, "", in)
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	rules, err := parsePassword(in)
	if err != nil {
		return out, err
	}
	drawn, err := rules.Draw(req.core.random.below)
	if err != nil {
		return out, err
	}
	return SecretString(drawn), nil
}

// parsePassword returns what the password must be like.
func parsePassword(in GetRandomPasswordInput) (password.Rules, error) {
	var p problems
	p.number("passwordLength", in.PasswordLength, maxPasswordLength)
	p.length("excludeCharacters", in.ExcludeCharacters, 0, maxPasswordLength)
	if err := p.err(); err != nil {
		return password.Rules{}, err
	}
	rules := password.Rules{
		Length:   int(cmp.Or(in.PasswordLength, defaultPasswordLength)),
		Each:     in.RequireEachIncludedType == nil || *in.RequireEachIncludedType,
		Excluded: in.ExcludeCharacters,
		Kinds: password.Kinds{
			Lowercase:   !in.ExcludeLowercase,
			Uppercase:   !in.ExcludeUppercase,
			Numbers:     !in.ExcludeNumbers,
			Punctuation: !in.ExcludePunctuation,
			Space:       in.IncludeSpace,
		},
	}
	switch rules.Check() {
	case password.EmptyKind:
		return rules, badParameter(textKindIsEmpty, ErrInvalidParameter)
	case password.Empty:
		return rules, badParameter(textNothingLeft, ErrInvalidParameter)
	case password.TooShort:
		return rules, badParameter(textTooShort, ErrInvalidParameter)
	}
	return rules, nil
}
