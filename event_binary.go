package secretlife

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/secretlife-go/secretlife/internal/pack"
)

// eventForm is the first byte of an event's binary form. JSON begins with
// another, so a store can have both.
const eventForm = 1

// kindCodes are what the kinds of events are in the binary form. Only ever
// append: stores have events with these codes.
var kindCodes = []EventKind{
	EventKind(OpBatchGetSecretValue), EventKind(OpCancelRotateSecret), EventKind(OpCreateSecret),
	EventKind(OpDeleteResourcePolicy), EventKind(OpDeleteSecret), EventKind(OpDescribeSecret),
	EventKind(OpGetRandomPassword), EventKind(OpGetResourcePolicy), EventKind(OpGetSecretValue),
	EventKind(OpListSecretVersionIds), EventKind(OpListSecrets), EventKind(OpPutResourcePolicy),
	EventKind(OpPutSecretValue), EventKind(OpRemoveRegionsFromReplication),
	EventKind(OpReplicateSecretToRegions), EventKind(OpRestoreSecret), EventKind(OpRotateSecret),
	EventKind(OpStopReplicationToReplica), EventKind(OpTagResource), EventKind(OpUntagResource),
	EventKind(OpUpdateSecret), EventKind(OpUpdateSecretVersionStage), EventKind(OpValidateResourcePolicy),
	EventStartSecretVersionDelete, EventCancelSecretVersionDelete, EventEndSecretVersionDelete, EventSecretPurged,
	EventReplicationSucceeded, EventReplicationFailed, EventReplicaUpdated, EventReplicaStopped,
	EventRotationStarted, EventRotationSucceeded, EventRotationFailed, EventRotationAbandoned,
	EventTestRotationStarted, EventTestRotationSucceeded, EventTestRotationFailed,
	EventSecretVersionAgingStarted, EventDeletionRecounted,
	EventConfirmGap, EventWithdrawGap,
	EventReplicaRemoved,
	EventKind(OpPlaceHold), EventKind(OpReleaseHold), EventKind(OpProtectSecret),
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
	hasWho
	hasToken
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
	p := pack.NewWriter(192)
	p.Byte(eventForm)
	p.Uint(uint64(code))
	has := e.has()
	p.Uint(has)
	p.Int(e.at.time().UnixMilli())
	p.Uint(e.revision)
	e.on.pack(&p, e.at, has&hasSecret != 0)
	if has&hasSeq != 0 {
		p.Uint(e.seq)
	}
	if has&hasVersion != 0 {
		p.ID(e.version.s)
	}
	if has&hasIndex != 0 {
		p.Byte(e.index)
	}
	if has&hasCall != 0 {
		if err := e.call.pack(&p, e, has); err != nil {
			return nil, err
		}
	}
	return p.Bytes(), nil
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
		note(hasWho, c.who != nil)
		note(hasToken, c.token != "")
	}
	return has
}

// pack writes whom an event is about; created as the time before the event.
func (i *identity) pack(p *pack.Writer, at moment, secret bool) {
	key := i.key()
	p.Text(key.Account.s)
	p.Text(key.Region.s)
	p.Text(key.Name.s)
	if secret {
		p.Raw(i.suffix[:])
		p.Raw(i.incarnation.backwards())
		p.Int(at.time().UnixMilli() - i.created.time().UnixMilli())
	}
}

