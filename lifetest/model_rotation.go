package lifetest

import "github.com/secretlife-go/secretlife"

const (
	textNoLambda = "No Lambda rotation function ARN is associated with this secret."
	textRotating = "A previous rotation isn't complete. That rotation will be reattempted."
	textDenied   = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."
)

// rotate is RotateSecret in a world without a Rotator, where nothing is ever
// rotated.
func (m *model) rotate(at place, in secretlife.RotateSecretInput) *fault {
	var c checks
	c.id(in.SecretID)
	c.token("clientRequestToken", in.ClientRequestToken)
	if f := c.fault(); f != nil {
		return f
	}
	s, f := m.use(at, in.SecretID, false)
	if f != nil {
		return f
	}
	waiting, has := s.labels[pending]
	switch {
	case in.ClientRequestToken != "" && s.version(in.ClientRequestToken) != nil:
	case in.RotationLambdaARN == "":
		return refuse(codeRequest, textNoLambda)
	case has && waiting != s.labels[current]:
		return refuse(codeRequest, textRotating)
	case len(s.labels) == mostStages && !has:
		return &fault{code: codeLimit}
	}
	return refuse(codeDenied, textDenied)
}

func (m *model) cancelRotation(at place, id string) *fault {
	var c checks
	c.id(id)
	if f := c.fault(); f != nil {
		return f
	}
	if _, f := m.use(at, id, false); f != nil {
		return f
	}
	return refuse(codeRequest, textNoLambda)
}
