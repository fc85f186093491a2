package awsapi

import (
	"net/http"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Reset is what a client asks to be emptied.
type Reset struct {
	// Account is the account whose secrets are removed; the zero Account is all of them.
	Account secretlife.Account
	// Clock is where the virtual clock is to stand then; the zero Time leaves it where it is.
	Clock time.Time
	// Rewind sets the virtual clock to where it began.
	Rewind bool
}

// setsClock reports whether the clock is moved.
func (r Reset) setsClock() bool { return r.Rewind || !r.Clock.IsZero() }

// all reports whether all accounts are reset.
func (r Reset) all() bool { return r.Account == secretlife.Account{} }

const textReset = `the body may be {"clock":"2030-01-01T00:00:00Z"}, to set the virtual clock, or ` +
	`{"clock":"start"}, to set it back to where it began; the account to reset is in the URL: reset?account=111111111111`

// liveAsLocalStack is live in LocalStack's form, for scripts that wait for it.
func (a *API) liveAsLocalStack(w http.ResponseWriter, _ *controlRequest) {
	_ = say(w, http.StatusOK, map[string]any{"services": map[string]string{"secretsmanager": "running"}})
}

// resetAsMoto is reset in the form of moto's server.
func (a *API) resetAsMoto(w http.ResponseWriter, r *controlRequest) { a.resetAs(w, r, "ok") }

func (a *API) reset(w http.ResponseWriter, r *controlRequest) { a.resetAs(w, r, "reset") }

// resetAs resets, and says so in a word.
func (a *API) resetAs(w http.ResponseWriter, r *controlRequest, done string) {
	if !a.allowsTests(w) {
		return
	}
	wish, ok := r.wish()
	switch {
	case !ok:
		sayError(w, http.StatusBadRequest, textReset)
		return
	case a.o.Reset == nil:
		sayError(w, http.StatusConflict, "this store can't be reset")
		return
	case wish.setsClock() && !a.o.Virtual:
		sayError(w, http.StatusConflict, "the clock is real: it can't be set")
		return
	case wish.setsClock() && !wish.all() && !a.o.Isolated:
		sayError(w, http.StatusConflict, textShared)
		return
	}
	if err := a.o.Reset(r.Context(), wish); err != nil {
		a.o.Logger.ErrorContext(r.Context(), "reset failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the store could not be emptied")
		return
	}
	a.lost.forget()
	a.pauses.end(0)
	a.o.Failures.Clear(wish.Account.String())
	if a.o.Trail != nil && (wish.all() || a.o.Isolated) {
		a.o.Trail.Forget()
	}
	_ = say(w, http.StatusOK, map[string]string{"status": done})
}

// wish reads what is to be reset.
func (r *controlRequest) wish() (wish Reset, ok bool) {
	wish.Account = r.account
	v, there := r.body.get("clock")
	switch {
	case !there:
		return wish, true
	case v.kind == text && v.text == "start":
		wish.Rewind = true
		return wish, true
	}
	var err error
	wish.Clock, err = time.Parse(time.RFC3339, v.text)
	return wish, err == nil && v.kind == text && !wish.Clock.IsZero()
}
