package awsapi

import "github.com/secretlife-go/secretlife"

func readRotateSecret(m *members) secretlife.RotateSecretInput {
	in := secretlife.RotateSecretInput{
		SecretID:                      m.requiredString("SecretId"),
		ClientRequestToken:            m.clientToken(),
		RotationLambdaARN:             m.string("RotationLambdaARN"),
		RotateImmediately:             m.optionalFlag("RotateImmediately"),
		ExternalSecretRotationRoleARN: m.nonEmptyString("ExternalSecretRotationRoleArn", 20),
	}
	m.structure("RotationRules", func(r *members) {
		in.RotationRules = &secretlife.RotationRules{
			AutomaticallyAfterDays: r.rotationDays(),
			Duration:               r.nonEmptyString("Duration", 2),
			ScheduleExpression:     r.nonEmptyString("ScheduleExpression", 1),
		}
	})
	m.structures("ExternalSecretRotationMetadata", func(x *members) {
		item := secretlife.Tag{Key: x.string("Key"), Value: x.string("Value")}
		in.ExternalSecretRotationMetadata = append(in.ExternalSecretRotationMetadata, item)
	})
	return in
}

// rotationDays is the member AutomaticallyAfterDays. Zero is out of range
// on the wire and is refused here; for the Manager it means that no number is given.
func (m *members) rotationDays() int64 {
	n := m.optionalLong("AutomaticallyAfterDays")
	switch {
	case n == nil:
		return 0
	case *n == 0:
		m.violation(*n, "AutomaticallyAfterDays", "Member must have value greater than or equal to 1")
	}
	return *n
}

func readCancelRotate(m *members) secretlife.SecretInput {
	return secretlife.SecretInput{SecretID: m.requiredString("SecretId")}
}

// writeRotation writes the members of an answer about rotation.
func writeRotation(e *encoder, r *secretlife.RotationDetails) {
	if r.RotationEnabled != nil {
		e.flag("RotationEnabled", *r.RotationEnabled)
	}
	e.optional("RotationLambdaARN", r.RotationLambdaARN)
	if rules := r.RotationRules; rules != nil {
		e.object("RotationRules", func() {
			if rules.AutomaticallyAfterDays != 0 {
				e.number("AutomaticallyAfterDays", rules.AutomaticallyAfterDays)
			}
			e.optional("Duration", rules.Duration)
			e.optional("ScheduleExpression", rules.ScheduleExpression)
		})
	}
	e.optionalDate("LastRotatedDate", r.LastRotatedDate)
	e.optionalDate("NextRotationDate", r.NextRotationDate)
	e.optional("ExternalSecretRotationRoleArn", r.ExternalSecretRotationRoleARN)
	if len(r.ExternalSecretRotationMetadata) > 0 {
		objects(e, "ExternalSecretRotationMetadata", r.ExternalSecretRotationMetadata,
			func(e *encoder, x secretlife.Tag) {
				e.text("Key", x.Key)
				e.text("Value", x.Value)
			})
	}
}
