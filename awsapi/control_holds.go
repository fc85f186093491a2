package awsapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/internal/duration"
)

const (
	textHold = `the body must be {"secret":"prod/db","name":"case-17"}, with the name or ARN of a secret and the ` +
		`name of the hold; beside them may be its "reason", when it ends, as "until":"2030-02-01T00:00:00Z" or ` +
		`"for":"30d", and, where no token is needed, "by", the name of the operator`
	textProtect = `the body must be {"secret":"prod/db"}, with the name or ARN of a secret, and what its protection is ` +
		`to be: "noForce":true, "minimumWindow":14, in days, and "coolingOff":"24h", after which it is final; beside ` +
		`them may be, where no token is needed, "by", the name of the operator`
	textSecret = `"secret" must be the name or ARN of a secret, and "region" a Region`
	textToken  = `the token says who calls: leave out "by"`
)

// The names of what the calls about holds have in common.
const (
	ofSecret = "secret"
	ofName   = "name"
	ofRegion = "region"
	ofBy     = "by"
)

// shownHold is a hold as control calls show it.
type shownHold struct {
	Secret     string    `json:"secret"`
	ARN        string    `json:"arn"`
	Name       string    `json:"name"`
	Reason     string    `json:"reason,omitempty"`
	PlacedBy   string    `json:"placedBy,omitempty"`
	Since      time.Time `json:"since"`
	Until      time.Time `json:"until,omitzero"`
	ReleasedBy string    `json:"releasedBy,omitempty"`
	ReleaseAt  time.Time `json:"releaseAt,omitzero"`
}

func showHold(name, arn string, h secretlife.Hold) shownHold {
	return shownHold{name, arn, h.Name, h.Reason, h.PlacedBy, h.Since, h.Until, h.ReleasedBy, h.ReleaseAt}
}

// shownProtection is a protection as control calls show it.
type shownProtection struct {
	Secret        string    `json:"secret"`
	ARN           string    `json:"arn"`
	NoForce       bool      `json:"noForce"`
	MinimumWindow int       `json:"minimumWindow"`
	Final         time.Time `json:"final,omitzero"`
}

// manages returns the Manager that has a secret: that of the account and Region of its ARN or, for a
// name, of those in the URL. It responds if there can't be one.
func (a *API) manages(w http.ResponseWriter, r *controlRequest, id string) (*secretlife.Manager, bool) {
	account, region := a.o.Account, a.o.Region
	if r.account != (secretlife.Account{}) {
		account = r.account.String()
	}
	if given := r.URL.Query().Get(ofRegion); given != "" {
		region = given
	}
	if arn, err := secretlife.ParseARN(id); err == nil {
		account, region = arn.Account().String(), arn.Region().String()
	}
	m, err := a.m.In(account, region)
	if err != nil {
		sayError(w, http.StatusBadRequest, textSecret)
	}
	return m, err == nil
}

// listHolds tells the holds of a secret, or of all of an account and Region.
func (a *API) listHolds(w http.ResponseWriter, r *controlRequest) {
	id := r.URL.Query().Get(ofSecret)
	m, ok := a.manages(w, r, id)
	if !ok {
		return
	}
	holds, err := holdsOf(r.Context(), m, id)
	if err != nil {
		a.refuseHold(w, r, err)
		return
	}
	_ = say(w, http.StatusOK, map[string][]shownHold{"holds": holds})
}

// holdsOf returns the holds in effect on a secret or, for "", on all secrets of a Manager.
func holdsOf(ctx context.Context, m *secretlife.Manager, id string) ([]shownHold, error) {
	at, err := m.At(ctx)
	if err != nil {
		return nil, err
	}
	out := []shownHold{}
	add := func(id string) error {
		s, err := m.Secret(ctx, id)
		if err != nil {
			return err
		}
		for _, h := range s.HeldBy(at) {
			out = append(out, showHold(s.Key().Name.String(), s.ARN().String(), h))
		}
		return nil
	}
	if id != "" {
		return out, add(id)
	}
	for d, err := range m.Secrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: true}) {
		if err == nil && len(d.Holds) > 0 {
			err = add(d.ARN)
		}
		if err != nil && !errors.Is(err, secretlife.ErrSecretNotFound) {
			return nil, err
		}
	}
	return out, nil
}

// about is what calls that change a secret's holds or protection are about.
type about struct {
	*secretlife.Manager
	secret secretlife.SecretDetails
}

// about finds the secret of a call; it responds if that fails.
func (a *API) about(w http.ResponseWriter, r *controlRequest, id, by, usage string) (on about, ok bool) {
	switch {
	case id == "" || len(by) > maxOperator:
		sayError(w, http.StatusBadRequest, usage)
		return on, false
	case by != "" && r.token != "":
		sayError(w, http.StatusBadRequest, textToken)
		return on, false
	}
	if on.Manager, ok = a.manages(w, r, id); !ok {
		return on, false
	}
	var err error
	if on.secret, err = on.DescribeSecret(r.Context(), secretlife.SecretInput{SecretID: id}); err != nil {
		a.refuseHold(w, r, err)
	}
	return on, err == nil
}

