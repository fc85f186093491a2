package main

// rotationFaults are wrong implementations of rotation.
func rotationFaults() []fault {
	return append(rotationFaultsOfTries(), []fault{
		{
			name: "a rotation begins while the secret is scheduled for deletion",
			file: "background.go", old: "		return at, WorkPurge, true\n", new: "		if due, ok := s.rotationDue(); ok && due.Before(at) {\n			return due, WorkRotate, true\n		}\n		return at, WorkPurge, true\n",
			also: []edit{
				{"rotation.go", "!ok || at.After(now) || s.Deletion().Scheduled() {", "!ok || at.After(now) {"},
				{"purger_rotate.go", "now != try || s.Deletion().Scheduled() {", "now != try {"},
				{"rotation.go", "try.VersionID || s.Deletion().Scheduled() {", "try.VersionID {"},
			},
		},
		once("RestoreSecret drops the rotation rules", "lifecycle.go", "	d.deletion = Deletion{}\n", "	d.deletion = Deletion{}\n	if old := s.attrs().rotation; old != nil {\n		r := *old\n		r.rules = RotationRules{}\n		d.attributes().rotation = &r\n	}\n"),
		once("CancelRotateSecret leaves rotation enabled", "rotation.go", "r.enabled, r.run, r.window = false,", "r.enabled, r.run, r.window = true,"),
		once("CancelRotateSecret takes AWSPENDING off the rotation's version", "rotation.go", "	d.attributes().rotation = &r\n	d.replicate(now)\n", "	d.attributes().rotation = &r\n	if !version.IsZero() {\n		d.detach(StagePending)\n	}\n	d.replicate(now)\n"),
		once("RotateSecret is accepted while a rotation goes on", "rotation.go", "	if s.pendingElsewhere() || s.run() != nil {\n", "	if s.pendingElsewhere() {\n"),
		once("RotateSecret takes AWSPENDING from another version", "rotation.go", "	if s.pendingElsewhere() || s.run() != nil {\n", "	if s.run() != nil {\n"),
		once("RotateSecret forgets the rotation rules it was not given", "rotation.go", "	if o.Rules != nil {\n		r.rules", "	if r.rules = (RotationRules{}); o.Rules != nil {\n		r.rules"),
		once("rotation windows open at the time of day of the last rotation", "internal/schedule/schedule.go", "midnight(after).Add(time.Duration(t.days) * day)", "after.Add(time.Duration(t.days) * day)"),
		once("rotation windows go on over midnight", "internal/schedule/schedule.go", "closes.After(bound) {", "false {"),
		once("NextRotationDate is when the rotation window opens", "rotation.go", "out.NextRotationDate, _ = r.window.closes.get()", "out.NextRotationDate, _ = r.window.opens.get()"),
		once("the next rotation is counted from the first try", "rotation.go", "	if err := r.schedule(now, cron); err != nil {\n		return err\n	}\n	if r.rules", "	if r.rules"),
		once("a value written by hand does not count as a rotation", "rotation.go", "		r.window = nextWindow(t, now)\n	}\n	d.attr", "		_ = t\n	}\n	d.attr"),
		once("a value written by hand moves LastRotatedDate", "rotation.go", "	r := *d.more.rotation\n", "	r := *d.more.rotation\n	r.last = momentOf(now)\n"),
		once("a rotation goes on after a value was written by hand", "rotation.go", "		r.run = rotationRun{}\n	}\n	if t,", "	}\n	if t,"),
		once("an abandoned rotation is not told", "update.go", "	if abandoned {\n", "	if abandoned && false {\n"),
		once("AWSPENDING stays on the version of an abandoned rotation", "rotation.go", "			d.detach(StagePending)\n			abandoned = true\n", "			abandoned = true\n"),
		once("a version that a rotation reserved can be read", "update.go", "	if s.data().indexOf(id) < 0 || s.Reserved(id) {\n", "	if s.data().indexOf(id) < 0 {\n"),
		once("a version that a rotation reserved can become AWSCURRENT", "update.go", "!ok || label == StageCurrent && s.Reserved(to) {", "!ok {"),
		once("a version that a rotation reserved stays in the state when it ages", "staging.go", "	m.reserved = slices.DeleteFunc(m.reserved, func(id VersionID) bool { return d.indexOf(id) < 0 })\n", ""),
		once("a version that a rotation reserved displaces an older one", "staging.go", "		n -= len(d.more.reserved)\n", ""),
		once("a replica is rotated like its primary", "replica.go", "		policy:      m.policy,\n", "		policy:      m.policy,\n		rotation:    m.rotation,\n"),
		once("DescribeSecret shows LastRotatedDate while rotation is off", "manager_describe.go", "r.Enabled && !r.LastRotatedDate.IsZero()", "!r.LastRotatedDate.IsZero()"),
	}...)
}

