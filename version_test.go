package secretlife_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/audit"
	"github.com/secretlife-go/secretlife/memstore"
)

// labels writes a secret's labels as "A:[AWSCURRENT] B:[AWSPREVIOUS]".
func labels(s secretlife.Secret) string {
	var out []string
	for _, v := range s.Versions() {
		out = append(out, fmt.Sprintf("%s:%v", strings.ToUpper(v.ID().String()[:1]), s.Stages(v.ID())))
	}
	return strings.Join(out, " ")
}

func put(t testing.TB, s secretlife.Secret, token string, stages ...secretlife.Stage) secretlife.Secret {
	t.Helper()
	return then(t)(s.PutValue(atStart, version(t, token), secretlife.SecretString(token), stages))
}

func TestStagingLabels(t *testing.T) {
	// The cases are recorded from AWS, or named in its documentation.
	t.Run("as recorded from AWS", func(t *testing.T) {
		const pending, custom = secretlife.StagePending, secretlife.Stage("PUT1")
		for _, c := range []struct {
			name string
			want string
			do   func() secretlife.Secret
		}{
			{"the first version is current", "A:[AWSCURRENT]", func() secretlife.Secret { return born(t) }},
			{"a new version demotes the old", "A:[AWSPREVIOUS] B:[AWSCURRENT]",
				func() secretlife.Secret { return put(t, born(t), tokenB) }},
			{"previous is taken from the older one", "A:[] B:[AWSPREVIOUS] C:[AWSCURRENT]",
				func() secretlife.Secret { return put(t, put(t, born(t), tokenB), tokenC) }},
			{"explicit labels only", "A:[AWSCURRENT] B:[AWSPENDING]", func() secretlife.Secret {
				return put(t, born(t), tokenB,
					pending)
			}},
			{"explicit labels leave their old version", "A:[AWSCURRENT] B:[] C:[AWSPENDING]", func() secretlife.Secret {
				return put(t, put(t, born(t), tokenB, pending), tokenC, pending)
			}},
			{"explicit AWSCURRENT promotes, with the others", "A:[AWSPREVIOUS] B:[AWSCURRENT PUT1]", func() secretlife.Secret {
				return put(t, born(t), tokenB, secretlife.StageCurrent, custom)
			}},
			{"custom labels stay on a demoted version", "A:[AWSPREVIOUS] B:[AWSCURRENT]", func() secretlife.Secret {
				return put(t, born(t), tokenB)
			}},
			{"a custom label keeps the old previous listed", "A:[AWSCURRENT] B:[PUT1]",
				func() secretlife.Secret { return put(t, born(t), tokenB, custom) }},
			{"current and pending: pending is dropped", "A:[] B:[AWSPREVIOUS] C:[AWSCURRENT]", func() secretlife.Secret {
				s := put(t, born(t), tokenB, secretlife.StageCurrent, pending)
				return put(t, s, tokenC)
			}},
			{"labels that begin with AWS are the user's", "A:[AWSCURRENT] B:[AWSSOMETHING]",
				func() secretlife.Secret { return put(t, born(t), tokenB, "AWSSOMETHING") }},
			{"the first version of an empty secret is current whatever it asks", "B:[AWSCURRENT AWSPENDING]",
				func() secretlife.Secret {
					empty := born(t, func(c *secretlife.Creation) {
						c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{}
					})
					return put(t, empty, tokenB, pending)
				}},
			{"UpdateSecret promotes too", "A:[AWSPREVIOUS] B:[AWSCURRENT]", func() secretlife.Secret {
				return then(t)(born(t).Update(atStart, secretlife.Update{VersionID: version(t, tokenB),
					Value: secretlife.SecretString("x")}))
			}},
		} {
			t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, labels(c.do())) })
		}
	})

	t.Run("MoveStage", func(t *testing.T) {
		a, b, unknown := version(t, tokenA), version(t, tokenB), version(t, tokenC)
		none := secretlife.VersionID{}
		two := put(t, born(t), tokenB, secretlife.StagePending) // A current, B pending
		for _, c := range []struct {
			name     string
			s        secretlife.Secret
			label    secretlife.Stage
			from, to secretlife.VersionID
			want     string // labels, or the error's text
			is       error
		}{
			{"current to the pending version, which keeps pending", two, secretlife.StageCurrent, a, b,
				"A:[AWSPREVIOUS] B:[AWSCURRENT AWSPENDING]", nil},
			{"a new label", two, "X", none, a, "A:[AWSCURRENT X] B:[AWSPENDING]", nil},
			{"remove only", two, secretlife.StagePending, b, none, "A:[AWSCURRENT] B:[]", nil},
			{"move", two, secretlife.StagePending, b, a, "A:[AWSCURRENT AWSPENDING] B:[]", nil},
			{"onto where it is", two, secretlife.StagePending, none, b, "", nil},
			{"onto where it is, from there", two, secretlife.StagePending, b, b, "", nil},
			{"onto where it is, from another version", two, secretlife.StagePending, a, b,
				"When you move staging label AWSPENDING, if you specify RemoveFromVersionId, it must be set to the version that " +
					"currently has the staging label AWSPENDING.", secretlife.ErrStageHeld},
			{"current without from", two, secretlife.StageCurrent, none, b,
				"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version " +
					tokenA + ", so you must explicitly reference that version in RemoveFromVersionId.", secretlife.ErrStageHeld},
			{"other label without from", two, secretlife.StagePending, none, a,
				"The parameter RemoveFromVersionId can't be empty. Staging label AWSPENDING is currently attached to version " +
					tokenB + ", so you must explicitly reference that version in RemoveFromVersionId.", secretlife.ErrStageHeld},
			{"from another version", two, secretlife.StageCurrent, b, b,
				"When you move staging label AWSCURRENT, if you specify RemoveFromVersionId, it must be set to the version that " +
					"currently has the staging label AWSCURRENT.", secretlife.ErrStageHeld},
			{"from a version, on none", two, "X", a, b,
				"When you move staging label X, if you specify RemoveFromVersionId, it must be set to the version that " +
					"currently has the staging label X.", secretlife.ErrStageHeld},
			{"to an unknown version", two, secretlife.StageCurrent, a, unknown,
				"Secrets Manager can't find the specified secret value for VersionId: " + tokenC, secretlife.ErrVersionNotFound},
			{"current away", two, secretlife.StageCurrent, a, none,
				"You can't remove staging label AWSCURRENT without moving it to another version: provide MoveToVersionId.",
				secretlife.ErrInvalidParameter},
			{"neither", two, "X", none, none, "You must provide MoveToVersionId, RemoveFromVersionId, or both.",
				secretlife.ErrInvalidParameter},
		} {
			t.Run(c.name, func(t *testing.T) {
				ch, err := c.s.MoveStage(atStart, c.label, c.from, c.to)
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
					var e secretlife.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, c.want, e.ErrorMessage())
					return
				}
				require.NoError(t, err)
				if c.want == "" {
					require.True(t, ch.IsZero())
					return
				}
				require.Equal(t, c.want, labels(next(t, ch)))
			})
		}
	})

	t.Run("at most twenty", func(t *testing.T) {
		s := born(t) // has AWSCURRENT
		for i := range 19 {
			s = then(t)(s.MoveStage(atStart, secretlife.Stage(fmt.Sprint("L", i)), secretlife.VersionID{}, version(t, tokenA)))
		}
		_, err := s.MoveStage(atStart, "ONE-MORE", secretlife.VersionID{}, version(t, tokenA))
		var limit *secretlife.LimitExceededError
		require.ErrorAs(t, err, &limit)
		_, err = s.PutValue(atStart, version(t, tokenB), secretlife.SecretString("x"), nil) // adds AWSPREVIOUS
		require.ErrorAs(t, err, &limit)
		require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
	})
}

