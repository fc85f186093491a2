package secretlife

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// eventForm is the first byte of an event's binary form. JSON begins with
// another, so a store can have both.
const eventForm = 1

// kindCodes are what the kinds of events are in the binary form. Only ever
// append: what is here was stored by somebody.
var kindCodes = []EventKind{
	EventKind(OpBatchGetSecretValue), EventKind(OpCancelRotateSecret), EventKind(OpCreateSecret),
	EventKind(OpDeleteResourcePolicy), EventKind(OpDeleteSecret), EventKind(OpDescribeSecret),
	EventKind(OpGetRandomPassword), EventKind(OpGetResourcePolicy), EventKind(OpGetSecretValue),
	EventKind(OpListSecretVersionIds), EventKind(OpListSecrets), EventKind(OpPutResourcePolicy),
	EventKind(OpPutSecretValue), EventKind(OpRemoveRegionsFromReplication),
	EventKind(OpReplicateSecretToRegions), EventKind(OpRestoreSecret), EventKind(OpRotateSecret),
	EventKind(OpStopReplicationToReplica), EventKind(OpTagResource), EventKind(OpUntagResource),
	EventKind(OpUpdateSecret), EventKind(OpUpdateSecretVersionStage), EventKind(OpValidateResourcePolicy),
	startVersionDelete, cancelVersionDelete, endVersionDelete, secretPurged,
	replicaSynced, replicaFailed, replicaCreated, replicaRemoved,
	rotationStarted, rotationSucceeded, rotationFailed, rotationAbandoned,
	testRotationStarted, testRotationSucceeded, testRotationFailed,
	agingStarted, deletionRecounted,
	gapConfirmed, gapWithdrawn,
}

// What an event has beside what all have.
const (
	hasSeq = 1 << iota
	hasSecret
	hasVersion
	hasIndex
	hasCall
	hasCaller
	hasDays
	hasForce
	hasDue
	hasParams
	hasRefusal
	hasGap
)

// How the caller named the secret.
const (
	byNothing = iota
	byName
	byARN
	byText
)

// MarshalBinary writes the event in about a tenth of the room of its JSON, for
// stores. encoding/json gives the same for the event that
// [Event.UnmarshalBinary] reads back. The form is stable.
func (e Event) MarshalBinary() ([]byte, error) {
	code := slices.Index(kindCodes, e.kind)
	if code < 0 { // as the zero Event
		return nil, fmt.Errorf("secretlife: no binary form of the event %s", e.kind)
	}
	p := packer{make([]byte, 0, 192)}
	p.byte(eventForm)
	p.uint(uint64(code))
	has := e.has()
	p.uint(has)
	p.int(e.at.time().UnixMilli())
	p.uint(e.revision)
	e.on.pack(&p, e.at, has&hasSecret != 0)
	if has&hasSeq != 0 {
		p.uint(e.seq)
	}
	if has&hasVersion != 0 {
		p.id(e.version.s)
	}
	if has&hasIndex != 0 {
		p.byte(e.index)
	}
	if has&hasCall != 0 {
		if err := e.call.pack(&p, e, has); err != nil {
			return nil, err
		}
	}
	return p.b, nil
}

func (e Event) has() uint64 {
	var has uint64
	note := func(flag uint64, is bool) {
		if is {
			has |= flag
		}
	}
	note(hasSeq, e.seq != 0)
	note(hasSecret, !e.on.incarnation.IsZero())
	note(hasVersion, !e.version.IsZero())
	note(hasIndex, e.index != 0)
	if c := e.call; c != nil {
		note(hasCall, true)
		note(hasCaller, c.caller.s != "")
		note(hasDays, c.days != 0)
		note(hasForce, c.force)
		note(hasDue, c.due.set())
		note(hasParams, len(c.params) > 0)
		note(hasRefusal, c.refused != nil)
		note(hasGap, e.kind.isOperator())
	}
	return has
}

// pack writes whom an event is about; created as the time before the event.
func (i *identity) pack(p *packer, at moment, secret bool) {
	key := i.key()
	p.text(key.Account.s)
	p.text(key.Region.s)
	p.text(key.Name.s)
	if secret {
		p.raw(i.suffix[:])
		p.raw(i.incarnation.backwards())
		p.int(at.time().UnixMilli() - i.created.time().UnixMilli())
	}
}

