package simulate

import (
	"context"
	"time"

	"github.com/secretlife-go/secretlife/lifetest/internal/snapshot"
)

// backup is a copy of the store, with what the observer knew then.
type backup struct {
	content *snapshot.Snapshot
	view    view
}

// takeBackup copies the store.
func (s *simulation) takeBackup() {
	if s.content == nil {
		return
	}
	s.hit(faultBackup)
	s.backups = append(s.backups, backup{s.content.Backup(), s.observer.clone()})
	if len(s.backups) > 5 {
		s.backups = s.backups[1:]
	}
}

// restoreBackup puts a copy back, while the processes go on.
func (s *simulation) restoreBackup() {
	if len(s.backups) == 0 {
		return
	}
	s.hit(faultRestored)
	b := s.backups[s.random.IntN(len(s.backups))]
	s.content.Restore(b.content)
	s.observer.view = b.view.clone()
	s.observer.hash.Write([]byte("restored"))
}

// confirm is an operator who knows how much time passed in a gap that nobody counted,
// and confirms it, or takes a confirmation back.
func (s *simulation) confirm() {
	ctx := context.Background()
	m := s.anyNode().first
	tally, err := m.Tally(ctx)
	if err != nil {
		return
	}
	proven := map[uint64]time.Duration{}
	for _, g := range tally.Gaps() {
		if g.Proof != "none" {
			proven[g.Number] += g.Length
		}
	}
	for _, g := range tally.Gaps() {
		switch {
		case g.Proof == "operator" && s.random.IntN(2) == 0:
			if _, err = m.WithdrawGap(ctx, g.Number); err == nil {
				s.hit(faultWithdrawn)
			}
			return
		case g.Proof == "none" && s.random.IntN(2) == 0:
			passed := min(s.observer.between(g.Number)-proven[g.Number], g.Length)
			if passed <= 0 {
				continue
			}
			if _, err = m.ConfirmGap(ctx, g.Number, passed, ""); err == nil {
				s.hit(faultConfirmed)
			}
			return
		}
	}
}