// aged makes a secret with n versions, a minute apart, the last one current.
func aged(t testing.TB, n int) secretlife.Secret {
	s := born(t)
	for i := 1; i < n; i++ {
		at := start.Add(time.Duration(i) * time.Minute)
		id := version(t, fmt.Sprintf("%032d", i))
		s = then(t)(s.PutValue(secretlife.Exactly(at), id, secretlife.SecretString("x"), nil))
	}
	return s
}

func TestAge(t *testing.T) {
	t.Run("what is kept", func(t *testing.T) {
		const day = 24 * time.Hour
		_, _, due := aged(t, 100).NextDue()
		require.False(t, due, "a hundred versions stay")

		s := aged(t, 103) // the first three are candidates, in minutes 0, 1, 2
		at, work, due := s.NextDue()
		require.True(t, due)
		require.Equal(t, secretlife.WorkAge, work)
		require.Equal(t, start.Add(day+time.Millisecond), at)

		_, err := s.Age(secretlife.Exactly(start.Add(day)))
		require.ErrorIs(t, err, secretlife.ErrNotDue, "24 hours old is not over 24 hours")

		c, err := s.Age(secretlife.Exactly(at))
		require.NoError(t, err)
		require.Empty(t, c.Removed(), "what is old is marked first")
		require.Equal(t, []string{"SecretVersionAgingStarted"}, names(c))
		marked := next(t, c)
		require.Equal(t, s.LastChangedDate(), marked.LastChangedDate(), "ageing is no change of the user's")
		roundTrip(t, marked)
		due2, work, due := marked.NextDue()
		require.True(t, due)
		require.Equal(t, secretlife.WorkAge, work)
		require.Equal(t, at.Add(day), due2)

		_, err = marked.Age(secretlife.Exactly(at.Add(day - time.Millisecond)))
		require.ErrorIs(t, err, secretlife.ErrNotDue)
		_, err = marked.Age(secretlife.At{Time: at.Add(365 * day),
			Tally: secretlife.Exactly(at.Add(day - time.Millisecond)).Tally})
		require.ErrorIs(t, err, secretlife.ErrNotDue, "not by the date alone")
		c, err = marked.Age(secretlife.Exactly(at.Add(day)))
		require.NoError(t, err)
		require.Len(t, c.Removed(), 3, "all but the hundred newest")
		require.Equal(t, []string{"StartSecretVersionDelete", "EndSecretVersionDelete"}, names(c)[:2])
		require.Equal(t, s.LastChangedDate(), next(t, c).LastChangedDate())
		_, err = next(t, c).Age(secretlife.Exactly(start.Add(20 * day)))
		require.ErrorIs(t, err, secretlife.ErrNotDue)

		labelled := then(t)(marked.MoveStage(secretlife.Exactly(at), "KEEP", secretlife.VersionID{}, s.Versions()[0].ID()))
		c, err = labelled.Age(secretlife.Exactly(start.Add(10 * day)))
		require.NoError(t, err)
		require.Equal(t, []secretlife.VersionID{s.Versions()[1].ID(), s.Versions()[2].ID()}, c.Removed(),
			"a version with a label stays")

		scheduled := then(t)(marked.Delete(secretlife.Exactly(at), windowOf(t, 7), 0))
		_, err = scheduled.Age(secretlife.Exactly(at.Add(day)))
		require.ErrorIs(t, err, secretlife.ErrNotDue, "a scheduled secret keeps everything")

		// A version that came after the mark is marked anew.
		for i := range 104 {
			marked = put(t, marked, fmt.Sprintf("%032d", 5000+i))
		}
		c, err = marked.Age(secretlife.Exactly(at.Add(day)))
		require.NoError(t, err)
		require.Len(t, c.Removed(), 103)
		again, err := next(t, c).Age(secretlife.Exactly(at.Add(day)))
		require.NoError(t, err)
		require.Empty(t, again.Removed())
		c, err = next(t, again).Age(secretlife.Exactly(at.Add(2 * day)))
		require.NoError(t, err)
		require.Len(t, c.Removed(), 4)

		// A mark by the tally of another store is made again.
		other := secretlife.Exactly(at.Add(day))
		c, err = s.Age(secretlife.At{Time: at, Tally: counted(t, memstore.New(), at)})
		require.NoError(t, err)
		c, err = next(t, c).Age(other)
		require.NoError(t, err)
		require.Empty(t, c.Removed())
	})

	// A version that is the oldest without a label only since the mark was made goes when it is
	// over 24 hours old, and not a day later; and every change has an event.
	t.Run("after a label moved", func(t *testing.T) {
		w := newWorld(t)
		first := w.create("a").VersionID
		w.advance(aDay + time.Millisecond)
		var last string
		for i := range 101 {
			last = fmt.Sprintf("token-%026d", i)
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{
				SecretID: "a", ClientRequestToken: last, Value: secretlife.SecretString("x"),
			})
			require.NoError(t, err)
		}
		_, marked, err := w.purger.Step(ctx)
		require.NoError(t, err)
		require.True(t, marked)
		_, err = w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{
			SecretID: "a", VersionStage: secretlife.StageCurrent, RemoveFromVersionID: last, MoveToVersionID: first,
		})
		require.NoError(t, err)
		require.Empty(t, w.advance(aDay))
		require.Len(t, w.advance(time.Millisecond), 1)
		require.Len(t, w.load("a").Versions(), 101)
		differences, err := audit.Verify(ctx, w.store)
		require.NoError(t, err)
		require.Empty(t, differences)
	})
}

