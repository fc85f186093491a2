package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/sqlstore"
)

// list is the command ls. Its fields are its flags.
type list struct {
	durable    `embed:""`
	Scheduled  bool `help:"Only secrets that are scheduled for deletion or await their purge, of the whole store by the time of their purge; those that a hold keeps from it come last."`
	Access     bool `help:"Show who called what on each secret, as the access ledger has it; with --scheduled, since it was scheduled for deletion."`
	queryFlags `embed:""`
	JSON       bool `name:"json" help:"Print a JSON object per line."`
}

// queryFlags say which secrets are meant.
type queryFlags struct {
	Account string `placeholder:"ID" help:"Only secrets of this account."`
	Region  string `placeholder:"REGION" help:"Only secrets in this Region."`
	Prefix  string `placeholder:"TEXT" help:"Only secrets whose name begins so."`
}

// Help is shown below the flags.
func (list) Help() string {
	return `Lists what is in a durable store, never a value. Dates are in UTC; days left are counted up, and 0 where ` +
		`the DeletionDate has come. COUNTED is how much of the recovery window had passed by counted time when time was ` +
		`counted last: a secret is purged when its date has come and all of its window has passed. See "secretlife clock". One that has HOLDS is not purged at all.

  secretlife ls --store sqlite:secrets.db
  secretlife ls --store sqlite:secrets.db --scheduled --json
  secretlife ls --store sqlite:secrets.db --scheduled --access
  secretlife ls --store postgres://app@db/app --key-file master --keyring ring --account 123456789012 --prefix prod/`
}

// listed is a secret as ls prints it.
type listed struct {
	Name         string     `json:"name"`
	Account      string     `json:"account"`
	Region       string     `json:"region"`
	ARN          string     `json:"arn"`
	State        string     `json:"state"`
	DeletionDate *time.Time `json:"deletionDate,omitempty"`
	DaysLeft     *int       `json:"daysLeft,omitempty"`
	PurgeDate    *time.Time `json:"purgeDate,omitempty"`
	// Counted is how much of the Window has passed by counted time.
	Counted string `json:"counted,omitempty"`
	Window  string `json:"window,omitempty"`
	// Holds are the names of what keeps the secret from being destroyed.
	Holds []string `json:"holds,omitempty"`
	// Access is what the access ledger has, with --access.
	Access []accessed `json:"access,omitempty"`

	counted, window time.Duration
}

const day = 24 * time.Hour

func listedOf(s secretlife.Secret, now time.Time, t secretlife.Tally) listed {
	key := s.Key()
	l := listed{Name: key.Name.String(), Account: key.Account.String(), Region: key.Region.String(),
		ARN: s.ARN().String(), State: s.Phase(now).String()}
	if date, ok := s.Deletion().Date(); ok {
		days := max(0, int((date.Sub(now)+day-1)/day))
		l.DeletionDate, l.DaysLeft = &date, &days
	}
	if at, ok := s.Deletion().PurgeAt(); ok {
		l.PurgeDate = &at
	}
	if w := s.Deletion().Window(); w > 0 {
		l.counted, l.window = min(t.Age(s), w), w
		l.Counted, l.Window = l.counted.String(), w.String()
	}
	for _, h := range s.HeldBy(secretlife.At{Time: now, Tally: t}) {
		l.Holds = append(l.Holds, h.Name)
	}
	return l
}

// Run lists.
func (l list) Run(ctx context.Context, o process) error {
	q, err := l.query()
	if err != nil {
		return err
	}
	store, err := l.read(ctx, o)
	if err != nil {
		return err
	}
	p := printer{list: l, o: o, now: time.Now(), table: tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)}
	each := eachSecret
	if l.Scheduled {
		each = eachScheduled
	}
	if p.tally, err = tallyOf(ctx, store.Store); err == nil {
		page := p.page
		if l.Access {
			page = func(secrets []secretlife.Secret) error { return p.accessPage(ctx, store.durable, secrets) }
		}
		err = each(ctx, store.durable, q, page)
	}
	return errors.Join(err, store.close())
}

// query parses the flags.
func (f queryFlags) query() (q query, err error) {
	q.prefix = f.Prefix
	if f.Account != "" {
		if q.account, err = secretlife.ParseAccount(f.Account); err != nil {
			return q, fmt.Errorf("--account %q: it must be an account id of 12 digits", f.Account)
		}
	}
	if f.Region != "" {
		if q.region, err = secretlife.ParseRegion(f.Region); err != nil {
			return q, fmt.Errorf("--region %q: it must be a Region such as eu-west-1", f.Region)
		}
	}
	return q, nil
}

// printer prints pages, so that nothing waits for the end.
type printer struct {
	list
	o      process
	now    time.Time
	tally  secretlife.Tally
	table  *tabwriter.Writer
	titled bool
}

