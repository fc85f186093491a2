package command

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

const token = `"ClientRequestToken":"00000000000000000000000000000001"`

// testServer is a server for tests, in virtual time from 2030-01-01.
func testServer(t *testing.T, flags ...string) *program {
	return start(t, append([]string{"--clock", "virtual", "--start", "2030-01-01T00:00:00Z", "--seed", "1"}, flags...)...)
}

// in makes a call of the API as an account.
func (p *program) in(account, operation, body string) (int, string) {
	p.t.Helper()
	return p.post("/", body, "X-Amz-Target", "secretsmanager."+operation, "Authorization",
		"AWS4-HMAC-SHA256 Credential="+account+"/20300101/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, "+
			"Signature=0")
}

// created makes the secret db as an account, and returns its ARN.
func (p *program) created(account string) string {
	p.t.Helper()
	status, answer := p.in(account, "CreateSecret", `{"Name":"db",`+token+`,"SecretString":"hidden"}`)
	require.Equal(p.t, http.StatusOK, status, answer)
	var out struct{ ARN string }
	require.NoError(p.t, json.Unmarshal([]byte(answer), &out))
	return out.ARN
}

// control makes a control call that must succeed.
func (p *program) control(path, body string) string {
	p.t.Helper()
	status, answer := p.post("/_secretlife/"+path, body)
	require.Equal(p.t, http.StatusOK, status, answer)
	return answer
}

const ada, bob = "111111111111", "222222222222"

