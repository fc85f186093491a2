package main

import (
	"fmt"
	"slices"
	"strings"
)

// fault is a wrong implementation of the rules: the library with a few
// characters changed. Each is a mistake that was seen in emulators, fakes and
// services, or could be.
type fault struct {
	name string // what the wrong implementation does
	file string // of the library
	old  string // is there once
	new  string
	also []edit // where one change is not enough
	// simulated faults are looked for by simulations, the others by random histories.
	simulated bool
}

// edit is a change of one of the library's files.
type edit struct{ file, old, new string }

func (f fault) edits() []edit { return append([]edit{{f.file, f.old, f.new}}, f.also...) }

// once is a fault that is one change of one file.
func once(name, file, old, new string) fault {
	return fault{name: name, file: file, old: old, new: new}
}

// planted are the wrong implementations.
func planted() []fault {
	return slices.Concat(forgottenBlocks(), clockFaults(), holdFaults(), []fault{
		once("a second DeleteSecret moves the date", "lifecycle.go",
			"	case rule != RuleAllowed && !mode.force:\n		return Change{}, s.refuse(RuleMarked)\n", ""),
		once("force is ignored on a scheduled secret", "lifecycle.go", "	case rule != RuleAllowed && !mode.force:\n",
			"	case rule != RuleAllowed:\n"),
		once("window and force are accepted together", "phase.go",
			"	case force:\n		return DeletionMode{}, badParameter(textBoth, ErrWindowWithForce)\n",
			"	case force:\n		return DeletionMode{force: true}, nil\n"),
		once("the combination is checked before the range", "phase.go",
			"	switch {\n	case days < MinRecoveryWindowInDays || days > MaxRecoveryWindowInDays:",
			"	switch {\n	case force:\n		return DeletionMode{}, badParameter(textBoth, ErrWindowWithForce)\n	"+
				"case days < MinRecoveryWindowInDays || days > MaxRecoveryWindowInDays:"),
		once("a window of 6 days is accepted", "phase.go", "MinRecoveryWindowInDays     = 7",
			"MinRecoveryWindowInDays     = 6"),
		once("a window of 30 days is refused", "phase.go", "MaxRecoveryWindowInDays     = 30",
			"MaxRecoveryWindowInDays     = 29"),
		once("the default window is 7 days", "phase.go", "DefaultRecoveryWindowInDays = 30",
			"DefaultRecoveryWindowInDays = 7"),
		once("the window is checked after the look-up", "manager_lifecycle.go",
			"	p.add(modeErr)\n	if err := p.err(); err != nil {\n		return out, err\n	}\n",
			"	if err := p.err(); err != nil {\n		return out, err\n	}\n	if _, err := req.load(id); err != nil {\n		return out, "+
				"err\n	}\n	if modeErr != nil {\n		return out, modeErr\n	}\n"),
		once("force on an unknown name fails", "manager_lifecycle.go", "	if mode.force && OpDeleteSecret",
			"	if false && OpDeleteSecret"),
		once("DeletionDate is cut to days", "lifecycle.go", "	date := now.Add(mode.Window())\n",
			"	date := now.Add(mode.Window()).Truncate(windowDay)\n"),
		once("the window counts from the last change", "lifecycle.go", "	date := now.Add(mode.Window())\n",
			"	date := s.LastChangedDate().Add(mode.Window())\n"),
		once("a secret can be restored at its DeletionDate", "secret.go", "!now.Before(d.deletion.date.time())",
			"now.After(d.deletion.date.time())"),
		once("a forced secret can be restored", "secret.go", "		if d.deletion.forced || !now", "		if !now"),
		once("RestoreSecret on an active secret is refused", "operation.go",
			"{RuleNotFound, RuleNoEffect, RuleAllowed, RuleWindowOver, RuleReplica, RuleNoEffect}",
			"{RuleNotFound, RuleNotFound, RuleAllowed, RuleWindowOver, RuleReplica, RuleNoEffect}"),
		once("RestoreSecret drops the tags", "lifecycle.go", "	d.deletion = nil\n",
			"	d.deletion = nil\n	d.attributes().tags = nil\n"),
		once("RestoreSecret drops AWSPREVIOUS", "lifecycle.go", "	d.deletion = nil\n",
			"	d.deletion = nil\n	d.detach(StagePrevious)\n"),
		once("DeleteSecret takes the labels off", "lifecycle.go", "	e := eventOf(OpDeleteSecret, d, &at)\n",
			"	d.stages, d.versions = nil, versions{}\n	e := eventOf(OpDeleteSecret, d, &at)\n"),
		// Each of the three checks by itself hides that the others are wrong.
		{
			name: "purging is a millisecond early",
			file: "lifecycle.go", old: "at.Time.Before(due) || s.waits(at) > 0",
			new: "at.Time.Before(due.Add(-time.Millisecond)) || s.waits(at) > time.Millisecond",
			also: []edit{
				{"purger_work.go", "kind == WorkPurge && missing > 0 {", "false && kind == WorkPurge && missing > 0 {"},
				{"purger_work.go", "DueQuery{By: s.now, After: after, Limit: duePage}",
					"DueQuery{By: s.now.Add(time.Millisecond), After: after, Limit: duePage}"},
				{"purger_work.go", "	if !ok || at.After(s.now) {\n", "	if !ok || at.After(s.now.Add(time.Millisecond)) {\n"},
			},
		},
		{
			name: "a scheduled secret is purged whatever its date",
			file: "purger_work.go", old: "changes, err = one(x.Purge(s.at))", new: "changes, err = one(x.purge(s.now), nil)",
			also: []edit{
				{"purger_work.go", "kind == WorkPurge && missing > 0", "missing > 1<<62"},
				{"purger_work.go", "DueQuery{By: s.now, After: after, Limit: duePage}",
					"DueQuery{By: s.now.AddDate(1, 0, 0), After: after, Limit: duePage}"},
				{"purger_work.go", "	if !ok || at.After(s.now) {\n", "	if !ok || kind != WorkPurge && at.After(s.now) {\n"},
			},
		},
		once("nothing is ever purged", "background.go", "	if d.deletion != nil {\n		if !ends {",
			"	if d.deletion != nil && d.deletion.forced {\n		if !ends {"),
		once("a purge leaves no event", "lifecycle.go", "	c.add(event(EventSecretPurged, last, now))\n", ""),
		once("a purge has its event twice", "lifecycle.go", "	c.add(event(EventSecretPurged, last, now))\n",
			"	c.add(event(EventSecretPurged, last, now))\n	c.add(event(EventSecretPurged, last, now))\n"),
		once("CreateSecret takes the name of a scheduled secret", "operation.go",
			"{RuleAllowed, RuleExists, RuleNameReserved, RuleNameReserved,",
			"{RuleAllowed, RuleExists, RuleExists, RuleExists,"),
		once("a created secret has the suffix of the one before", "emulate.go", "	n, err := s.uint64()\n	for i",
			"	_, err := s.uint64()\n	n := uint64(1)\n	for i"),
		once("an old ARN means the secret that has the name now", "request.go",
			"	return id.form != fullARN || id.suffix == s.data().id.suffix\n", "	return true\n"),
		once("an ARN of another Region is looked up here", "request.go", "	if id.region != in.region || id.partition",
			"	if id.partition"),
		once("ListSecrets shows scheduled secrets", "manager_list.go", "		if !q.planned {\n			return false\n		}\n", ""),
		once("ListSecrets never shows scheduled secrets", "manager_list.go", "		if !q.planned {\n			return false\n		}\n",
			"		return false\n"),
		once("secrets that were created at one instant are listed by name", "store.go",
			"		c.Ordinal = s.data().id.ordinal\n", "		c.Ordinal = 0\n"),
		once("a secret is replicated to a Region that AWS does not have", "problems.go",
			"		if regions == nil && !region.Known(r.Region) ||",
			"		if regions == nil && !region.Known(r.Region) && r.Region == \"\" ||"),
		once("a secret is replicated to a Region that is not in the list", "problems.go",
			"|| regions != nil && !slices.Contains(regions, r.Region) {", "{"),
		once("a replica is listed as if it were the first of its instant", "replica.go",
			"		ordinal:     fresh.Ordinal,\n", ""),
		once("a change without its event", "update.go", "return s.changed(OpTagResource, d, at), nil",
			"c := s.changed(OpTagResource, d, at)\n	c.events = nil\n	return c, nil"),
		once("LastChangedDate stands still", "secret.go", "	d.changed = max(momentOf(now), d.changed+2)",
			"	d.changed = max(momentOf(now), d.changed)"),
		once("AWSPREVIOUS stays where it was", "staging.go", "		d.attach(StagePrevious, d.stages[i].version)\n", ""),
		once("AWSPENDING stays on a version that is no longer current", "staging.go", "		d.detach(StagePending)\n", ""),
		once("a label is on two versions", "staging.go", "	if found {\n		next[i].version = id\n	} else {",
			"	if found && label != StagePrevious {\n		next[i].version = id\n	} else {"),
		once("versions age under 24 hours", "staging.go", "	keptFor      = 24 * time.Hour", "	keptFor      = 23 * time.Hour"),
		once("versions with a label age", "staging.go", "		if !d.labelled(d.versions.At(i).id) {\n			return i\n		}",
			"		return i"),
		once("99 versions are kept", "staging.go", "	keptVersions = 100", "	keptVersions = 99"),
		once("versions of scheduled secrets age", "background.go",
			"	if i := d.firstAged(); i >= 0 && ends", "	if i := d.firstAged(); i >= 0 && i != 0 && ends"),
		once("a mark to be aged out is for versions beyond those it names, too", "background.go",
			" && i <= d.indexOf(m.aging.newest) {", " {"),
		once("the same token with other content is accepted", "update.go",
			"	if !stored.Equal(value) {\n		return s.errTokenInUse(id)\n	}\n", ""),
		once("the same token with the same content is refused", "update.go", "	if !stored.Equal(value) {\n", "	if true {\n"),
		once("a primary is deleted in spite of its replicas", "operation.go",
			"{RuleForceSucceeds, RuleAllowed, RuleOnlyByForce, RuleForceNoEffect, RuleReplica, RuleHasReplicas}",
			"{RuleForceSucceeds, RuleAllowed, RuleOnlyByForce, RuleForceNoEffect, RuleReplica, RuleAllowed}"),
		once("a replica is deleted by DeleteSecret", "operation.go",
			"{RuleForceSucceeds, RuleAllowed, RuleOnlyByForce, RuleForceNoEffect, RuleReplica, RuleHasReplicas}",
			"{RuleForceSucceeds, RuleAllowed, RuleOnlyByForce, RuleForceNoEffect, RuleAllowed, RuleHasReplicas}"),
		once("a replica survives RemoveRegionsFromReplication", "replica.go", "		if there[r].isReplicaFrom(s) && ",
			"		if false && there[r].isReplicaFrom(s) && "),
		once("a promoted replica stays with its primary", "replica.go", "s.isReplicaFrom(primary) && primary",
			"false && primary"),
		once("a replica takes writes", "operation.go",
			"primary  = [...]Rule{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleReplica, RuleAllowed}",
			"primary  = [...]Rule{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleAllowed, RuleAllowed}"),
		once("replication overwrites a scheduled secret", "replica.go",
			"phase == PhaseActive && r.overwrite:", "r.overwrite:"),
		once("replication overwrites without being told", "replica.go",
			"phase == PhaseActive && r.overwrite:", "phase == PhaseActive:"),
		once("a replica shows the date of its own last update", "replica.go",
			"	d.changed = max(d.changed, s.d.changed)\n", "	d.noteChange(now)\n"),
		once("the default key is not shown where it was given by its name", "update.go", "d.encrypt(*u.KMSKeyID)",
			"d.encrypt(strings.TrimPrefix(*u.KMSKeyID, defaultKeyAlias))"),
		once("a change of the primary does not reach its replica", "change.go", "	d.replicate(instant(at.Time))\n", ""),
		once("reading a value moves LastChangedDate", "update.go",
			"	d := s.touch()\n	v.accessed = today\n", "	d := s.edit(instant(at.Time))\n	v.accessed = today\n"),
		once("a policy is gone after RestoreSecret", "lifecycle.go", "	d.deletion = nil\n",
			"	d.deletion = nil\n	if d.more != nil {\n		d.attributes().policy = \"\"\n	}\n"),
		once("DescribeSecret hides the DeletedDate", "manager_describe.go", "orZero(s.Deletion().DeletedDate())",
			"orZero(s.CreatedDate(), false)"),
		once("DescribeSecret shows the DeletionDate as DeletedDate", "manager_describe.go",
			"orZero(s.Deletion().DeletedDate())", "orZero(s.Deletion().Date())"),
		once("a password must have a space if it may have one", "internal/password/password.go",
			"	all = strings.Join(kinds, \"\")\n	if r.Kinds.Space {\n",
			"	all = strings.Join(kinds, \"\")\n	if r.Kinds.Space {\n		kinds = append(kinds, space)\n"),
		once("tags of AWS services can be given", "attributes.go", "strings.HasPrefix(key, systemTag) {",
			"strings.HasPrefix(key, \"no \"+systemTag) {"),
		once("the tags of a secret of an AWS service can be changed", "lifecycle.go", "	if s.OwningService() != \"\" {\n",
			"	if false {\n"),
		once("a secret of an AWS service does not say so by a tag", "lifecycle.go", "		if owner != \"\" {\n",
			"		if false {\n"),
		once("a policy is shown as it was written", "attributes.go", "policy.Print(document)", "document"),
		once("a filter without values matches nothing", "problems.go", "		case n == 0 && x.Key != \"\":\n",
			"		case false:\n"),
	}, rotationFaults())
}

