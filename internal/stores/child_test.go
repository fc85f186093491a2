package stores_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
)

// The test binary is also the process that is killed: these say so, and what it
// is to do.
const (
	childDir  = "STORES_CHILD_DIR"
	childSeed = "STORES_CHILD_SEED"
	childStop = "STORES_CHILD_STOP" // the point at which it kills itself, if any
)

// workers is how many goroutines of the child work, each on one name.
const workers = 8

func workerName(i int) string { return fmt.Sprint("worker-", i) }

// child works on the store until it is killed. What a worker is about to do it
// says before, and that it was acknowledged after:
//
//	3 try active 17
//	3 done
//
// The words are the state the secret will be in, and the number in its value.
func child() error {
	if stop := os.Getenv(childStop); stop != "" {
		n, err := strconv.ParseInt(stop, 10, 64)
		if err != nil {
			return err
		}
		points := 0
		spy.set(func() error {
			if points++; points > int(n) {
				return killSelf()
			}
			return nil
		})
		return childOnce(files{os.Getenv(childDir)})
	}
	f := files{os.Getenv(childDir)}
	s, err := f.try()
	if err != nil {
		return err
	}
	seed, err := strconv.ParseUint(os.Getenv(childSeed), 10, 64)
	if err != nil {
		return err
	}
	var said sync.Mutex
	say := func(line string) error {
		said.Lock()
		defer said.Unlock()
		_, err := fmt.Println(line)
		return err
	}
	failed := make(chan error)
	for i := range workers {
		w := &worker{store: s, say: say, id: i, rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		go func() { failed <- w.run(1 << 30) }()
	}
	return <-failed
}

// killSelf ends the process as kill -9 does, and does not return.
func killSelf() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err == nil {
		select {}
	}
	return err
}

// childOnce does a fixed list of things and ends.
func childOnce(f files) error {
	s, err := openSQLite("sqlite-spied", f.db(), f.master())
	if err != nil {
		return err
	}
	say := func(line string) error { _, err := fmt.Println(line); return err }
	w := &worker{store: s, say: say, rand: rand.New(rand.NewPCG(1, 1))}
	if err := w.load(); err != nil {
		return err
	}
	for _, action := range []string{"create", "put", "delete", "restore", "delete", "purge", "create", "put",
		"delete", "claim"} {
		if err := w.do(action); err != nil {
			return err
		}
		if action == "restore" || action == "purge" || action == "claim" {
			if err := s.Scrub(ctx); err != nil {
				return err
			}
		}
	}
	return s.Close()
}

// worker changes one secret.
type worker struct {
	store interface {
		secretlife.Store
		Scrub(ctx context.Context) error
	}
	say    func(string) error
	id     int
	rand   *rand.Rand
	secret secretlife.Secret // zero if it has no secret
	number int               // the last one that was in a value
}

// load finds the state the last child left.
func (w *worker) load() error {
	s, number, err := look(w.store, w.id)
	w.secret, w.number = s, number
	return err
}

// look reads a worker's secret and the number in its value.
func look(store secretlife.Store, id int) (secretlife.Secret, int, error) {
	s, err := store.Load(ctx, workerKey(id))
	if errors.Is(err, secretlife.ErrSecretNotFound) {
		return secretlife.Secret{}, 0, nil
	}
	if err != nil {
		return secretlife.Secret{}, 0, err
	}
	current, ok := s.Staged(secretlife.StageCurrent)
	if !ok {
		return secretlife.Secret{}, 0, errors.New("no version is AWSCURRENT")
	}
	v, err := store.Value(ctx, s.Key(), s.Incarnation(), current)
	if err != nil {
		return secretlife.Secret{}, 0, err
	}
	number, err := strconv.Atoi(v.Reveal())
	return s, number, err
}

func workerKey(id int) secretlife.Key {
	account, err1 := secretlife.ParseAccount("123456789012")
	region, err2 := secretlife.ParseRegion("us-east-1")
	name, err3 := secretlife.ParseName(workerName(id))
	if err := errors.Join(err1, err2, err3); err != nil {
		panic(err)
	}
	return secretlife.Key{Account: account, Region: region, Name: name}
}

func (w *worker) run(most int) error {
	if err := w.load(); err != nil {
		return err
	}
	for range most {
		var actions []string
		switch {
		case w.secret.IsZero():
			actions = []string{"create"}
		case w.secret.Deletion().Scheduled():
			actions = []string{"restore", "purge", "claim"}
		default:
			actions = []string{"put", "put", "delete"}
		}
		if err := w.do(actions[w.rand.IntN(len(actions))]); err != nil {
			return fmt.Errorf("worker %d: %w", w.id, err)
		}
	}
	return nil
}

