package machine

import (
	"context"
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// filter draws a filter of a list, mostly one that some secrets match.
func (d drawer) filter() secretlife.Filter {
	key := history.Pick(d, "name", "name", "description", "tag-key", "tag-value", "primary-region", "owning-service",
		"all", "size")
	values := map[string][]string{
		"name": {"db", "!db", "a/", "x", "db-", ""}, "description": {"text", "TE", "!one", "two one", "zz"},
		"tag-key":   {"k1", "!k1", "K", "k"},
		"tag-value": {"v", "!w", "V", ""}, "primary-region": {"us", "eu-west-1", "!us", "EU"},
		"owning-service": {"rds", "!rds"},
		"all":            {"db", "text", "zz", "!db", "k1", "+", "abc123", "Yy", "zg"}, "size": {"x"},
	}[key]
	f := secretlife.Filter{Key: key}
	for range 1 + d.Below(2) {
		f.Values = append(f.Values, history.Pick(d, values...))
	}
	if d.Chance(2) {
		return history.Pick(d, secretlife.Filter{Key: key}, secretlife.Filter{Values: f.Values}, secretlife.Filter{})
	}
	if d.Chance(2) {
		f.Values = append(f.Values, history.Pick(d, "é", "a*", "#"))
	}
	return f
}

// batchGetSecretValue reads several secrets by ID, or by filters in pages. For each
// secret it must do what GetSecretValue does.
func (d drawer) batchGetSecretValue() {
	if d.outage != nil { // any of several reads could fail
		d.idle = true
		return
	}
	at, id := d.target()
	var in secretlife.BatchGetSecretValueInput
	if d.Chance(70) {
		in.SecretIDList = []string{id}
		for range d.Below(3) {
			_, other := d.target()
			in.SecretIDList = append(in.SecretIDList, other)
		}
	}
	if d.Chance(30) {
		in.Filters = []secretlife.Filter{d.filter()}
	}
	in.MaxResults = history.Pick(d, 0, 0, 0, 1, 20, 21)
	type output = secretlife.BatchGetSecretValueOutput
	run(d.machine, request[secretlife.BatchGetSecretValueInput, output]{
		secretlife.OpBatchGetSecretValue, at, id, in, wholeBatch,
		func(got output) (func() output, *model.Fault) {
			out, f := d.model.Batch(at, in, got.Errors)
			d.nestedRefusals = len(out.Errors)
			return func() output { return out }, f
		}})
}

var wholeBatch = wholeList(service.Service.BatchGetSecretValue,
	func(in *secretlife.BatchGetSecretValueInput, out secretlife.BatchGetSecretValueOutput) bool {
		in.NextToken = out.NextToken
		return out.NextToken != ""
	},
	func(out *secretlife.BatchGetSecretValueOutput, page secretlife.BatchGetSecretValueOutput) {
		out.NextToken = page.NextToken
		out.SecretValues = append(out.SecretValues, page.SecretValues...)
		out.Errors = append(out.Errors, page.Errors...)
	})

// mostPages is more than any list of a history has.
const mostPages = 1000

var errEndless = errors.New("the list goes on for ever")

// wholeList makes a call that reads a list to its end of one that reads a page. next
// asks for the page after out, and reports whether there is one; add adds a page.
func wholeList[I, O any](
	read func(service.Service, context.Context, I) (O, error), next func(in *I, out O) bool, add func(out *O, page O),
) func(service.Service, context.Context, I) (O, error) {
	return func(on service.Service, ctx context.Context, in I) (O, error) {
		out, err := read(on, ctx, in)
		for range mostPages {
			if err != nil || !next(&in, out) {
				return out, err
			}
			var page O
			page, err = read(on, ctx, in)
			add(&out, page)
		}
		return out, errEndless
	}
}