// forgottenBlocks are operations that work on secrets scheduled for deletion as
// on others: one wrong implementation for each that must not.
func forgottenBlocks() []fault {
	rows := map[string]string{"primary": "RuleReplica", "ordinary": "RuleAllowed"}
	var out []fault
	for _, x := range []struct{ op, row string }{
		{"CancelRotateSecret", "primary"}, {"DeleteResourcePolicy", "primary"}, {"GetResourcePolicy", "ordinary"},
		{"GetSecretValue", "ordinary"},
		{"PutResourcePolicy", "primary"}, {"PutSecretValue", "primary"}, {"RemoveRegionsFromReplication", "primary"},
		{"ReplicateSecretToRegions", "primary"},
		{"RotateSecret", "primary"}, {"TagResource", "primary"}, {"UntagResource", "primary"}, {"UpdateSecretVersionStage",
			"primary"},
	} {
		access := "false"
		if strings.HasPrefix(x.op, "Get") {
			access = "true"
		}
		out = append(out, fault{
			name: x.op + " forgets the block",
			file: "operation.go",
			old:  fmt.Sprintf("{%q, %s, %s}", x.op, access, x.row),
			new: fmt.Sprintf("{%q, %s, [...]Rule{RuleNotFound, RuleAllowed, RuleAllowed, RuleAllowed, %s, RuleAllowed}}",
				x.op, access, rows[x.row]),
		})
	}
	return append(out, fault{
		name: "UpdateSecret forgets the block", file: "operation.go",
		old: "{RuleNotFound, RuleAllowed, RuleMarked, RuleMarked, RuleOnlyKMSKey, RuleAllowed}",
		new: "{RuleNotFound, RuleAllowed, RuleAllowed, RuleAllowed, RuleOnlyKMSKey, RuleAllowed}",
	})
}
