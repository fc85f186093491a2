package secretlife

import (
	"encoding/json"
	"time"
)

// tallyJSON is a Tally as operators see it. Durations are as [time.Duration.String]
// writes them.
type tallyJSON struct {
	Virtual bool   `json:"virtual"`
	Counted string `json:"counted"`
	Gaps    []Gap  `json:"gaps"`
}

// MarshalJSON writes what was counted, and the gaps, for operators.
func (t Tally) MarshalJSON() ([]byte, error) {
	out := tallyJSON{Virtual: t.Virtual(), Counted: t.Count().String(), Gaps: t.Gaps()}
	if out.Gaps == nil {
		out.Gaps = []Gap{}
	}
	return json.Marshal(out)
}

// MarshalJSON writes the gap for operators.
func (g Gap) MarshalJSON() ([]byte, error) {
	pending := ""
	if g.Pending > 0 {
		pending = g.Pending.String()
	}
	return json.Marshal(struct {
		Number  uint64    `json:"number"`
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Length  string    `json:"length"`
		Proof   string    `json:"proof"`
		Pending string    `json:"pending,omitempty"`
	}{g.Number, g.From, g.To, g.Length.String(), g.Proof, pending})
}

// MarshalJSON writes the effect for operators.
func (e GapEffect) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Gap      Gap    `json:"gap"`
		Passed   string `json:"passed"`
		Waiting  int    `json:"waiting"`
		Released int    `json:"released"`
		Sooner   int    `json:"sooner"`
		Digest   string `json:"digest"`
	}{e.Gap, e.Passed.String(), e.Waiting, e.Released, e.Sooner, e.Digest})
}

// MarshalJSON writes how many secrets wait, and of the first of them how much has
// been counted of its window, and how much is missing.
func (w Waiting) MarshalJSON() ([]byte, error) {
	out := struct {
		Secrets int    `json:"secrets"`
		Counted string `json:"counted,omitempty"`
		Window  string `json:"window,omitempty"`
		Missing string `json:"missing,omitempty"`
	}{Secrets: w.Secrets}
	if w.Secrets > 0 {
		out.Counted, out.Window, out.Missing = w.Counted.String(), w.Window.String(), w.Least.String()
	}
	return json.Marshal(out)
}

// MarshalJSON writes the report for operators.
func (r TallyReport) MarshalJSON() ([]byte, error) {
	effects := r.Gaps
	if effects == nil {
		effects = []GapEffect{}
	}
	return json.Marshal(struct {
		Now       time.Time   `json:"now"`
		LastBeat  time.Time   `json:"lastBeat,omitzero"`
		By        string      `json:"by,omitempty"`
		Tally     Tally       `json:"tally"`
		Scheduled int         `json:"scheduled"`
		Waiting   Waiting     `json:"waiting"`
		Effects   []GapEffect `json:"effects"`
	}{r.Now, r.LastBeat, r.By, r.Tally, r.Scheduled, r.Waiting, effects})
}
