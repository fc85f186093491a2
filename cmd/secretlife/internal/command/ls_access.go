package command

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/access"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// accessed is what a principal called on a secret, as ls prints it.
type accessed struct {
	Principal string               `json:"principal"`
	Operation secretlife.Operation `json:"operation"`
	Calls     uint64               `json:"calls"`
	Refused   uint64               `json:"refused"`
	First     time.Time            `json:"first"`
	Last      time.Time            `json:"last"`
}

// accessPage prints secrets with what the access ledger has of them.
func (p *printer) accessPage(ctx context.Context, store *sqlstore.Store, secrets []secretlife.Secret) error {
	if !p.titled && !p.JSON {
		p.titled = true
		fmt.Fprintln(p.table,
			"NAME\tACCOUNT\tREGION\tDELETION DATE\tDAYS LEFT\tPRINCIPAL\tOPERATION\tCALLS\tREFUSED\tFIRST\tLAST")
	}
	for _, s := range secrets {
		l := listedOf(s, p.now, p.tally)
		var err error
		if l.Access, err = accessesOf(ctx, store, s, p.Scheduled); err != nil {
			return err
		}
		if p.JSON {
			err = json.NewEncoder(p.o.out).Encode(l)
		} else {
			p.accessLines(l)
		}
		if err != nil {
			return err
		}
	}
	return p.table.Flush()
}

// accessLines prints a line for each principal and operation, and one for a secret that nothing was
// called on.
func (p *printer) accessLines(l listed) {
	days := "-"
	if l.DaysLeft != nil {
		days = fmt.Sprint(*l.DaysLeft)
	}
	line := func(of ...string) {
		fields := append([]string{l.Name, l.Account, l.Region, date(l.DeletionDate), days}, of...)
		fmt.Fprintln(p.table, strings.Join(fields, "\t"))
	}
	for _, a := range l.Access {
		line(a.Principal, a.Operation.String(), fmt.Sprint(a.Calls), fmt.Sprint(a.Refused), date(&a.First), date(&a.Last))
	}
	if len(l.Access) == 0 {
		line("-", "-", "0", "0", "-", "-")
	}
}

// accessesOf adds up the days of the access ledger for a secret, the last call first. Where only the
// recovery window is meant, these are the calls since the secret was scheduled.
func accessesOf(ctx context.Context, store *sqlstore.Store, s secretlife.Secret, scheduled bool) ([]accessed, error) {
	key := s.Key()
	q := access.Query{Account: key.Account, Region: key.Region, Name: key.Name, Scheduled: scheduled}
	if at, ok := s.Deletion().DeletedDate(); ok && scheduled {
		q.From = at.Truncate(day)
	}
	var out []accessed
	for e, err := range access.Entries(ctx, store, q) {
		if err != nil {
			return nil, err
		}
		if e.Incarnation != s.Incarnation() {
			continue
		}
		i := slices.IndexFunc(out, func(a accessed) bool {
			return a.Principal == e.Principal && a.Operation == e.Operation
		})
		if i < 0 {
			i = len(out)
			out = append(out, accessed{Principal: e.Principal, Operation: e.Operation, First: e.First, Last: e.Last})
		}
		a := &out[i]
		a.Calls, a.Refused = a.Calls+e.Calls, a.Refused+e.Refused
		if e.First.Before(a.First) {
			a.First = e.First
		}
		if e.Last.After(a.Last) {
			a.Last = e.Last
		}
	}
	slices.SortStableFunc(out, func(a, b accessed) int {
		return cmp.Or(b.Last.Compare(a.Last), strings.Compare(a.Principal, b.Principal))
	})
	return out, nil
}