// placeHold places a hold on a secret.
func (a *API) placeHold(w http.ResponseWriter, r *controlRequest) {
	texts, ok := r.body.texts(ofSecret, ofName, "reason", "until", "for", ofBy)
	h := secretlife.Hold{Name: texts[ofName], Reason: texts["reason"]}
	if ok {
		h.Until, ok = until(a.m.Clock().Now(), texts["until"], texts["for"])
	}
	if !ok || h.Name == "" {
		sayError(w, http.StatusBadRequest, textHold)
		return
	}
	on, ok := a.about(w, r, texts[ofSecret], texts[ofBy], textHold)
	if !ok {
		return
	}
	placed, err := on.PlaceHold(r.withOperator(texts[ofBy]), on.secret.ARN, h)
	if err != nil {
		a.refuseHold(w, r, err)
		return
	}
	_ = say(w, http.StatusOK, map[string]shownHold{"hold": showHold(on.secret.Name, on.secret.ARN, placed)})
}

// releaseHold releases a hold, and does what is due then.
func (a *API) releaseHold(w http.ResponseWriter, r *controlRequest) {
	query := r.URL.Query()
	on, ok := a.about(w, r, query.Get(ofSecret), query.Get(ofBy), textSecret)
	if !ok {
		return
	}
	released, err := on.ReleaseHold(r.withOperator(query.Get(ofBy)), on.secret.ARN, query.Get(ofName))
	if err != nil {
		a.refuseHold(w, r, err)
		return
	}
	a.settle(r.Context())
	_ = say(w, http.StatusOK, struct {
		Hold     shownHold `json:"hold"`
		Released bool      `json:"released"`
	}{showHold(on.secret.Name, on.secret.ARN, released), !released.ReleaseAt.After(a.m.Clock().Now())})
}

// showProtection tells how a secret is protected, by itself or as all secrets.
func (a *API) showProtection(w http.ResponseWriter, r *controlRequest) {
	on, ok := a.about(w, r, r.URL.Query().Get(ofSecret), "", textSecret)
	if !ok {
		return
	}
	at, err := on.At(r.Context())
	if err != nil {
		a.refuseHold(w, r, err)
		return
	}
	p := on.secret.Protection
	p.NoForce = p.NoForce || at.Protection.NoForce
	p.MinimumWindow = max(p.MinimumWindow, at.Protection.MinimumWindow)
	sayProtection(w, on.secret, p)
}

// protect gives a secret a protection.
func (a *API) protect(w http.ResponseWriter, r *controlRequest) {
	p, texts, ok := parseProtection(r.body)
	if !ok {
		sayError(w, http.StatusBadRequest, textProtect)
		return
	}
	on, ok := a.about(w, r, texts[ofSecret], texts[ofBy], textProtect)
	if !ok {
		return
	}
	p, err := on.ProtectSecret(r.withOperator(texts[ofBy]), on.secret.ARN, p)
	if err != nil {
		a.refuseHold(w, r, err)
		return
	}
	sayProtection(w, on.secret, p)
}

func parseProtection(body value) (p secretlife.Protection, texts map[string]string, ok bool) {
	if texts, ok = body.texts(ofSecret, "coolingOff", ofBy); !ok {
		return p, texts, false
	}
	if v, there := body.get("noForce"); there {
		if p.NoForce = v.truth; v.kind != boolean {
			return p, texts, false
		}
	}
	if v, there := body.get("minimumWindow"); there {
		days, err := strconv.ParseUint(v.text, 10, 8)
		if p.MinimumWindow = int(days); err != nil || v.kind != number || days > math.MaxInt8 {
			return p, texts, false
		}
	}
	if text := texts["coolingOff"]; text != "" {
		d, err := duration.Parse(text)
		if p.CoolingOff = d; err != nil {
			return p, texts, false
		}
	}
	return p, texts, true
}

func sayProtection(w http.ResponseWriter, d secretlife.SecretDetails, p secretlife.Protection) {
	_ = say(w, http.StatusOK, map[string]shownProtection{
		"protection": {d.Name, d.ARN, p.NoForce, p.MinimumWindow, p.Final},
	})
}

// texts returns members that are text. One that is not there is "".
func (v value) texts(names ...string) (out map[string]string, ok bool) {
	out = map[string]string{}
	for _, name := range names {
		if m, there := v.get(name); there {
			if out[name] = m.text; m.kind != text || m.text == "" {
				return out, false
			}
		}
	}
	return out, true
}

// until reads when a hold ends: at a time, or so long after now; zero if neither is given.
func until(now time.Time, at, after string) (end time.Time, ok bool) {
	var err error
	switch {
	case at != "" && after != "":
		return end, false
	case at != "":
		end, err = time.Parse(time.RFC3339, at)
	case after != "":
		var d time.Duration
		d, err = duration.Parse(after)
		end = now.Add(d)
	}
	return end, err == nil
}

// refuseHold responds to a call about holds or protection that failed.
func (a *API) refuseHold(w http.ResponseWriter, r *controlRequest, err error) {
	var (
		refused secretlife.Error
		none    *secretlife.ResourceNotFoundError
		denied  *secretlife.AccessDeniedError
		rule    *secretlife.InvalidRequestError
		there   *secretlife.ResourceExistsError
	)
	switch {
	case !errors.As(err, &refused) || !refused.ClientFault():
		a.o.Logger.ErrorContext(r.Context(), "a control call about holds failed", "call", r.URL.Path, "error", err)
		sayError(w, http.StatusInternalServerError, "the store failed")
	case errors.As(err, &none):
		sayError(w, http.StatusNotFound, refused.ErrorMessage())
	case errors.As(err, &denied):
		sayError(w, http.StatusForbidden, refused.ErrorMessage())
	case errors.As(err, &rule), errors.As(err, &there):
		sayError(w, http.StatusConflict, refused.ErrorMessage())
	default:
		sayError(w, http.StatusBadRequest, refused.ErrorMessage())
	}
}
