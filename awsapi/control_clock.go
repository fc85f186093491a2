package awsapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/secretlife-go/secretlife"
)

// counted is the response to GET clock.
type counted struct {
	Now string `json:"now"`
	// LastBeat is when time was counted last, by the clock of By.
	LastBeat time.Time           `json:"lastBeat,omitzero"`
	By       string              `json:"by,omitempty"`
	Tally    *secretlife.Tally   `json:"tally,omitempty"`
	Waiting  *secretlife.Waiting `json:"waiting,omitempty"`
	Error    string              `json:"error,omitempty"`
}

// clock tells the time, what was counted, and what waits for counted time.
func (a *API) clock(w http.ResponseWriter, r *controlRequest) {
	out := counted{Now: a.now()}
	t, err := a.m.Tally(r.Context())
	if err != nil {
		a.o.Logger.ErrorContext(r.Context(), "reading the tally failed", "error", err)
		out.Error = "the counted time could not be read"
		_ = say(w, http.StatusInternalServerError, out)
		return
	}
	out.Tally = &t
	if !t.IsZero() {
		out.LastBeat, out.By = t.LastBeat()
	}
	if a.o.Purger != nil {
		waiting := a.o.Purger.Waiting()
		out.Waiting = &waiting
	}
	_ = say(w, http.StatusOK, out)
}

const (
	textConfirm = `the body must be {"gap":3}, with the number of a gap; beside it may be how much time "passed", ` +
		`such as "9d", ` +
		`the "digest" of the effect, to confirm it, and "by", the name of the operator`
	textWithdraw = `the body must be {"gap":3}, with the number of a gap; beside it may be "by", the name of the operator`
)

// gapRequest is the body of the control calls that confirm and withdraw.
type gapRequest struct {
	gap        uint64
	passed     time.Duration
	digest, by string
}

// maxOperator is the largest number of bytes of the name of an operator.
const maxOperator = 256

// readGap reads the body; text says what it must be.
func readGap(w http.ResponseWriter, r *controlRequest, text string) (gapRequest, bool) {
	g, ok := parseGap(r.body)
	if !ok {
		sayError(w, http.StatusBadRequest, text)
	}
	return g, ok
}

func parseGap(in value) (g gapRequest, ok bool) {
	v, _ := in.get("gap")
	var err error
	if g.gap, err = strconv.ParseUint(v.text, 10, 64); err != nil || v.kind != number {
		return g, false
	}
	for name, to := range map[string]*string{"digest": &g.digest, "by": &g.by} {
		if v, there := in.get(name); there {
			if *to = v.text; v.kind != text || v.text == "" || len(v.text) > maxOperator {
				return g, false
			}
		}
	}
	if v, there := in.get("passed"); there {
		if g.passed, ok = positive(v); !ok {
			return g, false
		}
	}
	return g, true
}

// confirmation is the response to POST clock/confirm.
type confirmation struct {
	Confirmed bool                 `json:"confirmed"`
	Effect    secretlife.GapEffect `json:"effect"`
}

// confirmGap shows what the confirmation of a gap does, or confirms it if the request
// has the digest of that.
func (a *API) confirmGap(w http.ResponseWriter, r *controlRequest) {
	g, ok := readGap(w, r, textConfirm)
	if !ok {
		return
	}
	effect, err := a.m.GapEffect(r.Context(), g.gap, g.passed)
	if err == nil && g.digest != "" {
		_, err = a.m.ConfirmGap(r.withOperator(g.by), g.gap, g.passed, g.digest)
	}
	if err != nil {
		a.refuseGap(w, r, err)
		return
	}
	_ = say(w, http.StatusOK, confirmation{g.digest != "", effect})
}

// withdrawGap takes the confirmation of a gap back.
func (a *API) withdrawGap(w http.ResponseWriter, r *controlRequest) {
	g, ok := readGap(w, r, textWithdraw)
	if !ok {
		return
	}
	if _, err := a.m.WithdrawGap(r.withOperator(g.by), g.gap); err != nil {
		a.refuseGap(w, r, err)
		return
	}
	_ = say(w, http.StatusOK, map[string]string{"status": "withdrawn"})
}

// refuseGap responds to a confirmation or withdrawal that failed.
func (a *API) refuseGap(w http.ResponseWriter, r *controlRequest, err error) {
	var wrong *secretlife.InvalidParameterError
	if errors.As(err, &wrong) {
		sayError(w, http.StatusConflict, wrong.ErrorMessage())
		return
	}
	a.o.Logger.ErrorContext(r.Context(), "changing the counted time failed", "error", err)
	sayError(w, http.StatusInternalServerError, "the store failed")
}