func names(c secretlife.Change) []string {
	var out []string
	for _, e := range c.Events() {
		out = append(out, e.Name())
	}
	return out
}

func TestSelect(t *testing.T) {
	s := put(t, born(t), tokenB) // A previous, B current
	a, b := version(t, tokenA), version(t, tokenB)
	for _, c := range []struct {
		id    secretlife.VersionID
		label secretlife.Stage
		want  secretlife.VersionID
		text  string
	}{
		{want: b},
		{label: "AWSPREVIOUS", want: a},
		{id: a, want: a},
		{id: a, label: "AWSPREVIOUS", want: a},
		{id: a, label: "AWSCURRENT", text: "You provided a VersionStage that is not associated to the provided VersionId."},
		{id: a, label: "NONE", text: "You provided a VersionStage that is not associated to the provided VersionId."},
		{label: "NONE", text: "Secrets Manager can't find the specified secret value for staging label: NONE"},
		{id: version(t, tokenC), text: "Secrets Manager can't find the specified secret value for VersionId: " + tokenC},
	} {
		got, err := s.Select(atStart, c.id, c.label)
		if c.text == "" {
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			continue
		}
		var e secretlife.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.text, e.ErrorMessage())
	}
}

func TestRead(t *testing.T) {
	s, id := born(t), version(t, tokenA)
	_, read := s.LastAccessedDate()
	require.False(t, read)
	s = then(t)(s.Read(atStart, id))
	day, read := s.LastAccessedDate()
	require.True(t, read)
	require.Equal(t, time.Date(2018, time.April, 3, 0, 0, 0, 0, time.UTC), day)
	require.Equal(t, start, s.LastChangedDate(), "reading is no change")

	c, err := s.Read(secretlife.Exactly(start.Add(6*time.Hour)), id)
	require.NoError(t, err)
	require.True(t, c.IsZero(), "once a day is enough")
	c, err = s.Read(secretlife.Exactly(start.Add(-48*time.Hour)), id)
	require.NoError(t, err)
	require.True(t, c.IsZero(), "a clock that went back takes nothing away")
	s = then(t)(s.Read(secretlife.Exactly(start.Add(7*time.Hour)), id))
	v, _ := s.Version(id)
	day, _ = v.LastAccessedDate()
	require.Equal(t, 4, day.Day())
	day, _ = s.LastAccessedDate()
	require.Equal(t, 4, day.Day())

	// Another version on the day before, by a clock that went back.
	s = put(t, s, tokenB)
	s = then(t)(s.Read(atStart, version(t, tokenB)))
	v, _ = s.Version(version(t, tokenB))
	day, _ = v.LastAccessedDate()
	require.Equal(t, 3, day.Day())
	day, _ = s.LastAccessedDate()
	require.Equal(t, 4, day.Day(), "the last day on which any was read")

	_, err = s.Read(atStart, version(t, tokenC))
	require.ErrorIs(t, err, secretlife.ErrVersionNotFound)
}

