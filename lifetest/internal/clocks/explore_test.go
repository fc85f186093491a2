// Package clocks_test looks for a way in which wrong clocks, restarts, reboots and pauses
// make counted time run ahead of true time.
package clocks_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"hash/maphash"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife/internal/tally"
	"github.com/secretlife-go/secretlife/lifetest/internal/testrun"
)

var (
	exploreTicks   = flag.Int("explore.ticks", 4, "how many strides of time pass in explored histories")
	exploreBeats   = flag.Int("explore.beats", 3, "how many beats there are in explored histories")
	exploreReboots = flag.Int("explore.reboots", 1, "how many reboots there are in explored histories")
)

// tick is the unit of time of the explorer: one stride.
var tick = tally.Real().Stride

// rules are the real ones. Time without proof never counts, so no gap is kept for it.
var rules = func() tally.Rules {
	r := tally.Real()
	r.Unproven = math.MaxInt64
	return r
}()

// host is a machine whose clocks go on, or stall. A wall clock can only limit what is
// counted, so it goes on with the elapsed one.
type host struct {
	boot    int8
	elapsed int8 // since the boot
	wall    int8
}

func (h host) reading(i int) tally.Reading {
	return tally.Reading{
		Boot:    fmt.Sprint(i, ".", h.boot),
		Elapsed: time.Duration(h.elapsed) * tick,
		Wall:    time.Unix(0, 0).Add(time.Duration(h.wall) * tick),
	}
}

// process counts time on one host: it looks at the tally and then at its clock, and swaps
// the tally later. That a process pauses between the two looks changes nothing: if the
// tally changes in between its swap fails, and if not it could look at both at the later
// time.
type process struct {
	head    *tally.Tally // that it knows; nil for none
	seen    tally.Reading
	now     *tally.Reading // nil after a beat
	headNew bool           // it looked at head after the request
	beatNew bool           // it made a beat of a clock that it read after the request
}

// world is one state of the explorer.
type world struct {
	hosts     [2]host
	processes [2]process
	tally     tally.Tally
	request   int8 // ticks since the request; -1 before
	stamp     *tally.Stamp
	ticks     int8
	beats     int8
	reboots   int8
}

// design is a way of counting: the library's, or one with a mistake.
type design struct {
	name       string
	rules      tally.Rules
	margin     bool // stamps without a beat of one's own are exact
	early      bool // the tally may be read before the request
	overwrite  bool // swaps don't compare
	clockFirst bool // the clock is read before the tally
	allGaps    bool // gaps count for deletions after them
	oneStride  bool // stamps lie one stride ahead
	oneBeat    bool // stamps lie one beat ahead
	staleBeat  bool // a stamp is exact after a beat of a clock that was read before the request
	otherBoot  bool // readings of another boot are subtracted
}

// explorer goes through all histories, depth first.
type explorer struct {
	design
	ticks, beats, reboots int8
	visited               map[uint64]struct{}
	hash                  maphash.Hash
	path                  []string
	early                 []string // the path to a deletion that is older than it is
}

func (x *explorer) explore(w world) {
	if x.early != nil || !x.visit(&w) {
		return
	}
	if w.stamp != nil {
		if age, most := w.tally.Age(*w.stamp), time.Duration(w.request)*tick; age > most {
			x.early = append(append([]string{}, x.path...), fmt.Sprintf("it is %v old after %v", age, most))
			return
		}
	}
	x.pass(w)
	for i := range w.processes {
		x.count(w, i)
	}
	x.delete(w)
}

func (x *explorer) step(w world, format string, args ...any) {
	x.path = append(x.path, fmt.Sprintf(format, args...))
	x.explore(w)
	x.path = x.path[:len(x.path)-1]
}

