package awsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzEncodeString compares the encoder with encoding/json.
func FuzzEncodeString(f *testing.F) {
	for _, s := range []string{
		"", "plain", `{"user":"x"}`, `\`, "<&>", "a\tb\n\x00\x1f\x7f", "ü", "\u2028", "half \xff", `"ü`, "x\"y\\",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		j := json.NewEncoder(&want)
		j.SetEscapeHTML(false)
		require.NoError(t, j.Encode(map[string][]string{s: {s}}))
		require.Equal(t, want.String(), string(encode(func(e *encoder) { textsOf(e, s, []string{s}) }))+"\n")
	})
}

// TestManyMembers has a member twice among few and among many.
func TestManyMembers(t *testing.T) {
	for _, n := range []int{2, fewMembers, fewMembers + 1, 5 * fewMembers} {
		members := make([]string, n)
		for i := range members {
			members[i] = fmt.Sprintf(`"m%d":1`, i)
		}
		v, err := parseObject([]byte("{"+strings.Join(members, ",")+"}"), nil)
		require.NoError(t, err)
		require.Len(t, v.members, n)
		for _, twice := range []int{0, n / 2, n - 1} {
			again := strings.Join(members, ",") + "," + members[twice]
			_, err = parseObject([]byte("{"+again+"}"), nil)
			require.ErrorContains(t, err, "more than once")
		}
	}
}

func TestEncoder(t *testing.T) {
	date := func(ms int64) time.Time { return time.UnixMilli(ms) }
	none := encode(func(*encoder) {})
	require.Equal(t, "{}", string(none))
	all := encode(func(e *encoder) {
		e.optional("Left", "")
		e.optionalDate("Out", time.Time{})
		texts(e, "None", []string(nil))
		texts(e, "Two", []string{"a", "["})
		e.flag("Flag", true)
		e.number("Number", -7)
		for i, ms := range []int64{0, 1, 1500, 1_700_000_000_120, -1250} {
			e.date(string(rune('a'+i)), date(ms))
		}
		objects(e, "Objects", []string{"{", "y"}, func(e *encoder, s string) {
			e.object("In", func() {})
			e.text("S", s)
		})
	})
	require.Equal(t, `{"None":[],"Two":["a","["],"Flag":true,"Number":-7,"a":0,"b":0.001,"c":1.5,"d":1700000000.12,`+
		`"e":-1.25,"Objects":[{"In":{},"S":"{"},{"In":{},"S":"y"}]}`, string(all))
}