func TestParseVersionID(t *testing.T) {
	for _, bad := range []string{"", strings.Repeat("x", 31), strings.Repeat("x", 65)} {
		_, err := secretlife.ParseVersionID(bad)
		require.ErrorIs(t, err, secretlife.ErrInvalidParameter)
	}
	require.True(t, secretlife.VersionID{}.IsZero())
	require.Equal(t, tokenA, version(t, tokenA).String())
}

const hidden = "correct-horse-battery-staple"

// holder has a Value where fmt does not ask for its methods.
type holder struct {
	public  secretlife.Value
	private secretlife.Value
	list    []secretlife.Value
	byName  map[string]secretlife.Value
	pointer *secretlife.Value
}

func holderOf(v secretlife.Value) holder {
	return holder{v, v, []secretlife.Value{v}, map[string]secretlife.Value{"a": v}, &v}
}

func TestValue(t *testing.T) {
	t.Run("never prints itself", func(t *testing.T) {
		for _, v := range []secretlife.Value{secretlife.SecretString(hidden), secretlife.SecretBinary([]byte(hidden))} {
			in := secretlife.CreateSecretInput{Name: "a", Value: v}
			out := secretlife.GetSecretValueOutput{Value: v}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%c", "% x", "%U",
				"%b", "%e"} {
				for _, x := range []any{v, &v, holderOf(v), []secretlife.Value{v}, in, &in, out, &out} {
					requireHidden(t, fmt.Sprintf(verb, x), verb)
				}
			}
			requireHidden(t, fmt.Sprint(v), "Sprint")
			requireHidden(t, fmt.Sprintln(holderOf(v)), "Sprintln")
			requireHidden(t, fmt.Errorf("failed with %v", v).Error(), "Errorf")
			requireHidden(t, errors.Join(fmt.Errorf("%+v", in)).Error(), "Join")
		}
	})

	t.Run("never marshals itself", func(t *testing.T) {
		v := secretlife.SecretString(hidden)
		for _, x := range []any{v, &v, map[string]any{"v": v}, secretlife.CreateSecretInput{Value: v}} {
			data, err := json.Marshal(x)
			require.NoError(t, err)
			requireHidden(t, string(data), "json")
			require.Contains(t, string(data), "[REDACTED]")
		}
		text, err := v.MarshalText()
		require.NoError(t, err)
		require.Equal(t, "[REDACTED]", string(text))
		require.Equal(t, "[REDACTED]", v.GoString())
		require.Equal(t, "[REDACTED]", v.String())

		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("value", "v", v, "in", secretlife.CreateSecretInput{Value: v}, "p", &v)
			requireHidden(t, b.String(), "slog")
		}
	})

	t.Run("reveals what it was made of", func(t *testing.T) {
		bin := []byte{0, 1, 2}
		v := secretlife.SecretBinary(bin)
		bin[0] = 9
		require.Equal(t, "\x00\x01\x02", v.Reveal(), "it keeps a copy")
		require.True(t, v.IsBinary())
		require.Equal(t, 3, v.Len())

		require.Equal(t, hidden, secretlife.SecretString(hidden).Reveal())
		require.False(t, secretlife.SecretString("").IsZero(), "an empty string is a value")
		require.True(t, secretlife.Value{}.IsZero())
		require.Empty(t, secretlife.Value{}.Reveal())
	})

	t.Run("Equal", func(t *testing.T) {
		a := secretlife.SecretString("a")
		require.True(t, a.Equal(secretlife.SecretString("a")))
		require.False(t, a.Equal(secretlife.SecretString("b")))
		require.False(t, a.Equal(secretlife.SecretBinary([]byte("a"))), "string and binary differ")
		require.False(t, secretlife.SecretString("").Equal(secretlife.Value{}), "empty and none differ")
	})

	t.Run("OneValue", func(t *testing.T) {
		text := "x"
		v, err := secretlife.OneValue(&text, nil)
		require.NoError(t, err)
		require.Equal(t, "x", v.Reveal())
		v, err = secretlife.OneValue(nil, []byte("y"))
		require.NoError(t, err)
		require.True(t, v.IsBinary())
		v, err = secretlife.OneValue(nil, nil)
		require.NoError(t, err)
		require.True(t, v.IsZero())
		_, err = secretlife.OneValue(&text, []byte("y"))
		var bad *secretlife.InvalidParameterError
		require.ErrorAs(t, err, &bad)
	})
}

