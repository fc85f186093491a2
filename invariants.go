package secretlife

import (
	"fmt"

	"go.uber.org/multierr"
)

// check holds the invariants of one secret.
func (d *secretData) check() error {
	var errs error
	must := func(ok bool, format string, args ...any) {
		if !ok {
			errs = multierr.Append(errs, fmt.Errorf(format, args...))
		}
	}
	must(d.revision > 0, "revision is 0")
	must(d.changed >= d.id.created || d.more != nil && !d.more.primary.IsZero(), "changed before it was created")
	d.checkDeletion(must)
	d.checkAging(must)
	ids := make(map[VersionID]bool, len(d.versions))
	for _, v := range d.versions {
		must(checkToken("versionId", v.id.s) == nil, "version id %q has not 32 to 64 characters", v.id.s)
		must(!ids[v.id], "version %s is there twice", v.id)
		ids[v.id] = true
	}
	must(len(d.stages) <= maxStages, "%d staging labels", len(d.stages))
	for _, s := range d.stages {
		must(checkStage("versionStage", s.label) == nil, "staging label %q has not 1 to 256 characters", s.label)
		must(ids[s.version], "staging label %s is on version %s, which is not there", s.label, s.version)
	}
	reserved := 0
	if d.more != nil {
		d.more.check(must)
		d.checkReserved(must)
		reserved = len(d.more.reserved)
	}
	must(len(d.versions) == reserved || d.stageIndex(StageCurrent) >= 0, "no version is AWSCURRENT")
	return errs
}

func (d *secretData) checkDeletion(must func(bool, string, ...any)) {
	del := d.deletion
	must(del.date.set() == del.purgeAt.set(), "deletion date without purge date, or the reverse")
	must(del.date.set() || !del.forced, "forced without deletion date")
	must(del.purgeAt >= del.date, "purge date before deletion date")
	must((del.since != nil) == (del.date.set() && !del.forced), "a recovery window without deletion date, or the reverse")
	if c := del.since; c != nil {
		days := c.period / windowDay
		must(days >= MinRecoveryWindowInDays && days <= MaxRecoveryWindowInDays && c.period%windowDay == 0, "recovery window of %v", c.period)
		must(c.stamp.Had >= 0, "the recovery window had passed by %v", c.stamp.Had)
	}
	if del.date.set() && d.more != nil {
		must(len(d.more.replicas) == 0, "scheduled for deletion with replicas")
		must(d.more.primary.IsZero(), "a replica is scheduled for deletion")
	}
}

func (d *secretData) checkAging(must func(bool, string, ...any)) {
	if d.more == nil || d.more.aging == nil {
		return
	}
	a := d.more.aging
	must(a.count.period == keptFor, "versions age for %v", a.count.period)
	must(a.count.stamp.Had >= 0, "versions had aged by %v", a.count.stamp.Had)
	must(!a.newest.IsZero(), "versions age up to none")
}

func (d *secretData) checkReserved(must func(bool, string, ...any)) {
	seen := make(map[VersionID]bool, len(d.more.reserved))
	for _, id := range d.more.reserved {
		must(d.indexOf(id) >= 0, "version %s is reserved and not there", id)
		must(!seen[id], "version %s is reserved twice", id)
		current, _ := Secret{d}.Staged(StageCurrent)
		must(current != id, "AWSCURRENT is on version %s, which has no value", id)
		seen[id] = true
	}
}

func (m *attributes) check(must func(bool, string, ...any)) {
	must(m.primary.IsZero() || len(m.replicas) == 0, "a replica has replicas")
	must(m.primary.IsZero() || isRegion(m.primary.s), "primary Region %q", m.primary)
	seen := make(map[Region]bool, len(m.replicas))
	for _, r := range m.replicas {
		must(isRegion(r.Region.s), "replica Region %q", r.Region)
		must(!seen[r.Region], "replica Region %s is there twice", r.Region)
		seen[r.Region] = true
		must(r.Status == InSync || r.Status == Failed || r.Status == InProgress, "replica status %q", r.Status)
		must((r.Status == InProgress) == r.since.set(), "replica status %s does not fit its waiting", r.Status)
	}
	keys := make(map[string]bool, len(m.tags))
	for _, t := range m.tags {
		must(!keys[t.Key], "tag %q is there twice", t.Key)
		keys[t.Key] = true
	}
}