func (c *call) pack(p *pack.Writer, e Event, has uint64) error {
	switch {
	case c.secretID == "":
		p.Byte(byNothing)
	case c.secretID == e.on.name.s:
		p.Byte(byName)
	case c.secretID == e.on.arn().String():
		p.Byte(byARN)
	default:
		p.Byte(byText)
		p.Text(c.secretID)
	}
	if has&hasCaller != 0 {
		p.Text(c.caller.s)
	}
	if has&hasDays != 0 {
		p.Int(c.days)
	}
	if has&hasDue != 0 {
		p.Int(c.due.time().UnixMilli())
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
		p.Text(string(text))
	}
	if has&hasRefusal != 0 {
		p.Text(c.refused.code)
		p.Text(c.refused.message)
	}
	if has&hasGap != 0 {
		p.Uint(c.gap.number)
		p.Int(int64(c.gap.passed))
		p.Text(c.gap.by)
	}
	if has&hasWho != 0 {
		p.Text(c.who.AccessKeyID)
		p.Text(c.who.Principal)
		p.Text(c.who.SourceIP)
	}
	if has&hasToken != 0 {
		p.Text(c.token)
	}
	return nil
}

// UnmarshalBinary reads what [Event.MarshalBinary] wrote.
func (e *Event) UnmarshalBinary(data []byte) error {
	u := pack.NewReader(data)
	form, code, has := u.Byte(), u.Uint(), u.Uint()
	if form != eventForm || code >= uint64(len(kindCodes)) || has >= hasToken<<1 {
		return pack.ErrForm
	}
	out := Event{kind: kindCodes[code], at: momentAt(u.Int()), revision: u.Uint()}
	if (has&hasGap != 0) != (out.kind.isOperator() && has&hasCall != 0) {
		return pack.ErrForm
	}
	on, err := unpackIdentity(&u, out.at, has&hasSecret != 0)
	if err != nil {
		return err
	}
	out.on = on
	if has&hasSeq != 0 {
		out.seq = u.Uint()
	}
	if has&hasVersion != 0 {
		out.version = VersionID{u.ID()}
	}
	if has&hasIndex != 0 {
		out.index = u.Byte()
	}
	if has&hasCall != 0 {
		if out.call, err = unpackCall(&u, out, has); err != nil {
			return err
		}
	}
	if err := u.End(); err != nil {
		return err
	}
	*e = out
	return nil
}

func unpackIdentity(u *pack.Reader, at moment, secret bool) (*identity, error) {
	account, region, name := u.Text(), u.Text(), u.Text()
	id := &identity{scope: scopeOf(Account{account}, Region{region}), name: Name{name}}
	if !secret {
		return id, nil
	}
	copy(id.suffix[:], u.Take(suffixLength))
	copy(id.incarnation[:], u.Take(uint64(len(id.incarnation))))
	copy(id.incarnation[:], id.incarnation.backwards())
	id.created = momentAt(at.time().UnixMilli() - u.Int())
	if u.Bad() {
		return nil, pack.ErrForm
	}
	_, err := ParseARN(id.arn().String())
	return id, err
}

func unpackCall(u *pack.Reader, e Event, has uint64) (*call, error) {
	c := &call{force: has&hasForce != 0}
	switch u.Byte() {
	case byNothing:
	case byName:
		c.secretID = e.on.name.s
	case byARN:
		c.secretID = e.on.arn().String()
	case byText:
		c.secretID = u.Text()
	default:
		return nil, pack.ErrForm
	}
	if has&hasCaller != 0 {
		c.caller = Account{u.Text()}
	}
	if has&hasDays != 0 {
		c.days = u.Int()
	}
	if has&hasDue != 0 {
		c.due = momentAt(u.Int())
	}
	if has&hasParams != 0 {
		var params map[string]any
		if err := json.Unmarshal(u.Take(u.Uint()), &params); err != nil {
			return nil, pack.ErrForm
		}
		for name, v := range params {
			c.params = append(c.params, param{name, v})
		}
	}
	if has&hasRefusal != 0 {
		c.refused = &refusal{u.Text(), u.Text()}
	}
	if has&hasGap != 0 {
		c.gap = &gapCall{u.Uint(), time.Duration(u.Int()), u.Text()}
	}
	if has&hasWho != 0 {
		c.who = known(Caller{AccessKeyID: u.Text(), Principal: u.Text(), SourceIP: u.Text()})
	}
	if has&hasToken != 0 {
		c.token = u.Text()
	}
	return c, nil
}
