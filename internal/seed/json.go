package seed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/duration"
)

// fileForm is the JSON form, with AWS's names where AWS has one:
//
//	{"Secrets": [
//	  {"Name": "prod/db", "SecretString": "hunter2", "Tags": [{"Key": "team", "Value": "a"}]},
//	  {"Name": "old", "SecretString": "x", "Age": "90d", "Deletion": {"Ago": "25d", "RecoveryWindowInDays": 30}}
//	]}
type fileForm struct {
	Secrets []secretForm
}

type secretForm struct {
	Name, Account, Region string
	Description           string
	KMSKeyID              string `json:"KmsKeyId"`
	Type                  string
	Tags                  []secretlife.Tag
	ResourcePolicy        json.RawMessage // a document, or a string with one
	ReplicaRegions        []string
	Versions              []versionForm
	Age                   span
	Deletion              *deletionForm
	Holds                 []Hold
	valueForm
}

type versionForm struct {
	VersionID     string `json:"VersionId"`
	VersionStages []secretlife.Stage
	valueForm
}

type valueForm struct {
	SecretString *string
	SecretBinary []byte
}

type deletionForm struct {
	Ago                  span
	RecoveryWindowInDays int64
}

// Parse reads the JSON form of secrets. It refuses unknown members. Errors show no value.
func Parse(data []byte) ([]Secret, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var f fileForm
	if err := d.Decode(&f); err != nil {
		return nil, readable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the secrets")
	}
	out := make([]Secret, len(f.Secrets))
	for i, x := range f.Secrets {
		s, err := x.secret()
		if err == nil {
			err = s.Check()
		}
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// readable leaves out what encoding/json quotes of the text: it may be a value.
func readable(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		field := strings.ReplaceAll(wrong.Field, "valueForm.", "") // the type that is embedded
		return fmt.Errorf("%s can't be a JSON %s", field, kindOf(wrong.Value))
	}
	return err
}

// kindOf is a kind of JSON value without the value itself, as of "number 7".
func kindOf(value string) string {
	kind, _, _ := bytes.Cut([]byte(value), []byte(" "))
	return string(kind)
}

func (x secretForm) secret() (Secret, error) {
	s := Secret{
		Name: x.Name, Account: x.Account, Region: x.Region, Description: x.Description, KMSKeyID: x.KMSKeyID, Type: x.Type,
		Tags: x.Tags, ReplicaRegions: x.ReplicaRegions, Age: time.Duration(x.Age), ResourcePolicy: string(x.ResourcePolicy),
		Holds: x.Holds,
	}
	var text string
	if json.Unmarshal(x.ResourcePolicy, &text) == nil {
		s.ResourcePolicy = text
	}
	if x.Deletion != nil {
		s.Deletion = &Deletion{time.Duration(x.Deletion.Ago), x.Deletion.RecoveryWindowInDays}
	}
	var err error
	if s.Value, err = x.value(); err != nil {
		return s, fmt.Errorf("secret %q: %w", s.Name, err)
	}
	for _, v := range x.Versions {
		value, err := v.value()
		if err != nil {
			return s, fmt.Errorf("secret %q: %w", s.Name, err)
		}
		s.Versions = append(s.Versions, Version{v.VersionID, value, v.VersionStages})
	}
	return s, nil
}

func (x valueForm) value() (secretlife.Value, error) {
	return secretlife.OneValue(x.SecretString, x.SecretBinary)
}

// span is a duration as text, such as "90d".
type span time.Duration

func (s *span) UnmarshalText(text []byte) error {
	d, err := duration.Parse(string(text))
	*s = span(d)
	return err
}
