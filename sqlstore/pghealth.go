package sqlstore

import (
	"context"
	"fmt"
	"time"
)

// health writes, which a standby and a server that is full refuse, and looks how
// long data keys wait for their destruction.
func (s *postgresEngine) health(ctx context.Context) (err error) {
	for range 1 + s.options.Connections { // a server that was restarted is found out on each
		if err = s.healthOnce(ctx); err == nil || ctx.Err() != nil || !unreachable(err) {
			return err
		}
	}
	return err
}

func (s *postgresEngine) healthOnce(ctx context.Context) error {
	if err := s.isPrimary(ctx); err != nil {
		return s.failed(ctx, "asking the server", err)
	}
	write := func(ctx context.Context, tx *pgTx) error { return healthJob{}.write(ctx, tx) }
	if err := s.transactOnce(ctx, write); err != nil {
		return s.failed(ctx, "writing", err)
	}
	h, r, err := s.state(ctx)
	if err != nil {
		return s.failed(ctx, "looking at the epoch", err)
	}
	if late := destructionIsLate(r, h.purged, time.Now(), s.options); late > 0 {
		return fmt.Errorf(
			"sqlstore: %d data keys of what was purged are not destroyed; that is late by %s",
			h.purged-r.purged,
			late,
		)
	}
	return nil
}

// destructionIsLate returns by how much the destruction of data keys is late; 0 where it is
// not. Whoever looks at the epoch does so once a minute.
func destructionIsLate(r epochRow, purged int64, now time.Time, o PostgresOptions) time.Duration {
	if r.settled.Valid && purged == r.purged {
		return 0
	}
	return max(0, now.Sub(time.UnixMilli(r.began))-o.DestroyKeysAfter-2*longestLook)
}
