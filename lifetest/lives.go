package lifetest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/history"
)

// Lives draws lives of one secret without a Manager or a store: the changes in order,
// beginning with its creation, each decided at the state that the one before led to. Some
// end with its purge. Time passes between them, often up to the DeletionDate.
func Lives() *rapid.Generator[[]secretlife.Change] { return generator(life) }

// Secrets draws secrets as some life has left them: active, with any number of versions
// and labels, scheduled, or deleted by force; some have a hold or are protected.
func Secrets() *rapid.Generator[secretlife.Secret] {
	return generator(func(c history.Chooser) secretlife.Secret {
		changes := life(c)
		last := changes[len(changes)-1]
		if last.Purges() {
			last = changes[len(changes)-2]
		}
		return last.Next()
	})
}

func life(c history.Chooser) []secretlife.Change {
	key := secretlife.Key{
		Account: secretlife.Must(secretlife.ParseAccount(history.MainAccount)),
		Region:  secretlife.Must(secretlife.ParseRegion("us-east-1")),
		Name:    secretlife.Must(secretlife.ParseName(history.Pick(c, history.Names...))),
	}
	creation := secretlife.Creation{
		ARN: secretlife.Must(key.ARN("AbCdEf")), Incarnation: secretlife.Incarnation{1}, Tags: anyTags(c),
	}
	if !c.Chance(10) {
		creation.VersionID, creation.Value = versionOf(0), secretlife.SecretString("value 0")
	}
	now := history.Epoch
	changes := []secretlife.Change{secretlife.Must(secretlife.NewSecret(secretlife.Exactly(now), creation))}
	for n := range c.Below(12) {
		s := changes[len(changes)-1].Next()
		now = now.Add(pause(c, now, s))
		change, err := decide(c, s, secretlife.Exactly(now), n+1)
		if err != nil || change.IsZero() {
			continue // refused, or nothing to do
		}
		changes = append(changes, change)
		if change.Purges() {
			break
		}
	}
	return changes
}

// pause is how much time passes before the next decision.
func pause(c history.Chooser, now time.Time, s secretlife.Secret) time.Duration {
	var dates []int64
	if date, ok := s.Deletion().Date(); ok && date.After(now) {
		dates = append(dates, date.UnixMilli())
	}
	return history.ClockMove(c, now.UnixMilli(), dates)
}

func decide(c history.Chooser, s secretlife.Secret, at secretlife.At, n int) (secretlife.Change, error) {
	if s.Deletion().Scheduled() && c.Chance(60) {
		if c.Chance(50) {
			return s.Purge(at)
		}
		return s.Restore(at)
	}
	switch c.Below(7) {
	case 0:
		return s.PutValue(at, versionOf(n), secretlife.SecretString(fmt.Sprint("value ", n)), nil)
	case 1:
		return s.Update(at, secretlife.Update{Description: new(string)})
	case 2:
		return s.Tag(at, append(anyTags(c), secretlife.Tag{Key: "n", Value: fmt.Sprint(n)}))
	case 3:
		return s.Delete(at, secretlife.Force(), 0)
	case 6:
		return guard(c, s, at)
	case 4:
		current, _ := s.Staged(secretlife.StageCurrent)
		previous, _ := s.Staged(secretlife.StagePrevious)
		return s.MoveStage(at, secretlife.StageCurrent, current, previous)
	}
	return s.Delete(at, secretlife.Window(int64(7+c.Below(24))), 0)
}

// guard places or releases a hold, or protects the secret.
func guard(c history.Chooser, s secretlife.Secret, at secretlife.At) (secretlife.Change, error) {
	switch c.Below(4) {
	case 0:
		return s.PlaceHold(at, secretlife.Hold{Name: "hold"}, false)
	case 1:
		return s.PlaceHold(at, secretlife.Hold{Name: "hold", Until: at.Time.Add(20 * 24 * time.Hour)}, false)
	case 2:
		return s.ReleaseHold(at, "hold", false, 0)
	}
	return s.Protect(at, secretlife.Protection{MinimumWindow: 8, CoolingOff: time.Hour})
}

func anyTags(c history.Chooser) []secretlife.Tag {
	if c.Chance(50) {
		return nil
	}
	return []secretlife.Tag{{Key: history.Pick(c, "team", "hold"), Value: "a"}}
}

func versionOf(n int) secretlife.VersionID {
	return secretlife.Must(secretlife.ParseVersionID(fmt.Sprintf("version-of-a-life-%020d", n)))
}
