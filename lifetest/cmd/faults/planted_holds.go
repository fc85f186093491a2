package main

// holdFaults are mistakes about holds and protection.
func holdFaults() []fault {
	const (
		refusesHeld   = "	if err := s.admitDestruction(at); err != nil {\n		return Change{}, err\n	}\n"
		heldIsNotDue  = "		if !ends {\n			return time.Time{}, 0, false\n		}\n"
		endOfHold     = "	return max(c.due.time().Sub(instant(at.Time)), at.Tally.missing(c.count))\n"
		leftOfHolds   = "	held := s.guard().heldFor(at)\n"
		placed        = "	d.guardWith(append(holds, placed))\n"
		pendingStays  = "	if !old.final(at) && old.lock < next.lock {\n"
		samePrincipal = `at.Principal == "" || holds[i].by == "" || at.Principal == holds[i].by`
	)
	return []fault{
		once("a hold refuses no deletion", "lifecycle.go", refusesHeld, ""),
		once("force ignores a hold", "lifecycle.go", refusesHeld,
			"	if err := s.admitDestruction(at); err != nil && !mode.force {\n		return Change{}, err\n	}\n"),
		// Each of the two checks by itself hides that the other is wrong.
		{
			name: "a scheduled secret is purged in spite of a hold",
			file: "background.go", old: heldIsNotDue, new: "",
			also: []edit{{
				"lifecycle.go", leftOfHolds + "	if c := s.Deletion()", "	held := time.Duration(0)\n	if c := s.Deletion()",
			}},
		},
		once("a held secret can't be restored after its date", "lifecycle.go", " || s.guard().heldFor(at) > 0)", ")"),
		once("RestoreSecret takes the holds off", "lifecycle.go", "	d.deletion = nil\n",
			"	d.deletion = nil\n	d.guardWith(nil)\n"),
		once("releasing a hold puts the purge off", "hold.go", "	d.guardWith(holds)\n",
			"	d.guardWith(holds)\n	if d.deletion != nil {\n		del := *d.deletion\n		"+
				"del.purgeAt = max(del.purgeAt, momentOf(at.Time.Add(windowDay)))\n		d.deletion = &del\n	}\n"),
		once("a replica that has a hold is removed", "replica.go", "		if there[r].isReplicaFrom(s) {\n			if err :=",
			"		if there[r].isReplicaFrom(s) && there[r].IsZero() {\n			if err :="),
		once("a secret that has a hold is overwritten by a replica", "replica.go",
			"	case phase == PhaseActive && r.overwrite && len(holds) > 0:\n",
			"	case phase == PhaseActive && r.overwrite && len(holds) > 1<<20:\n"),
		once("a protected secret is overwritten by a replica", "replica.go",
			"r.overwrite && there.limits(at).refuses(Force()):", "r.overwrite && there.IsZero():"),
		once("a replica loses its holds when its primary changes", "replica.go", "		guard:       old.guard,\n", ""),
		once("a replica that has a hold loses the versions that its primary loses", "replica.go",
			"mine && there.guard().heldFor(at) > 0)", "false)"),
		{
			name: "versions of a secret that has a hold age",
			file: "background.go", old: "i >= 0 && ends && ageing {", new: "i >= 0 && ageing {",
			also: []edit{
				{"background.go", leftOfHolds + "	mark :=", "	held := time.Duration(0)\n	mark :="},
			},
		},
		once("a hold ends when the clock says so", "tally.go", endOfHold, "	return c.due.time().Sub(instant(at.Time))\n"),
		once("a hold ends before its date, when its time is counted", "tally.go", endOfHold,
			"	return at.Tally.missing(c.count)\n"),
		once("a hold ends a millisecond early", "hold.go", "return h.left(at) <= 0 })", "return h.left(at) <= tick })"),
		once("a released hold keeps nothing before its release takes effect", "hold.go",
			"return h.left(at) <= 0 })", "return h.left(at) <= 0 || h.release != (countdown{}) })"),
		once("a release takes effect at once", "hold.go", "	case delay == 0:\n", "	case delay >= 0:\n"),
		once("a release that is repeated begins anew", "hold.go",
			"	case holds[i].release != (countdown{}):\n		return Change{}, nil\n", ""),
		once("the principal that placed a hold releases it", "hold.go", samePrincipal,
			`at.Principal == "" || holds[i].by == ""`),
		once("an unknown principal places a hold that another must release", "hold.go",
			"	if byAnother && at.Principal == \"\" {\n", "	if byAnother && s.IsZero() {\n"),
		once("an unknown principal releases a hold", "hold.go", samePrincipal, "at.Principal == holds[i].by"),
		once("a hold takes the place of another of its name", "hold.go",
			"	if i := holdNamed(holds, h.Name); i >= 0 {",
			"	if i := holdNamed(holds, h.Name); i >= 0 && holds[i].repeats(placed) {"),
		once("a hold is placed without an event", "hold.go",
			placed+"	c := s.change(d)\n	c.add(eventOf(OpPlaceHold, d, &at))\n",
			placed+"	c := s.change(d)\n"),
		once("a hold moves LastChangedDate", "hold.go", "	d := s.touch()\n"+placed, "	d := s.edit(now)\n"+placed),
		once("force deletes a protected secret", "phase.go", "		return l.noForce || l.window > 0\n", "		return l.window > 0\n"),
		once("force is no window below the shortest", "phase.go", "		return l.noForce || l.window > 0\n",
			"		return l.noForce\n"),
		once("a window below the shortest is accepted", "phase.go",
			"	return mode.Window() < time.Duration(l.window)*windowDay\n",
			"	return mode.Window() < time.Duration(l.window-1)*windowDay\n"),
		once("a final protection is lowered", "hold.go", "	case next.with(next.floor) != next.limits:\n",
			"	case next.with(next.floor) != next.limits && !old.final(at):\n"),
		once("a protection is final an hour early", "phase.go", "at.Tally.missing(p.cooling) <= 0",
			"at.Tally.missing(p.cooling) <= time.Hour"),
		once("a protection is never final while the clock stands", "phase.go", " || at.Tally.missing(p.cooling) <= 0", ""),
		once("a change puts off when a protection is final", "hold.go", pendingStays, "	if false && !old.final(at) {\n"),
		once("the protection of a scheduled secret is lowered", "hold.go",
			"	case next.with(old.limits) != next.limits && s.Deletion().Scheduled():\n",
			"	case next.with(old.limits) != next.limits && s.Deletion().Forced():\n"),
		once("a secret loses the protection that it was created with", "lifecycle.go", "	d.protectNew(at)\n", ""),
		once("a new replica has no protection", "replica.go", "	if !mine {\n		d.protectNew(at)\n	}\n", ""),
	}
}
