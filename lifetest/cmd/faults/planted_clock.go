package main

// clockFault is a wrong way of counting time. Simulations look for it.
func clockFault(name, file, old, new string) fault {
	return fault{name: name, file: file, old: old, new: new, simulated: true}
}

const (
	tallyFile = "internal/tally/tally.go"
	beatFile  = "internal/tally/beat.go"
	gapFile   = "internal/tally/gap.go"
)

// clockFaults are wrong ways of counting time, each of which purges a secret, or removes
// a version, too early, or refuses to restore one.
func clockFaults() []fault {
	return []fault{
		clockFault("time is counted by the wall clock", beatFile,
			"since = min(since, wall, store)", "since = max(wall, min(since, store))"),
		clockFault("readings of two boots are subtracted", tallyFile,
			"t.IsZero() || t.boot != r.Boot || r.Elapsed < t.elapsed", "t.IsZero() || r.Elapsed < t.elapsed"),
		clockFault("a long stride goes into the count", beatFile, "case passed <= r.Stride:", "case passed >= 0:"),
		clockFault("time without proof counts", gapFile, "case g.Proof == ProofNone, t.Pending(g) > 0:",
			"case t.Pending(g) > 0:"),
		clockFault("a new process counts what its wall clock says", beatFile,
			"From: before.wall, To: seen.Wall, Length: lost}",
			"From: before.wall, To: seen.Wall, Length: lost, Proof: ProofBoot}"),
		clockFault("merged gaps are placed after the later beat", gapFile,
			"		t.gaps[last].To = g.To\n", "		t.gaps[last].To, t.gaps[last].N = g.To, g.N\n"),
		clockFault("gaps count for later deletions", tallyFile,
			"	age := t.count - s.From\n	for i := len(t.gaps) - 1; i >= 0 && t.gaps[i].N >= s.N; i-- {",
			"	age := t.count - s.From\n	for i := len(t.gaps) - 1; i >= 0; i-- {"),
		clockFault("a stamp without margin", tallyFile, "if exact || t.virtual {", "if exact || !exact {"),
		clockFault("a stamp with a margin of one beat", tallyFile, "N: t.n + 2}", "N: t.n + 1}"),
		clockFault("a process stamps as if it counted alone", "counter.go",
			"same && !s.durable // no other", "same // no other"),
		clockFault("the tally is swapped without comparing", "counter.go",
			"	err := c.store.SwapNote(ctx, tallyNote, old, next)\n",
			"	note, err := c.store.Note(ctx, tallyNote)\n	if err == nil {\n"+
				"		err = c.store.SwapNote(ctx, tallyNote, note.Value, next)\n	}\n"),
		clockFault("the clock is read before the tally", "counter.go",
			"	note, err := c.note(ctx)\n	if err != nil {\n		return sighting{}, fmt.Errorf(\"reading the tally: %w\", err)\n	}\n"+
				"	now := c.read(note)\n",
			"	now := c.read(Note{Durable: true})\n	note, err := c.note(ctx)\n	if err != nil {\n"+
				"		return sighting{}, fmt.Errorf(\"reading the tally: %w\", err)\n	}\n"),
		clockFault("a purge goes by its date only", "lifecycle.go",
			"		return max(held, at.Tally.missing(c))\n", "		return max(held, 0*at.Tally.missing(c))\n"),
		clockFault("the age of a deletion begins at the first beat", "tally.go",
			"	return a.stamp\n", "	return tally.Stamp{Tally: a.stamp.Tally}\n"),
		clockFault("versions age by their date only", "background.go",
			"	return max(held, at.Tally.missing(mark.count))\n", "	return max(held, 0*at.Tally.missing(mark.count))\n"),
		clockFault("restoring is refused from the date on, whatever was counted", "lifecycle.go",
			"rule == RuleWindowOver && (!at.Tally.spent(s.Deletion()) ||",
			"rule == RuleWindowOver && (!at.Tally.spent(s.Deletion()) && false ||"),
		clockFault("the end of a hold goes by its date only", "tally.go",
			"	return max(c.due.time().Sub(instant(at.Time)), at.Tally.missing(c.count))\n",
			"	return c.due.time().Sub(instant(at.Time))\n"),
	}
}