// rotationFaultsOfTries are those of what the background does.
func rotationFaultsOfTries() []fault {
	return []fault{
		once("the beginning of a rotation takes no lease", "rotation.go", "	r.run.due = momentOf(now.Add(rotationPause))\n", ""),
		once("a rotation that failed makes another version when it is tried again", "rotation.go", "	case s.run() != nil:\n	case s.pendingElsewhere() ||", "	case s.run() != nil && s.run().tries == 0:\n	case s.run() == nil && s.pendingElsewhere() ||"),
		once("a rotation is tried again every hour for ever", "rotation.go", "		if r.run.tries >= rotationTries {\n", "		if false {\n"),
		once("a rotation that failed waits for the next window", "rotation.go", "		if r.run.tries >= rotationTries {\n", "		if true {\n"),
		once("a rotation that did not move AWSCURRENT succeeds", "rotation.go", "failure == \"\" && current != try.VersionID {", "false && current != try.VersionID {"),
		once("AWSPENDING is taken off after a rotation", "rotation.go", "	c = s.change(d)\n	e := event(rotationSucceeded", "	d.detach(StagePending)\n	c = s.change(d)\n	e := event(rotationSucceeded"),
		once("a successful rotation is not told", "rotation.go", "	e := event(rotationSucceeded, d, now)\n	e.version = try.VersionID\n	c.add(e)\n", ""),
		once("a rotation that failed is told in the words of its function", "purger_rotate.go", "return textStepFailed + string(request.Step) + \".\", nil", "return err.Error(), nil"),
		once("the test of a rotation goes through all steps and moves AWSCURRENT", "purger_rotate.go", "	if t.Test {\n", "	if false {\n"),
		once("the version of a rotation's test stays", "rotation.go", "	if s.Reserved(id) {\n", "	if false {\n"),
		once("labels stay on the version of a rotation's test, which goes", "rotation.go", "		d.stages = slices.DeleteFunc(slices.Clone(d.stages), func(x staged) bool { return x.version == id })\n", ""),
		once("the end of a rotation's test leaves LastChangedDate", "rotation.go", "	d.noteChange(now)\n	id := r.run.version\n", "	id := r.run.version\n"),
		once("a rotation's steps go on after the secret was deleted", "purger_rotate.go", "now != try || s.Deletion().Scheduled() {", "now != try {"),
		once("a rotation's steps go on after it was cancelled", "purger_rotate.go", "!ok || now != try ||", "ok && now != try ||"),
		once("the end of a rotation is noted on a secret that was deleted meanwhile", "rotation.go", "try.VersionID || s.Deletion().Scheduled() {", "try.VersionID {"),
		once("a new version that a rotation makes does not reach the replicas", "rotation.go", "		d.reserve(fresh, now)\n		d.replicate(now)\n", "		d.reserve(fresh, now)\n"),
		once("work that others made due while a rotation ran is left", "purger_rotate.go", "	if errors.Is(err, ErrNotDue) || errors.Is(err, ErrSecretNotFound) {\n		// Another caller", "	if false {\n		// Another caller"),
		once("a rotation takes place when its window closes", "rotation.go", "	due := r.window.opens\n", "	due := r.window.closes\n"),
	}
}