func requireHidden(t *testing.T, shown, how string) {
	t.Helper()
	for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden),
		fmt.Sprintf("% x", hidden), fmt.Sprintf("%d", []byte(hidden))} {
		require.NotContains(t, shown, form, how)
	}
}

func TestKmsKeyID(t *testing.T) {
	// UpdateSecret with another key changes that of the versions AWSCURRENT, AWSPENDING and
	// AWSPREVIOUS; the others keep theirs.
	t.Run("of versions", func(t *testing.T) {
		w := newWorld(t)
		w.create("s")
		tokens := []string{tokenA}
		write := func(stages ...secretlife.Stage) {
			out, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v"),
				VersionStages: stages})
			require.NoError(t, err)
			tokens = append(tokens, out.VersionID)
		}
		setKey := func(key string) {
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KMSKeyID: &key})
			require.NoError(t, err)
		}
		keys := func() (out []string) {
			all := secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true}
			list, err := w.ListSecretVersionIds(ctx, all)
			require.NoError(t, err)
			for i, v := range list.Versions {
				require.Equal(t, tokens[i], v.VersionID)
				require.Len(t, v.KMSKeyIDs, 1)
				out = append(out, v.KMSKeyIDs[0])
			}
			return out
		}
		write()             // 1: the first is AWSPREVIOUS
		write()             // 2: the first is deprecated
		write("AWSPENDING") // 3
		write("mine")       // 4
		require.Equal(t, []string{"DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey",
			"DefaultEncryptionKey", "DefaultEncryptionKey"}, keys())

		setKey("k1")
		require.Equal(t, []string{"DefaultEncryptionKey", "k1", "k1", "k1", "DefaultEncryptionKey"}, keys())
		write("more")
		require.Equal(t, "k1", keys()[5], "a new version has the secret's key")
		setKey("k2")
		require.Equal(t, []string{"DefaultEncryptionKey", "k2", "k2", "k2", "DefaultEncryptionKey", "k1"}, keys())
		setKey("k1")
		require.Equal(t, []string{"DefaultEncryptionKey", "k1", "k1", "k1", "DefaultEncryptionKey", "k1"}, keys())
		setKey("alias/aws/secretsmanager")
		require.Equal(t, []string{"DefaultEncryptionKey", "DefaultEncryptionKey", "DefaultEncryptionKey",
			"DefaultEncryptionKey", "DefaultEncryptionKey", "k1"}, keys())

		s := w.load("s")
		back, err := secretlife.FromState(s.State())
		require.NoError(t, err)
		require.Equal(t, s, back)
		d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Equal(t, "alias/aws/secretsmanager", d.KMSKeyID, "as it was given")
	})

	// UpdateSecret with the key the secret has changes that of a version that had kept another
	// and has AWSCURRENT now.
	t.Run("same key again", func(t *testing.T) {
		w := newWorld(t)
		w.create("s", func(in *secretlife.CreateSecretInput) { in.KMSKeyID = "k1" })
		for _, token := range []string{tokenB, tokenC} {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: token,
				Value: secretlife.SecretString("v")})
			require.NoError(t, err)
		}
		key := "k2"
		setKey := func() {
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KMSKeyID: &key})
			require.NoError(t, err)
		}
		first := func() []string {
			all := secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true}
			list, err := w.ListSecretVersionIds(ctx, all)
			require.NoError(t, err)
			return list.Versions[0].KMSKeyIDs
		}
		setKey()
		_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{
			SecretID: "s", VersionStage: secretlife.StageCurrent, RemoveFromVersionID: tokenC, MoveToVersionID: tokenA,
		})
		require.NoError(t, err)
		require.Equal(t, []string{"k1"}, first(), "it was deprecated when the key changed")
		setKey()
		require.Equal(t, []string{"k2"}, first())
	})

	// Nothing is kept for them.
	t.Run("of versions that aged", func(t *testing.T) {
		w := newWorld(t)
		w.create("s")
		for range 3 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
			require.NoError(t, err)
		}
		key := "k"
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KMSKeyID: &key})
		require.NoError(t, err)
		for i := range 100 {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s",
				Value: secretlife.SecretString(fmt.Sprint(i))})
			require.NoError(t, err)
		}
		w.advance(3 * aDay)
		for _, v := range w.load("s").State().Versions {
			require.Nil(t, v.KMSKeyID)
		}
	})

	// A replica has a key of its own, and its versions keep theirs.
	t.Run("on replicas", func(t *testing.T) {
		w := newWorld(t)
		w.create("s", func(in *secretlife.CreateSecretInput) {
			in.AddReplicaRegions = []secretlife.ReplicaRegion{{Region: "us-west-2", KMSKeyID: "k1"}}
		})
		write := func() {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
			require.NoError(t, err)
			w.advance(1)
		}
		write()
		write()
		west, key := w.in("123456789012", "us-west-2"), "k2"
		_, err := west.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", KMSKeyID: &key})
		require.NoError(t, err)
		write()
		all := secretlife.ListSecretVersionIdsInput{SecretID: "s", IncludeDeprecated: true}
		list, err := west.ListSecretVersionIds(ctx, all)
		require.NoError(t, err)
		var keys []string
		for _, v := range list.Versions {
			keys = append(keys, v.KMSKeyIDs...)
		}
		require.Equal(t, []string{"k1", "k2", "k2", "k2"}, keys)

		for range 100 {
			write()
		}
		w.advance(3 * aDay)
		list, err = west.ListSecretVersionIds(ctx, all)
		require.NoError(t, err)
		require.Len(t, list.Versions, 100)
		for _, v := range list.Versions {
			require.Equal(t, []string{"k2"}, v.KMSKeyIDs)
		}
	})
}