// TestIsolatedAccounts lets a week pass for one of two tests that run at the same time.
func TestIsolatedAccounts(t *testing.T) {
	p := testServer(t, "--isolate-accounts")
	defer p.end(syscall.SIGTERM)
	arn := p.created(ada)
	p.created(bob)
	for _, account := range []string{ada, bob} {
		status, answer := p.in(account, "DeleteSecret", `{"SecretId":"db","RecoveryWindowInDays":7}`)
		require.Equal(t, http.StatusOK, status, answer)
	}
	require.JSONEq(t, `{"now":"2030-01-08T00:00:00Z","purged":["`+arn+`"]}`,
		p.control("clock/advance?account="+ada, `{"duration":"1w"}`))
	status, _ := p.in(ada, "RestoreSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusBadRequest, status)
	status, answer := p.in(bob, "RestoreSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status, answer, "no time has passed for bob")

	// Each account draws from a stream of its own, whatever others do, and from its beginning after a reset.
	p.control("reset?account="+ada, `{"clock":"start"}`)
	require.Equal(t, arn, p.created(ada))
	status, answer = p.in(bob, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, p.control("clock/advance?account="+ada, `{"duration":"0s"}`), `"now":"2030-01-01T00:00:00Z"`)

	// A secret of another account is out of reach, whatever its policy allows.
	status, answer = p.in(bob, "DescribeSecret", `{"SecretId":"`+arn+`"}`)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, answer, "AccessDeniedException")

	// A failure is for its account.
	p.control("failures", `{"account":"`+bob+`","effect":"throttling"}`)
	_, answer = p.in(bob, "DescribeSecret", `{"SecretId":"db"}`)
	require.Contains(t, answer, "ThrottlingException")
	status, _ = p.in(ada, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status)
	p.control("reset?account="+bob, "")
	status, _ = p.in(bob, "ListSecrets", `{}`)
	require.Equal(t, http.StatusOK, status)

	p.control("reset", "")
	status, _ = p.in(ada, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusBadRequest, status, "without an account it is all accounts")
}

// TestResetAndTime resets the one store of all accounts, and with it the clock.
func TestResetAndTime(t *testing.T) {
	p := testServer(t)
	defer p.end(syscall.SIGTERM)
	arn := p.created(ada)
	p.created(bob)
	p.control("clock/set", `{"time":"2031-01-01T00:00:00Z"}`)
	p.control("reset?account="+bob, "")
	status, _ := p.in(bob, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = p.in(ada, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status)

	now := func() string { return p.control("clock/advance", `{"duration":"0s"}`) }
	p.control("reset", "")
	require.Contains(t, now(), `"now":"2031-01-01T00:00:00Z"`, "the clock stays where it is")
	p.control("reset", `{"clock":"2029-12-31T00:00:00+01:00"}`)
	require.Contains(t, now(), `"now":"2029-12-30T23:00:00Z"`)
	p.control("reset", `{"clock":"start"}`)
	require.Contains(t, now(), `"now":"2030-01-01T00:00:00Z"`)
	require.Equal(t, arn, p.created(ada), "with --seed every test has the same ARNs")
	require.Equal(t, 1, strings.Count(p.get("events"), "\n"), "events begin anew")
}

// TestSnapshots goes back to a secret that was scheduled for deletion, as often as it takes.
func TestSnapshots(t *testing.T) {
	t.Run("of all accounts", func(t *testing.T) { snapshots(t, testServer(t), "", http.StatusBadRequest) })
	t.Run("of one account", func(t *testing.T) {
		snapshots(t, testServer(t, "--isolate-accounts"), "?account="+ada, http.StatusOK)
	})
}

// snapshots are those of all accounts, or of that in the query. bobs is what a reset leaves of bob's secret.
func snapshots(t *testing.T, p *program, query string, bobs int) {
	defer p.end(syscall.SIGTERM)
	const name = `{"name":"a day before the purge"}`
	arn := p.created(ada)
	p.created(bob)
	status, _ := p.in(ada, "DeleteSecret", `{"SecretId":"db","RecoveryWindowInDays":7}`)
	require.Equal(t, http.StatusOK, status)
	p.control("clock/advance"+query, `{"duration":"6d"}`)
	p.control("snapshots"+query, name)
	var next string
	for range 2 {
		require.Contains(t, p.control("clock/advance"+query, `{"duration":"86399999ms"}`), `"purged":[]`)
		require.Contains(t, p.control("clock/advance"+query, `{"duration":"1ms"}`), arn)
		created := p.created(ada)
		require.True(t, next == "" || next == created, "what is drawn is drawn again")
		next = created
		p.control("snapshots/restore"+query, name)
	}
	status, answer := p.in(ada, "RestoreSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status, answer)
	p.control("reset"+query, "")
	status, _ = p.in(bob, "DescribeSecret", `{"SecretId":"db"}`)
	require.Equal(t, bobs, status)
	require.Contains(t, p.get("snapshots"+query),
		`{"name":"a day before the purge","clock":"2030-01-07T00:00:00Z","secrets":`)
	p.control("snapshots/restore"+query, name)
	status, _ = p.in(ada, "RestoreSecret", `{"SecretId":"db"}`)
	require.Equal(t, http.StatusOK, status, "snapshots stay after a reset")
}

// get makes a control call that reads.
func (p *program) get(path string) string {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/_secretlife/"+path, nil)
	require.NoError(p.t, err)
	resp, err := once().Do(r)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, resp.StatusCode, "%s", text)
	return string(text)
}

// TestSeedFile begins with a secret that is there, and one that is scheduled for deletion for 25 of 30 days.
func TestSeedFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"Secrets": [
		{"Name": "db", "SecretString": "hunter2", "Tags": [{"Key": "team", "Value": "a"}]},
		{"Name": "old", "Age": "90d", "Deletion": {"Ago": "25d", "RecoveryWindowInDays": 30}},
		{"Name": "bobs", "Account": "`+bob+`"}]}`), 0o600))
	p := testServer(t, "--isolate-accounts", "--seed-file", file)
	defer p.end(syscall.SIGTERM)
	for range 2 {
		status, answer := p.in(ada, "GetSecretValue", `{"SecretId":"db"}`)
		require.Equal(t, http.StatusOK, status, answer)
		require.Contains(t, answer, `"SecretString":"hunter2"`)
		status, _ = p.in(ada, "DescribeSecret", `{"SecretId":"bobs"}`)
		require.Equal(t, http.StatusBadRequest, status)
		status, _ = p.in(bob, "DescribeSecret", `{"SecretId":"bobs"}`)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, p.control("clock/advance?account="+ada, `{"duration":"431999999ms"}`),
			`{"now":"2030-01-05T23:59:59.999Z","purged":[]}`)
		require.Contains(t, p.control("clock/advance?account="+ada, `{"duration":"1ms"}`), ":secret:old-")
		p.control("reset", `{"clock":"start"}`)
	}

	twice := `{"Secrets": [{"Name": "a", "SecretString": "hunter2"}, {"Name": "a"}]}`
	require.NoError(t, os.WriteFile(file, []byte(twice), 0o600))
	code, _, errs := runCommand(t, "serve", "--addr", "127.0.0.1:0", "--clock", "virtual", "--seed-file", file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, `--seed-file: secret "a": `)
	require.NoError(t, os.WriteFile(file, []byte(`{"Secrets": [{"Name": "a", "Value": "hunter2"}]}`), 0o600))
	code, _, errs = runCommand(t, "serve", "--addr", "127.0.0.1:0", "--clock", "virtual", "--seed-file", file)
	require.Equal(t, 1, code)
	require.Contains(t, errs, `seed.json: json: unknown field "Value"`)
}

func TestSeedFileInYAML(t *testing.T) {
	for _, c := range []struct{ text, names, says string }{
		{"Secrets:\n- Name: db\n  SecretString: hunter2\n  ResourcePolicy: {Version: '2012-10-17'}\n" +
			"- Name: old\n  Age: 90d\n  Deletion: {Ago: 25d, RecoveryWindowInDays: 30}\n", "db old", ""},
		{"Secrets: [{Name: db, SecretString: !!int hunter2}]", "", "seeds.yaml: this is not YAML: no line is known"},
		{"Secrets:\n- Name: db\n SecretString: hunter2", "", "seeds.yaml: this is not YAML: line 2"},
		{"Secrets: [{Name: db, SecretString: 7}]", "", "Secrets.SecretString can't be a JSON number"},
		{"Secrets: [{Name: db, 7: hunter2}]", "", "this YAML has no JSON form: keys must be text"},
		{"Secrets: [{Name: db, Value: hunter2}]", "", `unknown field "Value"`},
	} {
		file := filepath.Join(t.TempDir(), "seeds.yaml")
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		secrets, err := serve{SeedFile: file}.readSeeds()
		if c.says != "" {
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), "hunter2")
			continue
		}
		require.NoError(t, err)
		var names []string
		for _, s := range secrets {
			names = append(names, s.Name)
		}
		require.Equal(t, c.names, strings.Join(names, " "))
	}
}

// TestAccountsThatEnd checks that a test's account takes no memory after a reset to the start.
func TestAccountsThatEnd(t *testing.T) {
	v := service{serve: serve{IsolateAccounts: true, Clock: "virtual", Store: "memory", Account: ada, Region: "us-east-1"},
		manager: func(*secretlife.Options) {}, who: func(*awsapi.Options) {}, log: slog.New(slog.DiscardHandler)}
	v.RotationTimeout = time.Second
	all := &instances{service: v, byAccount: map[secretlife.Account]*instance{}}
	one := secretlife.Must(secretlife.ParseAccount(bob))
	first, err := all.api(one)
	require.NoError(t, err)
	same, err := all.api(one)
	require.NoError(t, err)
	require.Same(t, first, same)
	require.NoError(t, all.reset(t.Context(), awsapi.Reset{Account: one, Rewind: true}))
	require.Empty(t, all.byAccount)
	require.NoError(t, all.reset(t.Context(), awsapi.Reset{Account: one}))
	require.Len(t, all.byAccount, 1, "the clock of an account that stays is kept")
}

func TestFlagsForTestsThatAreRefused(t *testing.T) {
	code, _, errs := call(t, "serve", "--seed-file", "x")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--seed-file needs --store memory and --clock virtual")
	for _, flags := range []string{"", "--clock virtual --store sqlite:x", "--clock virtual --credentials x"} {
		code, _, errs := call(t, append([]string{"serve", "--isolate-accounts"}, strings.Fields(flags)...)...)
		require.Equal(t, 1, code)
		require.Contains(t, errs, "--isolate-accounts")
	}
}
