package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Alarm says that a principal asked for a secret that is scheduled for deletion, and was
// refused: something still needs the secret. It is raised for the first attempt of a
// principal on a secret, and for further ones once a minute at most.
//
// Every operation raises it that is refused with [secretlife.ErrScheduledForDeletion],
// but DeleteSecret: deleting twice is no use of a secret.
type Alarm struct {
	// Call is the attempt that raised the alarm. Its Secret has the DeletionDate, until which it
	// can be restored, unless it was deleted by force.
	Call secretlife.Call
	// Principal is who made the attempt: see [PrincipalOf].
	Principal string
	// Attempts is the number of attempts of the principal on the secret since the alarm
	// before, this one included.
	Attempts int
}

const (
	// quiet is how long the same attempts raise no other alarm.
	quiet = time.Minute
	// mostAlarms is how many secrets and principals are remembered for that.
	mostAlarms = 10_000
)

// wantsScheduled reports whether a call was refused because its secret is scheduled for deletion.
func wantsScheduled(c *secretlife.Call) bool {
	return c.Operation != secretlife.OpDeleteSecret && errors.Is(c.Err, secretlife.ErrScheduledForDeletion)
}

// alarms remembers which alarms were raised.
type alarms struct {
	mu     sync.Mutex
	raised map[attempt]*raised
}

type attempt struct {
	incarnation secretlife.Incarnation
	principal   string
}

type raised struct {
	at    time.Time
	since int // attempts that raised none
}

// raise counts an attempt, and returns for how many an alarm is raised; 0 for none.
func (a *alarms) raise(of attempt, now time.Time) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.raised[of]
	switch {
	case r == nil:
		if len(a.raised) >= mostAlarms || a.raised == nil {
			a.raised = map[attempt]*raised{} // an alarm too many is better than one that is missing
		}
		a.raised[of] = &raised{at: now}
		return 1
	case now.Sub(r.at).Abs() < quiet:
		r.since++
		return 0
	}
	n := r.since + 1
	*r = raised{at: now}
	return n
}

// alarm raises the alarm of a call, unless it was raised a moment ago.
func (l *Ledger) alarm(ctx context.Context, c secretlife.Call) {
	principal := PrincipalOf(&c)
	n := l.alarms.raise(attempt{c.Secret.Incarnation(), principal}, c.Time)
	if n == 0 {
		return
	}
	date, _ := c.Secret.Deletion().Date()
	l.o.Logger.WarnContext(ctx, "a secret that is scheduled for deletion was asked for",
		"arn", c.Secret.ARN().String(), "deletionDate", date, "operation", c.Operation.String(), "principal", principal,
		"attempts", n)
	if l.o.OnScheduled != nil {
		l.o.OnScheduled(ctx, Alarm{Call: c, Principal: principal, Attempts: n})
	}
}
