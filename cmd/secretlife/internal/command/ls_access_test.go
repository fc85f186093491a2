package command

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore"
)

func TestListShowsAccess(t *testing.T) {
	eachKind(t, func(t *testing.T, w, _ *world) {
		w.populate()
		w.use(func(_ *secretlife.Manager, s *sqlstore.Store) {
			ledger, err := access.New(s, func(o *access.Options) { o.Clock = w.host })
			require.NoError(t, err)
			m, err := secretlife.New(withoutClock{s}, func(o *secretlife.Options) {
				o.Clock, o.Observer = w.host, ledger.Observer()
			})
			require.NoError(t, err)
			ann := secretlife.WithCaller(t.Context(), secretlife.Caller{Principal: "ann"})
			for range 2 {
				_, err = m.GetSecretValue(ann, secretlife.GetSecretValueInput{SecretID: "prod/b"})
				require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion)
				_, err = m.DescribeSecret(ann, secretlife.SecretInput{SecretID: "prod/b"})
				require.NoError(t, err)
				w.host.Pass(day)
			}
			_, err = m.DescribeSecret(ann, secretlife.SecretInput{SecretID: "prod/a"})
			require.NoError(t, err)
			require.NoError(t, ledger.Flush(t.Context()))
		})
		out := w.ok("ls", "--scheduled", "--access")
		require.Equal(t, 5, strings.Count(out, "\n"), out)
		require.Regexp(t, `(?m)^NAME +ACCOUNT .* DAYS LEFT +PRINCIPAL +OPERATION +CALLS +REFUSED +FIRST +LAST$`, out)
		require.Regexp(t, `(?m)^prod/b +123456789012 +us-east-1 +\S+Z +20 +ann +GetSecretValue +2 +2 +\S+Z +\S+Z$`, out)
		require.Regexp(t, `(?m)^prod/b .* ann +DescribeSecret +2 +0 `, out)
		require.Regexp(t, `(?m)^test/due .* - +- +0 +0 +- +-$`, out)
		require.Regexp(t, `(?m)^prod/a .* ann +DescribeSecret +1 +0 `, w.ok("ls", "--access"))

		var l listed
		require.NoError(t, json.Unmarshal([]byte(w.ok("ls", "--scheduled", "--access", "--json", "--prefix", "prod/")), &l))
		require.Len(t, l.Access, 2)
		require.Equal(t, uint64(2), l.Access[0].Calls)
		require.Equal(t, day, l.Access[0].Last.Sub(l.Access[0].First))
	})
}

// TestServeKeepsAnAccessLedger has a server tell who reads a scheduled secret, in its log and over a
// control call, and ls after it has ended.
func TestServeKeepsAnAccessLedger(t *testing.T) {
	w := sqliteWorld(t)
	p := start(t, "--store", w.store)
	p.ok("CreateSecret", `{"Name":"a","SecretString":"x","ClientRequestToken":"aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}`)
	p.ok("DeleteSecret", `{"SecretId":"a"}`)
	for range 3 {
		status, _ := p.aws("GetSecretValue", `{"SecretId":"a"}`)
		require.Equal(t, http.StatusBadRequest, status)
	}
	body := p.get("access?scheduled=true")
	require.Contains(t, body, `"operation":"GetSecretValue","scheduled":true,`)
	require.Contains(t, body, `"calls":3,"refused":3,`)
	status, _ := p.aws("GetSecretValue", `{"SecretId":"a"}`)
	require.Equal(t, http.StatusBadRequest, status)
	p.end(syscall.SIGTERM)
	require.Equal(t, 1, strings.Count(p.errs.String(), "a secret that is scheduled for deletion was asked for"))
	require.Regexp(t, `(?m)^a .* GetSecretValue +4 +4 `, w.ok("ls", "--scheduled", "--access"))
}

func TestWhatIf(t *testing.T) {
	w := sqliteWorld(t)
	restore := func(m *secretlife.Manager, name string, after time.Duration) {
		w.delete(m, name, 30)
		w.host.Pass(after)
		_, err := m.RestoreSecret(t.Context(), secretlife.SecretInput{SecretID: name})
		require.NoError(t, err)
	}
	w.use(func(m *secretlife.Manager, _ *sqlstore.Store) {
		w.create(m, "prod/a", secretlife.SecretString("v"))
		w.create(m, "test/b", secretlife.SecretString("v"))
		restore(m, "prod/a", day)
		restore(m, "test/b", 9*day)
		restore(m, "prod/a", 20*day)
	})
	out := w.ok("whatif", "--window", "7")
	require.Regexp(t, `(?m)^NAME +ACCOUNT +REGION +DELETED +RESTORED +DAYS LATE$`, out)
	require.Regexp(t, `(?m)^test/b +123456789012 +us-east-1 +\S+Z +\S+Z +2$`, out)
	require.Regexp(t, `(?m)^prod/a +123456789012 +us-east-1 +\S+Z +\S+Z +13$`, out)
	require.Contains(t, out, "\n2 of 3 restorations would have come too late with a recovery window of 7 days\n")
	require.Equal(t, "0 of 3 restorations would have come too late with a recovery window of 30 days\n",
		w.ok("whatif", "--window", "30"))
	out = w.ok("whatif", "--window", "7", "--prefix", "prod/", "--json")
	require.Equal(t, 2, strings.Count(out, "\n"))
	require.Contains(t, out, `"tooLate":false}`)
	require.Contains(t, out, `"tooLate":true}`)
	code, _, errs := w.run("whatif", "--window", "6")
	require.Equal(t, 1, code)
	require.Contains(t, errs, "--window 6: it must be between 7 and 30 days")
}