func (c *call) pack(p *packer, e Event, has uint64) error {
	switch {
	case c.secretID == "":
		p.byte(byNothing)
	case c.secretID == e.on.name.s:
		p.byte(byName)
	case c.secretID == e.on.arn().String():
		p.byte(byARN)
	default:
		p.byte(byText)
		p.text(c.secretID)
	}
	if has&hasCaller != 0 {
		p.text(c.caller.s)
	}
	if has&hasDays != 0 {
		p.int(c.days)
	}
	if has&hasDue != 0 {
		p.int(c.due.time().UnixMilli())
	}
	if has&hasParams != 0 {
		params := make(map[string]any, len(c.params))
		for _, x := range c.params {
			params[x.name] = x.value
		}
		text, err := json.Marshal(params)
		if err != nil {
			return err
		}
		p.text(string(text))
	}
	if has&hasRefusal != 0 {
		p.text(c.refused.code)
		p.text(c.refused.message)
	}
	if has&hasGap != 0 {
		p.uint(c.gap.number)
		p.int(int64(c.gap.passed))
		p.text(c.gap.by)
	}
	return nil
}

// UnmarshalBinary reads what [Event.MarshalBinary] wrote.
func (e *Event) UnmarshalBinary(data []byte) error {
	u := unpacker{b: data}
	form, code, has := u.byte(), u.uint(), u.uint()
	if form != eventForm || code >= uint64(len(kindCodes)) || has >= hasGap<<1 {
		return errBinary
	}
	out := Event{kind: kindCodes[code], at: momentAt(u.int()), revision: u.uint()}
	if (has&hasGap != 0) != (out.kind.isOperator() && has&hasCall != 0) {
		return errBinary
	}
	on, err := u.identity(out.at, has&hasSecret != 0)
	if err != nil {
		return err
	}
	out.on = on
	if has&hasSeq != 0 {
		out.seq = u.uint()
	}
	if has&hasVersion != 0 {
		out.version = VersionID{u.id()}
	}
	if has&hasIndex != 0 {
		out.index = u.byte()
	}
	if has&hasCall != 0 {
		if out.call, err = u.call(out, has); err != nil {
			return err
		}
	}
	if err := u.end(); err != nil {
		return err
	}
	*e = out
	return nil
}

func (u *unpacker) identity(at moment, secret bool) (*identity, error) {
	account, region, name := u.text(), u.text(), u.text()
	id := &identity{scope: scopeOf(Account{account}, Region{region}), name: Name{name}}
	if !secret {
		return id, nil
	}
	copy(id.suffix[:], u.take(suffixLength))
	copy(id.incarnation[:], u.take(uint64(len(id.incarnation))))
	copy(id.incarnation[:], id.incarnation.backwards())
	id.created = momentAt(at.time().UnixMilli() - u.int())
	if u.bad {
		return nil, errBinary
	}
	_, err := ParseARN(id.arn().String())
	return id, err
}

func (u *unpacker) call(e Event, has uint64) (*call, error) {
	c := &call{force: has&hasForce != 0}
	switch u.byte() {
	case byNothing:
	case byName:
		c.secretID = e.on.name.s
	case byARN:
		c.secretID = e.on.arn().String()
	case byText:
		c.secretID = u.text()
	default:
		return nil, errBinary
	}
	if has&hasCaller != 0 {
		c.caller = Account{u.text()}
	}
	if has&hasDays != 0 {
		c.days = u.int()
	}
	if has&hasDue != 0 {
		c.due = momentAt(u.int())
	}
	if has&hasParams != 0 {
		var params map[string]any
		if err := json.Unmarshal(u.take(u.uint()), &params); err != nil {
			return nil, errBinary
		}
		for name, v := range params {
			c.params = append(c.params, param{name, v})
		}
	}
	if has&hasRefusal != 0 {
		c.refused = &refusal{u.text(), u.text()}
	}
	if has&hasGap != 0 {
		c.gap = gapCall{u.uint(), time.Duration(u.int()), u.text()}
	}
	return c, nil
}
