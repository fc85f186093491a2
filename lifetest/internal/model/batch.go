package model

import (
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// Batch is BatchGetSecretValue. It takes the texts that are not known from got.
func (m *Model) Batch(
	at Place,
	in secretlife.BatchGetSecretValueInput,
	got []secretlife.APIErrorType,
) (out secretlife.BatchGetSecretValueOutput, f *Fault) {
	var c checks
	c.filters(in.Filters)
	if in.MaxResults > 20 {
		c.violations = append(c.violations, "")
	}
	for i, id := range in.SecretIDList {
		c.length(fmt.Sprintf("secretIdList.%d.member", i+1), id, 1, 2048)
	}
	if (len(in.SecretIDList) > 0) == (len(in.Filters) > 0) || in.MaxResults != 0 && len(in.SecretIDList) > 0 {
		c.refuse(&Fault{Code: CodeParameter})
	}
	if f := c.fault(); f != nil {
		return out, f
	}
	ids := in.SecretIDList
	if len(ids) == 0 {
		list, _ := m.List(at, secretlife.ListSecretsInput{Filters: in.Filters})
		for _, s := range list {
			ids = append(ids, s.ARN)
		}
	}
	for _, id := range ids {
		s, v, f := m.Get(at, secretlife.GetSecretValueInput{SecretID: id})
		if f == nil {
			out.SecretValues = append(out.SecretValues, secretlife.GetSecretValueOutput{
				ARN: s.ARN(), Name: s.Name, VersionID: v.ID, Value: v.Value, VersionStages: s.Stages(v.ID),
				CreatedDate: Instant(v.Created),
			})
			continue
		}
		e := secretlife.APIErrorType{SecretID: id, ErrorCode: f.Code, Message: f.Text}
		if i := len(out.Errors); i < len(got) {
			if e.ErrorCode == "" {
				e.ErrorCode = got[i].ErrorCode
			}
			if e.Message == "" {
				e.Message = got[i].Message
			}
		}
		out.Errors = append(out.Errors, e)
	}
	return out, nil
}
