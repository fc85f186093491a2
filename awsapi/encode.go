package awsapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/secretlife-go/secretlife"
)

// The answers on the wire: AWS's member names, with members that are unset left
// out.

// encode writes an answer without escaping HTML, which no client of AWS is.
func encode(v any) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, 256))
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// epoch is a date as AWS JSON writes it: seconds since 1970, with as many as
// three digits for milliseconds.
func epoch(t time.Time) json.Number {
	ms := t.UnixMilli()
	b := make([]byte, 0, 20)
	if ms < 0 {
		b, ms = append(b, '-'), -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return json.Number(b)
}

// optionalEpoch is empty, and so left out, for no date.
func optionalEpoch(t *time.Time) json.Number {
	if t == nil {
		return ""
	}
	return epoch(*t)
}

type named struct {
	ARN  string
	Name string
}

func writeNamed(o secretlife.SecretOutput) any { return named{o.ARN, o.Name} }

type replicationStatus struct {
	Region           string
	KMSKeyID         string `json:"KmsKeyId,omitempty"`
	Status           secretlife.ReplicaStatus
	StatusMessage    string      `json:",omitempty"`
	LastAccessedDate json.Number `json:",omitempty"`
}

func writeStatus(list []secretlife.ReplicationStatus) []replicationStatus {
	out := make([]replicationStatus, len(list))
	for i, s := range list {
		out[i] = replicationStatus{s.Region, s.KMSKeyID, s.Status, s.StatusMessage, optionalEpoch(s.LastAccessedDate)}
	}
	return out
}

type createSecret struct {
	ARN               string
	Name              string
	VersionID         string              `json:"VersionId,omitempty"`
	ReplicationStatus []replicationStatus `json:",omitempty"`
}

func writeCreateSecret(o secretlife.SecretOutput) any {
	return createSecret{o.ARN, o.Name, o.VersionID, writeStatus(o.ReplicationStatus)}
}

func writeUpdateSecret(o secretlife.SecretOutput) any {
	return createSecret{ARN: o.ARN, Name: o.Name, VersionID: o.VersionID}
}

type deleteSecret struct {
	ARN          string
	Name         string
	DeletionDate json.Number
}

func writeDeleteSecret(o secretlife.SecretOutput) any {
	return deleteSecret{o.ARN, o.Name, epoch(o.DeletionDate)}
}

type getSecretValue struct {
	ARN           string
	Name          string
	VersionID     string             `json:"VersionId"`
	SecretString  *string            `json:",omitempty"`
	SecretBinary  []byte             `json:",omitempty"`
	VersionStages []secretlife.Stage `json:",omitempty"`
	CreatedDate   json.Number
}

func writeGetSecretValue(o secretlife.GetSecretValueOutput) any {
	out := getSecretValue{ARN: o.ARN, Name: o.Name, VersionID: o.VersionID, VersionStages: o.VersionStages,
		CreatedDate: epoch(o.CreatedDate)}
	content := o.Value.Reveal()
	if o.Value.IsBinary() {
		out.SecretBinary = []byte(content)
	} else {
		out.SecretString = &content
	}
	return out
}

type batch struct {
	SecretValues []any        `json:"SecretValues"`
	Errors       []batchError `json:"Errors"`
	NextToken    string       `json:",omitempty"`
}

type batchError struct {
	SecretID  string `json:"SecretId"`
	ErrorCode string
	Message   string
}

func writeBatch(o secretlife.BatchGetSecretValueOutput) any {
	out := batch{SecretValues: make([]any, len(o.SecretValues)), Errors: make([]batchError, len(o.Errors)),
		NextToken: o.NextToken}
	for i, v := range o.SecretValues {
		out.SecretValues[i] = writeGetSecretValue(v)
	}
	for i, e := range o.Errors {
		out.Errors[i] = batchError(e)
	}
	return out
}

type putSecretValue struct {
	ARN           string
	Name          string
	VersionID     string             `json:"VersionId"`
	VersionStages []secretlife.Stage `json:",omitempty"`
}

func writePutSecretValue(o secretlife.SecretOutput) any {
	return putSecretValue{o.ARN, o.Name, o.VersionID, o.VersionStages}
}

func writeGetRandomPassword(password secretlife.Value) any {
	return struct{ RandomPassword string }{password.Reveal()}
}

type validatePolicy struct {
	PolicyValidationPassed bool
	ValidationErrors       []secretlife.ValidationErrorsEntry
}

// writeValidatePolicy shows [] where nothing is wrong, as AWS's example does.
func writeValidatePolicy(o secretlife.ValidateResourcePolicyOutput) any {
	if o.ValidationErrors == nil {
		o.ValidationErrors = []secretlife.ValidationErrorsEntry{}
	}
	return validatePolicy(o)
}

type getResourcePolicy struct {
	ARN            string
	Name           string
	ResourcePolicy string `json:",omitempty"`
}

func writeGetResourcePolicy(o secretlife.GetResourcePolicyOutput) any { return getResourcePolicy(o) }

type replication struct {
	ARN               string
	ReplicationStatus []replicationStatus
}

func writeReplicate(o secretlife.SecretOutput) any {
	return replication{o.ARN, writeStatus(o.ReplicationStatus)}
}

func writeRemoveRegions(o secretlife.SecretOutput) any {
	return replication{o.ARN, writeStatus(o.ReplicationStatus)}
}

func writeStopReplication(o secretlife.SecretOutput) any {
	return struct{ ARN string }{o.ARN}
}

// attributes are what DescribeSecret and an entry of ListSecrets begin with. Tags is a
// pointer because AWS shows [] for a secret that lost its tags, and nothing for one that
// never had any.
type attributes struct {
	ARN              string
	Name             string
	Description      string            `json:",omitempty"`
	KMSKeyID         string            `json:"KmsKeyId,omitempty"`
	Type             string            `json:",omitempty"`
	CreatedDate      json.Number       `json:",omitempty"`
	LastChangedDate  json.Number       `json:",omitempty"`
	LastAccessedDate json.Number       `json:",omitempty"`
	DeletedDate      json.Number       `json:",omitempty"`
	Tags             *[]secretlife.Tag `json:",omitempty"`
}

// describeSecret and listEntry differ in the name of one member and in
// ReplicationStatus.
type describeSecret struct {
	attributes
	VersionIDsToStages map[string][]secretlife.Stage `json:"VersionIdsToStages,omitempty"`
	PrimaryRegion      string                        `json:",omitempty"`
	OwningService      string                        `json:",omitempty"`
	ReplicationStatus  []replicationStatus           `json:",omitempty"`
	rotationDetails
}

func optionalTags(tags []secretlife.Tag) *[]secretlife.Tag {
	if tags == nil {
		return nil
	}
	return &tags
}

func writeDescribeSecret(o secretlife.DescribeSecretOutput) any {
	return describeSecret{
		attributes: attributes{
			ARN:              o.ARN,
			Name:             o.Name,
			Description:      o.Description,
			KMSKeyID:         o.KMSKeyID,
			Type:             o.Type,
			CreatedDate:      epoch(o.CreatedDate),
			LastChangedDate:  epoch(o.LastChangedDate),
			LastAccessedDate: optionalEpoch(o.LastAccessedDate),
			DeletedDate:      optionalEpoch(o.DeletedDate),
			Tags:             optionalTags(o.Tags),
		},
		VersionIDsToStages: o.VersionIDsToStages,
		PrimaryRegion:      o.PrimaryRegion,
		OwningService:      o.OwningService,
		ReplicationStatus:  writeStatus(o.ReplicationStatus),
		rotationDetails:    writeRotation(o.RotationDetails),
	}
}

type listSecrets struct {
	SecretList []listEntry
	NextToken  string `json:",omitempty"`
}

type listEntry struct {
	attributes
	SecretVersionsToStages map[string][]secretlife.Stage `json:",omitempty"`
	PrimaryRegion          string                        `json:",omitempty"`
	OwningService          string                        `json:",omitempty"`
	rotationDetails
}

func writeListSecrets(o secretlife.ListSecretsOutput) any {
	out := listSecrets{SecretList: make([]listEntry, len(o.SecretList)), NextToken: o.NextToken}
	for i, s := range o.SecretList {
		out.SecretList[i] = listEntry{
			attributes: attributes{
				ARN:              s.ARN,
				Name:             s.Name,
				Description:      s.Description,
				KMSKeyID:         s.KMSKeyID,
				Type:             s.Type,
				CreatedDate:      epoch(s.CreatedDate),
				LastChangedDate:  epoch(s.LastChangedDate),
				LastAccessedDate: optionalEpoch(s.LastAccessedDate),
				DeletedDate:      optionalEpoch(s.DeletedDate),
				Tags:             optionalTags(s.Tags),
			},
			SecretVersionsToStages: s.SecretVersionsToStages,
			PrimaryRegion:          s.PrimaryRegion,
			OwningService:          s.OwningService,
			rotationDetails:        writeRotation(s.RotationDetails),
		}
	}
	return out
}

type listVersions struct {
	ARN       string
	Name      string
	Versions  []versionEntry
	NextToken string `json:",omitempty"`
}

type versionEntry struct {
	VersionID        string             `json:"VersionId"`
	VersionStages    []secretlife.Stage `json:",omitempty"`
	CreatedDate      json.Number
	LastAccessedDate json.Number `json:",omitempty"`
	KMSKeyIDs        []string    `json:"KmsKeyIds"`
}

func writeListSecretVersionIds(o secretlife.ListSecretVersionIdsOutput) any {
	out := listVersions{ARN: o.ARN, Name: o.Name, Versions: make([]versionEntry, len(o.Versions)), NextToken: o.NextToken}
	for i, v := range o.Versions {
		out.Versions[i] = versionEntry{v.VersionID, v.VersionStages, epoch(v.CreatedDate), optionalEpoch(v.LastAccessedDate),
			v.KMSKeyIDs}
	}
	return out
}