// TestAgingAfterAJump checks that Advance removes versions as soon as the time is counted,
// where a jump of the clock made their date come before.
func TestAgingAfterAJump(t *testing.T) {
	w := newWorld(t)
	w.create("s")
	for range 101 {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
		require.NoError(t, err)
	}
	w.advance(aDay + time.Millisecond) // marks the versions
	w.clock.Jump(time.Second)
	w.advance(aDay)
	require.Len(t, w.load("s").Versions(), 100)
}

// TestAgingIsMarkedAnew: the newest version that was marked to be aged out was one that existed only for
// the test of a rotation. When that is gone, the others are marked again, and do not wait for the first mark.
func TestAgingIsMarkedAnew(t *testing.T) {
	c := secretlife.NewVirtualClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	store := memstore.New()
	m, err := secretlife.New(store, func(o *secretlife.Options) {
		o.Clock, o.Rotator = c, func(context.Context, secretlife.RotationRequest) error { return nil }
	})
	require.NoError(t, err)
	p := secretlife.NewPurger(m)
	put := func() {
		in := secretlife.PutSecretValueInput{SecretID: "db", Value: secretlife.SecretString("x")}
		_, err := m.PutSecretValue(t.Context(), in)
		require.NoError(t, err)
	}
	in := secretlife.CreateSecretInput{Name: "db", Value: secretlife.SecretString("x")}
	_, err = m.CreateSecret(t.Context(), in)
	require.NoError(t, err)
	for range 100 {
		put()
	}
	_, err = p.Advance(t.Context(), 7*24*time.Hour)
	require.NoError(t, err)
	put()
	later := false
	_, err = m.RotateSecret(t.Context(), secretlife.RotateSecretInput{
		SecretID: "db", RotationLambdaARN: "arn:function", RotateImmediately: &later,
		RotationRules: &secretlife.RotationRules{AutomaticallyAfterDays: 10},
	})
	require.NoError(t, err)
	done, err := p.RunDue(t.Context())
	require.NoError(t, err)
	var work []secretlife.Work
	for _, d := range done {
		work = append(work, d.Work)
	}
	require.Equal(t, []secretlife.Work{secretlife.WorkAge, secretlife.WorkRotate, secretlife.WorkAge}, work)
	due, err := store.Due(t.Context(), secretlife.DueQuery{By: c.Now(), Limit: 1})
	require.NoError(t, err)
	require.Empty(t, due)
}