// do says what it will do, does it, and says that it is done.
func (w *worker) do(action string) error {
	change, number, err := w.decide(action)
	if err != nil {
		return err
	}
	next := change.Next()
	if err := w.say(fmt.Sprintf("%d try %s", w.id, stateOf(next, number))); err != nil {
		return err
	}
	if action == "claim" {
		err = w.claim(change)
	} else {
		_, err = w.store.Commit(ctx, secretlife.BatchOf(change))
	}
	if err != nil {
		return err
	}
	w.secret, w.number = next, number
	return w.say(fmt.Sprintf("%d done", w.id))
}

// claim commits a purge as a Purger does many.
func (w *worker) claim(change secretlife.Change) error {
	at, _ := w.secret.Deletion().PurgeAt()
	found := false
	query := secretlife.DueQuery{By: at, Limit: 2 * workers}
	_, err := w.store.Claim(ctx, query, func(due []secretlife.Secret) []secretlife.Change {
		found = slices.ContainsFunc(due, func(s secretlife.Secret) bool { return s.Key() == w.secret.Key() })
		return []secretlife.Change{change}
	})
	if err == nil && !found {
		return errors.New("it was not handed out")
	}
	return err
}

func (w *worker) decide(action string) (secretlife.Change, int, error) {
	now := start
	if !w.secret.IsZero() {
		now = w.secret.LastChangedDate()
	}
	// Ids come from the global generator, which no seed repeats: an incarnation is
	// used once.
	id, err := secretlife.ParseVersionID(fmt.Sprintf("%064d", rand.Uint64()))
	if err != nil {
		return secretlife.Change{}, 0, err
	}
	number := w.number
	var c secretlife.Change
	switch action {
	case "create":
		number++
		var inc secretlife.Incarnation
		for i := range inc {
			inc[i] = byte(rand.Uint32())
		}
		c, err = secretlife.NewSecret(secretlife.Exactly(now), secretlife.Creation{
			ARN: secretlife.Must(workerKey(w.id).ARN("aB3xY9")), Incarnation: inc, VersionID: id,
			Value: secretlife.SecretString(strconv.Itoa(number)),
		})
	case "put":
		number++
		c, err = w.secret.PutValue(secretlife.Exactly(now), id, secretlife.SecretString(strconv.Itoa(number)), nil)
	case "delete":
		days := int64(7)
		var mode secretlife.DeletionMode
		if mode, err = secretlife.ParseDeletionMode(&days, nil); err == nil {
			c, err = w.secret.Delete(secretlife.Exactly(now), mode, 0)
		}
	case "restore":
		c, err = w.secret.Restore(secretlife.Exactly(now))
	case "purge", "claim":
		at, _ := w.secret.Deletion().PurgeAt()
		c, err = w.secret.Purge(secretlife.Exactly(at))
	}
	return c, number, err
}

// stateOf is a secret in the words of the child.
func stateOf(s secretlife.Secret, number int) string {
	switch {
	case s.IsZero():
		return "absent"
	case s.Deletion().Scheduled():
		return "scheduled " + strconv.Itoa(number)
	}
	return "active " + strconv.Itoa(number)
}

// history is what a child said: of every worker the state that was acknowledged
// last, and the one it was about to bring about when it was killed, "" if none.
// Beside it there is what the events say, as far as they were read.
type history struct {
	done, tried     [workers]string
	acks            int
	created, purged map[secretlife.Incarnation]int
	after           uint64
}

func newHistory() *history {
	h := &history{created: map[secretlife.Incarnation]int{}, purged: map[secretlife.Incarnation]int{}}
	for i := range h.done {
		h.done[i] = "absent"
	}
	return h
}

func (h *history) note(line string) error {
	id, rest, ok := strings.Cut(line, " ")
	i, err := strconv.Atoi(id)
	if !ok || err != nil {
		return fmt.Errorf("the child said %q", line)
	}
	if state, ok := strings.CutPrefix(rest, "try "); ok {
		h.tried[i] = state
	} else {
		h.done[i], h.tried[i] = h.tried[i], ""
		h.acks++
	}
	return nil
}

// kill runs a child, and kills it after some acknowledgements. What it still
// said is read to its end.
func kill(t *testing.T, f files, h *history, seed uint64, after int) {
	t.Helper()
	cmd, out := startChild(t, f, childSeed+"="+strconv.FormatUint(seed, 10))
	h.acks = 0
	lines := bufio.NewScanner(out)
	for killed := false; lines.Scan(); {
		require.NoError(t, h.note(lines.Text()))
		if h.acks >= after && !killed {
			killed = true
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	require.Equal(t, syscall.SIGKILL, cmd.ProcessState.Sys().(syscall.WaitStatus).Signal(), cmd.Stderr)
}

func startChild(t *testing.T, f files, env ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), childDir+"="+f.dir), env...)
	cmd.Stderr = &strings.Builder{}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, out
}
