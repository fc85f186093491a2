// Package terminal shows progress on terminals.
package terminal

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// NewBar begins a bar of so many pieces, -1 where that is not known. It returns nil where w is not
// a terminal.
func NewBar(w io.Writer, doing string, pieces int64) *progressbar.ProgressBar {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return progressbar.NewOptions64(pieces,
		progressbar.OptionSetWriter(file),
		progressbar.OptionSetDescription(doing),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100_000_000), // nanoseconds
		progressbar.OptionClearOnFinish(),
	)
}
