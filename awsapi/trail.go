package awsapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unique"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi/internal/sigv4"
)

// callerOf returns who makes a request, for records: they share the memory of an access key id, and
// not that of a request's head.
func callerOf(r *http.Request, h head, who sigv4.Identity) secretlife.Caller {
	c := secretlife.Caller{AccessKeyID: unique.Make(who.AccessKeyID()).Value()}
	switch addr := h.peer.Addr(); {
	case addr.Is4(): // all requests of a connection share this text
		c.SourceIP = r.RemoteAddr[:strings.LastIndexByte(r.RemoteAddr, ':')]
	case addr.IsValid():
		c.SourceIP = addr.Unmap().WithZone("").String()
	}
	return c
}

// unread is what is wrong with the members of a request, which is never passed on to the
// Manager.
type unread struct{ error }

func (u unread) Unwrap() error { return u.error }

// recordUnread adds a call that was refused for its members to the trail. CloudTrail has no
// record of requests that are no JSON of the API.
func (a *API) recordUnread(m *secretlife.Manager, x *exchange, err error) {
	var u unread
	if !errors.As(err, &u) {
		return
	}
	var protocol *protocolError
	var refused secretlife.Error
	if errors.As(err, &protocol) && protocol.code == "ValidationException" {
		refused = &secretlife.ValidationError{ErrorDetails: secretlife.ErrorDetails{Message: protocol.text}}
	} else if !errors.As(err, &refused) {
		return
	}
	a.record(m, x, refused)
}

// record adds a call that was refused, and never passed on to the Manager, to the trail.
func (a *API) record(m *secretlife.Manager, x *exchange, refused secretlife.Error) {
	if a.o.Trail == nil {
		return
	}
	call := x.call
	if ids := secretIDs(call.Operation, x.in); len(ids) == 1 {
		call.SecretID = ids[0]
	}
	call.Account, call.Region, call.Time = m.Account(), m.Region(), m.Clock().Now()
	call.Err = refused
	a.o.Trail.Add(call)
}

// inclusion is which calls that no store has are wanted with the events.
type inclusion struct{ refused, reads bool }

// parseInclusion reads a list such as "refused,reads".
func parseInclusion(s string) (in inclusion, ok bool) {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		switch word {
		case "refused":
			in.refused = true
		case "reads":
			in.reads = true
		default:
			return in, false
		}
	}
	return in, true
}

// of returns the records that are wanted.
func (in inclusion) of(records []secretlife.Event) []secretlife.Event {
	return slices.DeleteFunc(records, func(e secretlife.Event) bool {
		if _, _, refused := e.Refusal(); refused {
			return !in.refused
		}
		return !in.reads
	})
}