func (p *printer) page(secrets []secretlife.Secret) error {
	if p.JSON {
		encoder := json.NewEncoder(p.o.out)
		for _, s := range secrets {
			if err := encoder.Encode(listedOf(s, p.now, p.tally)); err != nil {
				return err
			}
		}
		return nil
	}
	if !p.titled {
		p.titled = true
		fmt.Fprintln(p.table, "NAME\tACCOUNT\tREGION\tSTATE\tDELETION DATE\tDAYS LEFT\tPURGE\tCOUNTED\tHOLDS")
	}
	for _, s := range secrets {
		l := listedOf(s, p.now, p.tally)
		days, counted := "-", "-"
		if l.DaysLeft != nil {
			days = fmt.Sprint(*l.DaysLeft)
		}
		if l.window > 0 {
			counted = ofWindow(l.counted, l.window)
		}
		fields := []string{l.Name, l.Account, l.Region, l.State, date(l.DeletionDate), days, date(l.PurgeDate), counted,
			cmp.Or(strings.Join(l.Holds, " "), "-")}
		fmt.Fprintln(p.table, strings.Join(fields, "\t"))
	}
	return p.table.Flush()
}

func date(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// query says which secrets are meant; zero is all.
type query struct {
	account secretlife.Account
	region  secretlife.Region
	prefix  string
}

func (q query) hasScope(account secretlife.Account, region secretlife.Region) bool {
	return (q.account == secretlife.Account{} || q.account == account) && (q.region == secretlife.Region{} ||
		q.region == region)
}

func (q query) has(key secretlife.Key) bool {
	return q.hasScope(key.Account, key.Region) && strings.HasPrefix(key.Name.String(), q.prefix)
}

// pageSize is how many secrets are held in memory.
const pageSize = 200

// eachScope goes through the accounts and Regions of a store.
func eachScope(ctx context.Context, store *sqlstore.Store, do func(sqlstore.Scope) error) error {
	var after sqlstore.Scope
	for {
		scopes, err := store.Scopes(ctx, after, pageSize)
		if err != nil || len(scopes) == 0 {
			return err
		}
		for _, s := range scopes {
			if err := do(s); err != nil {
				return err
			}
		}
		after = scopes[len(scopes)-1]
	}
}

// eachSecret goes through the secrets of a store by account, Region and name.
func eachSecret(ctx context.Context, store *sqlstore.Store, q query, do func([]secretlife.Secret) error) error {
	return eachListed(ctx, store, q, secretlife.ListQuery{Order: secretlife.OrderByName, Prefix: q.prefix}, do)
}

// eachListed goes through what a list has in each account and Region.
func eachListed(
	ctx context.Context, store *sqlstore.Store, q query, list secretlife.ListQuery, do func([]secretlife.Secret) error,
) error {
	return eachScope(ctx, store, func(s sqlstore.Scope) error {
		if !q.hasScope(s.Account, s.Region) {
			return nil
		}
		next := list
		next.Account, next.Region, next.Limit = s.Account, s.Region, pageSize
		for {
			page, err := store.List(ctx, next)
			if err != nil || len(page) == 0 {
				return err
			}
			next.After = secretlife.CursorOf(page[len(page)-1], next.Order)
			if err := do(page); err != nil {
				return err
			}
		}
	})
}

// never is after all dates there can be.
var never = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// eachScheduled goes through the secrets that are to be deleted, in the order in
// which they will be purged. Those that a hold without an end keeps come last.
func eachScheduled(ctx context.Context, store *sqlstore.Store, q query, do func([]secretlife.Secret) error) error {
	if err := eachDue(ctx, store, never, q, do); err != nil {
		return err
	}
	byDate := secretlife.ListQuery{Order: secretlife.OrderByDeletionDate}
	return eachListed(ctx, store, q, byDate, func(page []secretlife.Secret) error {
		return do(slices.DeleteFunc(page, func(s secretlife.Secret) bool {
			_, _, due := s.NextDue()
			return due || !q.has(s.Key())
		}))
	})
}

// eachDue goes through those whose purge is due by an instant.
func eachDue(ctx context.Context, store *sqlstore.Store, by time.Time, q query,
	do func([]secretlife.Secret) error) error {
	var after secretlife.Due
	for {
		dues, err := store.Due(ctx, secretlife.DueQuery{By: by, After: after, Limit: pageSize})
		if err != nil || len(dues) == 0 {
			return err
		}
		var page []secretlife.Secret
		for _, due := range dues {
			if !q.has(due.Key) {
				continue
			}
			s, err := store.Load(ctx, due.Key)
			if errors.Is(err, secretlife.ErrSecretNotFound) {
				continue // purged meanwhile
			}
			if err != nil {
				return err
			}
			if s.Deletion().Scheduled() {
				page = append(page, s)
			}
		}
		if err := do(page); err != nil {
			return err
		}
		after = dues[len(dues)-1]
	}
}
