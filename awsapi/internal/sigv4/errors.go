package sigv4

// Error says why a request is refused.
type Error struct {
	Code    string // of the exception
	Message string // for the client; it can repeat parts of the request
	Reason  string // for the log; it repeats nothing of the request
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// The texts are those of AWS's services of this protocol, or ours where theirs
// are not known.
const (
	textMismatch = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	textToken = "The security token included in the request is invalid."
)

var (
	errNoAuthentication = &Error{"MissingAuthenticationTokenException", "Missing Authentication Token",
		"the request is not signed"}
	errUnknownKey = &Error{"UnrecognizedClientException", textToken,
		"the access key is not known"}
	errSessionToken = &Error{"UnrecognizedClientException", textToken,
		"the session token is not that of the access key"}
	errRegion = invalid("Credential should be scoped to a valid region.",
		"the credential scope has no valid Region")
	errDefaults = &Error{"InternalServiceError",
		"This endpoint's default account or Region is not valid: see its options.",
		"the account of the access key, or the default account or Region, is not valid"}
	errTwoHeaders = incomplete("There must be one Authorization header at most.",
		"there are several Authorization headers")
	errQuery = incomplete("The Secrets Manager API takes no query string: sign the request in its Authorization header.",
		"the request has a query string")
	errFields = incomplete("Authorization header must have 'Credential', 'SignedHeaders' and 'Signature' once each, "+
		"and nothing else.",
		"the Authorization header has a field twice, or one that is not known")
	errCredential = incomplete(
		"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
		"the Credential has not five elements")
	errNoDate = incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
		"the request has no date, or several")
	errReplay = invalid("Signature already used: a signed request that changes something is carried out once. Sign it "+
		"again to repeat it.",
		"the signature was used before")
	errRemembered = &Error{"ThrottlingException",
		"Rate exceeded: there are too many changes to remember their signatures.",
		"there are too many signatures to remember"}
)

// mismatch refuses a signature that is not that of the request.
func mismatch(reason string) *Error { return invalid(textMismatch, reason) }

func invalid(text, reason string) *Error {
	return &Error{"InvalidSignatureException", text, reason}
}

func incomplete(text, reason string) *Error {
	return &Error{"IncompleteSignatureException", text, reason}
}
