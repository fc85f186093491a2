package lifetest

import (
	"context"
	"fmt"

	"github.com/secretlife-go/secretlife"
)

// filter is one filter of a list: mostly one that some secrets fit.
func (d drawer) filter() secretlife.Filter {
	key := pick(d, "name", "name", "description", "tag-key", "tag-value", "primary-region", "owning-service", "all", "size")
	values := map[string][]string{
		"name": {"db", "!db", "a/", "x", "db-", ""}, "description": {"text", "TE", "!one", "two one", "zz"}, "tag-key": {"k1", "!k1", "K", "k"},
		"tag-value": {"v", "!w", "V", ""}, "primary-region": {"us", "eu-west-1", "!us", "EU"}, "owning-service": {"rds", "!rds"},
		"all": {"db", "text", "zz", "!db", "k1", "+", "abc123", "Yy", "zg"}, "size": {"x"},
	}[key]
	f := secretlife.Filter{Key: key}
	for range 1 + d.below(2) {
		f.Values = append(f.Values, pick(d, values...))
	}
	if d.chance(2) {
		f.Values = append(f.Values, pick(d, "é", "a*", "#"))
	}
	return f
}

// batchGetSecretValue reads several secrets: by id, or by filters and then page
// by page. What it does to each is what GetSecretValue does.
func (d drawer) batchGetSecretValue() {
	if d.outage != nil { // which could hit any of several reads
		d.idle = true
		return
	}
	at, id := d.target()
	var in secretlife.BatchGetSecretValueInput
	if d.chance(70) {
		in.SecretIDList = []string{id}
		for range d.below(3) {
			_, other := d.target()
			in.SecretIDList = append(in.SecretIDList, other)
		}
	}
	if d.chance(30) {
		in.Filters = []secretlife.Filter{d.filter()}
	}
	in.MaxResults = pick(d, 0, 0, 0, 1, 20, 21)
	run(d.machine, request[secretlife.BatchGetSecretValueOutput]{secretlife.OpBatchGetSecretValue, at, id, in,
		func(ctx context.Context, mg Service) (secretlife.BatchGetSecretValueOutput, error) {
			return wholeBatch(ctx, mg, in)
		},
		func(got secretlife.BatchGetSecretValueOutput) (func() secretlife.BatchGetSecretValueOutput, *fault) {
			out, f := d.model.batch(at, in, got.Errors)
			d.inner = len(out.Errors)
			return func() secretlife.BatchGetSecretValueOutput { return out }, f
		}})
}

func wholeBatch(ctx context.Context, mg Service, in secretlife.BatchGetSecretValueInput) (secretlife.BatchGetSecretValueOutput, error) {
	out, err := mg.BatchGetSecretValue(ctx, in)
	for n := 0; err == nil && out.NextToken != ""; n++ {
		if n == mostPages {
			return out, errEndless
		}
		in.NextToken = out.NextToken
		var more secretlife.BatchGetSecretValueOutput
		more, err = mg.BatchGetSecretValue(ctx, in)
		more.SecretValues = append(out.SecretValues, more.SecretValues...)
		more.Errors = append(out.Errors, more.Errors...)
		out = more
	}
	return out, err
}

// batch reads one secret after the other. Of got it takes the texts that nobody
// knows.
func (m *model) batch(at place, in secretlife.BatchGetSecretValueInput, got []secretlife.APIErrorType) (out secretlife.BatchGetSecretValueOutput, f *fault) {
	var c checks
	c.filters(in.Filters)
	if in.MaxResults > 20 {
		c.violations = append(c.violations, "")
	}
	for i, id := range in.SecretIDList {
		c.length(fmt.Sprintf("secretIdList.%d.member", i+1), id, 1, 2048)
	}
	if (len(in.SecretIDList) > 0) == (len(in.Filters) > 0) || in.MaxResults != 0 && len(in.SecretIDList) > 0 {
		c.refuse(&fault{code: codeParameter})
	}
	if f := c.fault(); f != nil {
		return out, f
	}
	ids := in.SecretIDList
	if len(ids) == 0 {
		list, _ := m.list(at, secretlife.ListSecretsInput{Filters: in.Filters})
		for _, s := range list {
			ids = append(ids, s.ARN)
		}
	}
	for _, id := range ids {
		s, v, f := m.get(at, secretlife.GetSecretValueInput{SecretID: id})
		if f == nil {
			out.SecretValues = append(out.SecretValues, secretlife.SecretValueEntry{
				ARN: s.arn(), Name: s.name, VersionID: v.id, Value: v.value, VersionStages: s.stages(v.id), CreatedDate: instant(v.created),
			})
			continue
		}
		e := secretlife.APIErrorType{SecretID: id, ErrorCode: f.code, Message: f.text}
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
