package secretlife

import (
	"context"
	"slices"
	"time"
)

// placing, releasing and protecting are the requests of the operations, for their records.
type (
	placing    Hold
	releasing  string
	protecting Protection
)

func (in placing) tell(c *call) {
	p := &c.params
	p.text("holdName", in.Name)
	p.text("reason", in.Reason)
	if !in.Until.IsZero() {
		p.text("until", instant(in.Until).Format(time.RFC3339Nano))
	}
}

func (in releasing) tell(c *call) { c.params.text("holdName", string(in)) }

func (in protecting) tell(c *call) {
	p := &c.params
	p.flag("noForce", in.NoForce)
	if in.MinimumWindow != 0 {
		p.add("minimumWindowInDays", in.MinimumWindow)
	}
	if in.CoolingOff != 0 {
		p.text("coolingOff", in.CoolingOff.String())
	}
}

// PlaceHold places a hold with the Name, the Reason and the end of h on the secret that a name,
// an ARN or a partial ARN names, for the principal that [WithCaller] says. The other members of
// h are ignored; the Hold that it returns has them all. It is beyond AWS, and not on AWS's
// wire. While a secret has a hold, nothing destroys its value:
//
//   - DeleteSecret is refused, with a window and by force.
//   - The purge of a secret that is marked for deletion already does not take place, whatever
//     its date, and RestoreSecret brings the secret back after the date too, even if it was
//     deleted by force.
//   - RemoveRegionsFromReplication is refused for a replica that has a hold, and a secret
//     that has one is not overwritten by a replica. StopReplicationToReplica keeps the value,
//     and the hold.
//   - Old versions are not removed, nor are they in a replica that has a hold.
//
// Each secret has holds of its own: those of a primary say nothing of its replicas. A secret
// has at most 20. A call that is repeated changes nothing.
//
// A hold with an end goes on until the end has come by the clock, and that much time has passed
// by the [Tally]: a clock that is ahead does not end it early. Time that is not counted makes
// it longer, in a store that keeps no notes for ever. [Manager.ReleaseHold] ends it.
//
// Errors: [*ResourceExistsError] for another hold of that name ([ErrHoldExists]);
// [*LimitExceededError]; [*AccessDeniedError] for an unknown principal with
// [Options].ReleaseByAnother ([ErrSamePrincipal]); [*InvalidParameterError] for an end that is
// not in the future; [*ResourceNotFoundError]; [*ValidationError].
func (m *Manager) PlaceHold(ctx context.Context, secretID string, h Hold) (out Hold, err error) {
	req, err := begin(ctx, m, OpPlaceHold, secretID, placing(h))
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.holdName(h.Name)
	p.length("reason", h.Reason, 0, maxHoldReason)
	id := p.secretID(secretID)
	p.add(checkHoldEnd(req.now, h.Until))
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := changeGuard(&req, id, placing(h), func(s Secret, at At) (Change, error) {
		return s.PlaceHold(at, h, m.core.releaseByAnother)
	})
	if err != nil {
		return out, err
	}
	return s.hold(h.Name), nil
}

// ReleaseHold releases a hold, for the principal that [WithCaller] says, and returns it. It
// takes effect at once or, with [Options].ReleaseDelay, after that time has passed by the clock
// and by the [Tally]; repeating it does not begin the time anew. A secret whose DeletionDate
// has come is due to be purged when its last hold ends.
//
// Errors: [*ResourceNotFoundError] for a secret or a hold that is not there
// ([ErrHoldNotFound]); [*AccessDeniedError] with [Options].ReleaseByAnother
// ([ErrSamePrincipal]); [*ValidationError].
func (m *Manager) ReleaseHold(ctx context.Context, secretID, name string) (out Hold, err error) {
	req, err := begin(ctx, m, OpReleaseHold, secretID, releasing(name))
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.holdName(name)
	id := p.secretID(secretID)
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := changeGuard(&req, id, releasing(name), func(s Secret, at At) (Change, error) {
		out = s.hold(name)
		return s.ReleaseHold(at, name, m.core.releaseByAnother, m.core.releaseDelay)
	})
	if err != nil {
		return Hold{}, err
	}
	if left := s.hold(name); left.Name != "" {
		return left, nil
	}
	out.ReleasedBy, out.ReleaseAt = req.at().Principal, req.now
	return out, nil
}

// hold returns the hold of a name, or the zero Hold.
func (s Secret) hold(name string) Hold {
	if i := holdNamed(s.guard().holds, name); i >= 0 {
		return s.guard().holds[i].public()
	}
	return Hold{}
}

// ProtectSecret sets how a secret is protected against being deleted, and returns the
// protection that it has then; Final is ignored. It is beyond AWS, and not on AWS's wire. A
// protection can be made stronger at any time. It can be made weaker until CoolingOff has
// passed since it was set, by the clock or by the [Tally], whichever is first; then it is
// final. While a secret is marked for deletion it can't be made weaker. It never gets weaker
// than [Options].Protection.
//
// A secret that is protected is not overwritten by a replica either. A replica has a protection
// of its own, which counts from when it is promoted.
//
// Errors: [*InvalidRequestError] for a protection that is final ([ErrProtected]);
// [*InvalidParameterError] for one that there can't be; [*ResourceNotFoundError];
// [*ValidationError].
func (m *Manager) ProtectSecret(
	ctx context.Context, secretID string, protection Protection,
) (out Protection, err error) {
	req, err := begin(ctx, m, OpProtectSecret, secretID, protecting(protection))
	defer req.end(&err)
	if err != nil {
		return out, err
	}
	var p problems
	p.add(protection.check())
	id := p.secretID(secretID)
	if err := p.err(); err != nil {
		return out, err
	}
	s, err := changeGuard(&req, id, protecting(protection), func(s Secret, at At) (Change, error) {
		return s.Protect(at, protection)
	})
	return s.Protection(), err
}

// holdName adds a violation for what is not the name of a hold.
func (p *problems) holdName(name string) {
	p.length("name", name, 1, maxHoldName)
	p.alphabet("name", name, holdAlphabet, holdPattern)
}

// changeGuard changes what keeps a secret: with an instant that has a stamp, and all that has been
// counted. The event of the change tells the request.
func changeGuard[T input](
	req *request, id SecretID, in T, decide func(Secret, At) (Change, error),
) (Secret, error) {
	at, err := req.stamped()
	if err != nil {
		return Secret{}, err
	}
	return req.change(id, func(s Secret) (Change, error) {
		at, err := req.counting(at, s)
		if err != nil {
			return Change{}, err
		}
		c, err := decide(s, at)
		return withCall(req, c, in), err
	})
}

// counting returns the instant with all that has been counted, if something that keeps one of
// the secrets goes by it.
func (req *request) counting(at At, secrets ...Secret) (At, error) {
	if !slices.ContainsFunc(secrets, func(s Secret) bool { return s.attrs().guard != nil }) {
		return at, nil
	}
	now, err := req.present()
	at.Tally = now.Tally
	return at, err
}

// atNew is the instant of the operation, with the stamp of a protection that new secrets get.
func (req *request) atNew() (At, error) {
	if req.core.protection.CoolingOff == 0 {
		return req.at(), nil
	}
	return req.stamped()
}
