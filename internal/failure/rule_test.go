package failure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

const arn = "arn:aws:secretsmanager:us-east-1:111111111111:secret:prod/db"

func TestRule(t *testing.T) {
	call := Call{
		Operation: secretlife.OpGetSecretValue, SecretIDs: []string{"prod/db"}, Account: "111111111111", Region: "us-east-1",
		Caller: secretlife.Caller{AccessKeyID: "AKIAEXAMPLE", Principal: "arn:aws:iam::111111111111:user/ann"},
	}
	for name, c := range map[string]struct {
		rule Rule
		call Call
		want bool
	}{
		"every call":           {Rule{}, call, true},
		"of the operation":     {Rule{Operation: secretlife.OpGetSecretValue}, call, true},
		"of another operation": {Rule{Operation: secretlife.OpPutSecretValue}, call, false},
		"of the account":       {Rule{Account: "111111111111"}, call, true},
		"of another account":   {Rule{Account: "222222222222"}, call, false},
		"of the Region":        {Rule{Region: "us-east-1"}, call, true},
		"of another Region":    {Rule{Region: "eu-west-1"}, call, false},
		"of the access key":    {Rule{Caller: "AKIAEXAMPLE"}, call, true},
		"of the principal":     {Rule{Caller: "arn:aws:iam::111111111111:user/ann"}, call, true},
		"of another caller":    {Rule{Caller: "AKIAOTHER"}, call, false},
		"of the secret":        {Rule{SecretID: "prod/db"}, call, true},
		"of another secret":    {Rule{SecretID: "prod/db2"}, call, false},
		"of the secret by its ARN, called by name": {
			Rule{SecretID: arn + "-AbCdEf"}, call, true,
		},
		"of the secret by its name, called by ARN": {
			Rule{SecretID: "prod/db"}, Call{SecretIDs: []string{arn + "-AbCdEf"}}, true,
		},
		"of the secret by a partial ARN": {
			Rule{SecretID: arn}, Call{SecretIDs: []string{arn + "-AbCdEf"}}, true,
		},
		"of an earlier secret of the name": {
			Rule{SecretID: arn + "-AbCdEf"}, Call{SecretIDs: []string{arn + "-GhIjKl"}}, false,
		},
		"of a batch with the secret": {
			Rule{SecretID: "prod/db"}, Call{SecretIDs: []string{"a", "prod/db"}}, true,
		},
		"of a call without a secret": {Rule{SecretID: "prod/db"}, Call{}, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, c.rule.Matches(c.call)) })
	}

	t.Run("that can't be followed", func(t *testing.T) {
		for name, r := range map[string]Rule{
			"no effect":        {},
			"negative skip":    {Skip: -1, Effect: Cut()},
			"negative times":   {Times: -1, Effect: Cut()},
			"negative latency": {Latency: -1},
			"secret":           {SecretID: "a b", Effect: Cut()},
			"account":          {Account: "1", Effect: Cut()},
			"Region":           {Region: "x y", Effect: Cut()},
			"exception":        {Effect: Exception("no name", "")},
			"status":           {Effect: Status(200)},
		} {
			t.Run(name, func(t *testing.T) { require.Error(t, r.Check()) })
		}
	})
}

// decisions makes a number of the same calls.
func decisions(p *Plan, n int) (out []string) {
	for range n {
		out = append(out, p.Next(Call{Operation: secretlife.OpGetSecretValue}).Effect.String())
	}
	return out
}

func TestPlan(t *testing.T) {
	add := func(t *testing.T, p *Plan, rules ...Rule) {
		t.Helper()
		for _, r := range rules {
			_, err := p.Add(r)
			require.NoError(t, err)
		}
	}
	t.Run("without rules", func(t *testing.T) {
		var p Plan
		require.True(t, p.Empty())
		require.Equal(t, []string{"served"}, decisions(&p, 1))
	})
	t.Run("every call", func(t *testing.T) {
		var p Plan
		add(t, &p, Rule{Effect: Timeout()})
		require.Equal(t, []string{"timeout", "timeout", "timeout"}, decisions(&p, 3))
	})
	t.Run("the second call", func(t *testing.T) {
		var p Plan
		add(t, &p, Rule{Skip: 1, Times: 1, Effect: AnswerLost()})
		require.Equal(t, []string{"served", "answer-lost", "served"}, decisions(&p, 3))
	})
	t.Run("rules count apart, and the first decides", func(t *testing.T) {
		var p Plan
		add(t, &p, Rule{Times: 2, Effect: Throttling()}, Rule{Skip: 1, Times: 2, Effect: Status(503)},
			Rule{Operation: secretlife.OpPutSecretValue, Effect: Cut()})
		require.Equal(t, []string{
			"ThrottlingException: Rate exceeded", "ThrottlingException: Rate exceeded", "status 503", "served",
		}, decisions(&p, 4))
		var counts [][2]int
		for _, r := range p.Rules() {
			counts = append(counts, [2]int{r.Matched, r.Failed})
		}
		require.Equal(t, [][2]int{{4, 2}, {4, 2}, {0, 0}}, counts)
	})
	t.Run("latencies add up", func(t *testing.T) {
		var p Plan
		add(t, &p, Rule{Latency: time.Second}, Rule{Latency: time.Minute, RealLatency: 1, Effect: Cut()})
		require.Equal(t, Decision{Latency: time.Minute + time.Second, RealLatency: 1, Effect: Cut()}, p.Next(Call{}))
	})
	t.Run("rules go", func(t *testing.T) {
		var p Plan
		add(t, &p, Rule{Account: "111111111111", Effect: Cut()}, Rule{Effect: Timeout()})
		require.True(t, p.Remove(2))
		require.False(t, p.Remove(2))
		require.Zero(t, p.Clear("222222222222"))
		require.Equal(t, 1, p.Clear("111111111111"))
		require.True(t, p.Empty())
		add(t, &p, Rule{Effect: Cut()})
		require.Equal(t, 3, p.Rules()[0].ID)
		require.Equal(t, 1, p.Clear(""))
	})
	t.Run("a wrong rule is not added", func(t *testing.T) {
		var p Plan
		_, err := p.Add(Rule{})
		require.Error(t, err)
		require.True(t, p.Empty())
	})
}