// pass lets a tick pass on both hosts' clocks, on one, or on none.
func (x *explorer) pass(w world) {
	if w.ticks == x.ticks {
		return
	}
	w.ticks++
	if w.request >= 0 {
		w.request++
	}
	for stalled := range 4 {
		n := w
		for i := range n.hosts {
			if stalled>>i&1 == 0 {
				n.hosts[i].elapsed++
				n.hosts[i].wall++
			}
		}
		x.step(n, "a tick; stalled clocks: %02b", stalled)
	}
}

// count takes the steps of one process and its host.
func (x *explorer) count(w world, i int) {
	p := w.processes[i]
	x.step(x.look(w, i), "process %d looks at the tally and its clock", i)
	if x.clockFirst && p.head != nil && p.head.N() == w.tally.N() {
		n := w
		now := w.hosts[i].reading(i)
		n.processes[i].now = &now // and the tally that it knows may be replaced before it swaps
		x.step(n, "process %d looks at its clock only", i)
	}
	if p.now != nil && w.beats < x.beats {
		x.step(x.beat(w, i), "process %d makes a beat", i)
	}
	if p != (process{}) {
		n := w
		n.processes[i] = process{}
		x.step(n, "process %d restarts", i)
	}
	if w.reboots < x.reboots {
		n := w
		n.reboots++
		n.processes[i] = process{}
		n.hosts[i].boot++
		n.hosts[i].elapsed = 0
		x.step(n, "host %d reboots", i)
	}
}

func (x *explorer) look(w world, i int) world {
	p := w.processes[i]
	now := w.hosts[i].reading(i)
	if x.clockFirst && p.now != nil {
		now = *p.now
	}
	if p.head == nil || p.head.N() != w.tally.N() || p.seen.Boot != now.Boot {
		t := w.tally
		p.head, p.seen = &t, now
	}
	p.now, p.headNew = &now, w.request >= 0
	w.processes[i] = p
	return w
}

func (x *explorer) beat(w world, i int) world {
	p := w.processes[i]
	if p.head.N() != w.tally.N() && !x.overwrite {
		p.now = nil // another process was faster
		w.processes[i] = p
		return w
	}
	seen := p.seen
	if x.otherBoot {
		seen.Boot = p.now.Boot
	}
	next := p.head.Beat(x.rules, seen, *p.now, math.MaxInt64, uint64(w.beats)+1)
	w.tally = next
	w.beats++
	p.head, p.seen = &next, *p.now
	p.beatNew = p.beatNew || p.headNew || x.staleBeat && w.request >= 0
	p.now, p.headNew = nil, false
	w.processes[i] = p
	return w
}

// delete takes the steps of DeleteSecret in the second process.
func (x *explorer) delete(w world) {
	if w.request < 0 {
		n := w
		n.request = 0
		x.step(n, "DeleteSecret begins")
		return
	}
	p := w.processes[1]
	if w.stamp != nil || p.head == nil {
		return
	}
	keep := func(stamp tally.Stamp, how string) {
		if x.allGaps {
			stamp.N = 0
		}
		n := w
		n.stamp = &stamp
		x.step(n, "DeleteSecret keeps %s stamp", how)
	}
	if p.headNew || x.design.early {
		stamp := p.head.Stamp(rules, x.margin)
		if x.oneStride {
			stamp.From -= rules.Stride
		}
		if x.oneBeat {
			stamp.N--
		}
		keep(stamp, "a")
	}
	if p.beatNew && p.headNew {
		keep(p.head.Stamp(rules, true), "an exact")
	}
}

// forget drops what has no effect any more: a process that knows an older tally can only
// stamp with it, and has to look again before a beat.
func (p *process) forget(t tally.Tally, keep bool) {
	if p.head == nil || p.head.N() == t.N() || keep {
		return
	}
	p.seen, p.now = tally.Reading{}, nil
	if !p.headNew {
		p.head = nil
	}
}

