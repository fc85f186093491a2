package machine

import (
	"context"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
	"github.com/secretlife-go/secretlife/lifetest/internal/service"
)

// filter draws a filter of a list, mostly one that some secrets match.
func (d drawer) filter() secretlife.Filter {
	key := history.Pick(
		d,
		"name",
		"name",
		"description",
		"tag-key",
		"tag-value",
		"primary-region",
		"owning-service",
		"all",
		"size",
	)
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
	run(d.machine, request[secretlife.BatchGetSecretValueOutput]{secretlife.OpBatchGetSecretValue, at, id, in,
		func(ctx context.Context, mg service.Service) (secretlife.BatchGetSecretValueOutput, error) {
			return wholeBatch(ctx, mg, in)
		},
		func(got secretlife.BatchGetSecretValueOutput) (func() secretlife.BatchGetSecretValueOutput, *model.Fault) {
			out, f := d.model.Batch(at, in, got.Errors)
			d.nestedRefusals = len(out.Errors)
			return func() secretlife.BatchGetSecretValueOutput { return out }, f
		}})
}

func wholeBatch(
	ctx context.Context,
	mg service.Service,
	in secretlife.BatchGetSecretValueInput,
) (secretlife.BatchGetSecretValueOutput, error) {
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
