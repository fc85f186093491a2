package pgserver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServer writes into a server, crashes it, and finds the row again; and the same
// with a second one, which begins with a copy of the first one's empty data.
func TestServer(t *testing.T) {
	for range 2 {
		lives(t, Start(t))
	}
}

func lives(t *testing.T, s *Server) {
	t.Helper()
	s.Database("d")
	sql := func(text string) string {
		out, err := s.command("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", s.URL("d"), "-c",
			text).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return strings.TrimSpace(string(out))
	}
	sql("CREATE TABLE x (n int); INSERT INTO x VALUES (7)")
	s.Kill()
	s.Run()
	require.Equal(t, "7", sql("SELECT n FROM x"))
	s.Stop()
	s.Run()
	require.Equal(t, "on", sql("SHOW fsync"))
}
