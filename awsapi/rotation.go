package awsapi

import (
	"encoding/json"

	"github.com/secretlife-go/secretlife"
)

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
		item := secretlife.ExternalSecretRotationMetadataItem{Key: x.string("Key"), Value: x.string("Value")}
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

func writeRotateSecret(o secretlife.SecretOutput) any {
	return createSecret{ARN: o.ARN, Name: o.Name, VersionID: o.VersionID}
}

func writeCancelRotate(o secretlife.SecretOutput) any {
	return createSecret{ARN: o.ARN, Name: o.Name, VersionID: o.VersionID}
}

// rotationDetails are the members of an answer about rotation.
type rotationDetails struct {
	RotationEnabled                *bool                                           `json:",omitempty"`
	RotationLambdaARN              string                                          `json:",omitempty"`
	RotationRules                  *secretlife.RotationRules                       `json:",omitempty"`
	LastRotatedDate                json.Number                                     `json:",omitempty"`
	NextRotationDate               json.Number                                     `json:",omitempty"`
	ExternalSecretRotationRoleARN  string                                          `json:"ExternalSecretRotationRoleArn,omitempty"`
	ExternalSecretRotationMetadata []secretlife.ExternalSecretRotationMetadataItem `json:",omitempty"`
}

func writeRotation(r secretlife.RotationDetails) rotationDetails {
	return rotationDetails{
		RotationEnabled:                r.RotationEnabled,
		RotationLambdaARN:              r.RotationLambdaARN,
		RotationRules:                  r.RotationRules,
		LastRotatedDate:                optionalEpoch(r.LastRotatedDate),
		NextRotationDate:               optionalEpoch(r.NextRotationDate),
		ExternalSecretRotationRoleARN:  r.ExternalSecretRotationRoleARN,
		ExternalSecretRotationMetadata: r.ExternalSecretRotationMetadata,
	}
}