// visit reports whether a state is new. States are the same if they differ only in what
// can have no effect: in instants as long as their differences are the same.
func (x *explorer) visit(w *world) bool {
	var b []byte
	put := func(v ...int64) {
		for _, v := range v {
			b = binary.AppendVarint(b, v)
		}
	}
	ticks := func(d time.Duration) int64 { return int64(d / tick) }
	relative := func(i int, r *tally.Reading) {
		now := w.hosts[i].reading(i)
		switch {
		case r == nil || r.Boot == "":
			put(-1)
		case r.Boot != now.Boot:
			put(-2)
		default:
			put(ticks(now.Elapsed-r.Elapsed), ticks(now.Wall.Sub(r.Wall)))
		}
	}
	known := func(t *tally.Tally) {
		if t == nil {
			put(-1)
			return
		}
		put(int64(w.tally.N() - t.N()))
		if x.overwrite {
			put(ticks(w.tally.Count() - t.Count()))
		}
	}
	for i := range w.processes {
		w.processes[i].forget(w.tally, x.overwrite || x.clockFirst)
	}
	put(int64(w.request), int64(w.ticks), int64(w.beats), int64(w.reboots))
	for i := range w.hosts {
		since, same := w.tally.Since(w.hosts[i].reading(i))
		put(ticks(since), flagBit(same))
		p := &w.processes[i]
		known(p.head)
		relative(i, &p.seen)
		relative(i, p.now)
		put(flagBit(p.headNew) | flagBit(p.beatNew)<<1)
	}
	for _, g := range w.tally.Gaps() {
		put(int64(w.tally.N()-g.N), ticks(g.Length))
	}
	put(-1)
	if w.stamp != nil {
		put(ticks(w.tally.Count()-w.stamp.From), int64(w.tally.N())-int64(w.stamp.N))
	}
	x.hash.Reset()
	_, _ = x.hash.Write(b)
	sum := x.hash.Sum64()
	if _, ok := x.visited[sum]; ok {
		return false
	}
	x.visited[sum] = struct{}{}
	return true
}

func flagBit(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

func run(d design, ticks, beats, reboots int) *explorer {
	x := &explorer{
		design: d, ticks: int8(ticks), beats: int8(beats), reboots: int8(reboots), visited: map[uint64]struct{}{},
	}
	w := world{request: -1}
	w.tally = tally.First(tally.ID{1}, tally.Reading{Boot: "long ago", Wall: time.Unix(0, 0)}, 1)
	x.explore(w)
	return x
}

// TestNoInterleavingIsEarly goes through all histories of two machines whose clocks may
// stall, with processes that may pause or restart between any two steps, and a reboot. No
// deletion may be older by count than it is.
func TestNoInterleavingIsEarly(t *testing.T) {
	ticks := *exploreTicks
	if testrun.UnderRace {
		ticks = min(ticks, 3)
	}
	x := run(design{rules: rules}, ticks, *exploreBeats, *exploreReboots)
	t.Logf("%d ticks, %d beats, %d reboots: %d states", ticks, *exploreBeats, *exploreReboots, len(x.visited))
	require.Empty(t, x.early)
}

// TestMistakesAreEarly finds a history for each of several mistakes.
func TestMistakesAreEarly(t *testing.T) {
	long := rules
	long.Stride = 100 * tick
	for _, d := range []design{
		{name: "a stamp without margin", margin: true},
		{name: "a margin of one stride", oneStride: true},
		{name: "gaps count from the next beat on", oneBeat: true},
		{name: "the tally is read before the request", early: true, margin: true},
		{name: "a stamp is exact after a beat of an older clock", staleBeat: true},
		{name: "swaps don't compare", overwrite: true},
		{name: "the clock is read before the tally", clockFirst: true},
		{name: "gaps count for later deletions", allGaps: true},
		{name: "long strides go into the count", rules: long},
	} {
		t.Run(d.name, func(t *testing.T) {
			if d.rules == (tally.Rules{}) {
				d.rules = rules
			}
			x := run(d, 4, 4, 1)
			require.NotEmpty(t, x.early, "nothing early in %d states", len(x.visited))
			t.Logf("%d states: %q", len(x.visited), x.early)
		})
	}
}
