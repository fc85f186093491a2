package awsapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Snapshots keeps what the store and the virtual clock are, under names, and makes them that
// again. Its methods must be safe for concurrent use.
type Snapshots interface {
	// Save keeps the present state under a name, in the place of what was there before.
	Save(ctx context.Context, name string) error
	// Restore goes back to a snapshot, which stays. It returns ErrNoSnapshot if there is none of the
	// name.
	Restore(ctx context.Context, name string) error
	// Delete forgets a snapshot. It returns ErrNoSnapshot for an unknown name.
	Delete(ctx context.Context, name string) error
	// List returns the snapshots in the order of their names.
	List(ctx context.Context) ([]Snapshot, error)
}

// Snapshot is a state that is kept.
type Snapshot struct {
	Name string `json:"name"`
	// Clock is where the clock stood.
	Clock time.Time `json:"clock"`
	// Secrets is how many there were, scheduled ones included.
	Secrets int `json:"secrets"`
}

// ErrNoSnapshot is for a name of which there is no snapshot.
var ErrNoSnapshot = errors.New("there is no snapshot of that name")

const textSnapshot = `the body must be {"name":"before the migration"}, with up to 256 bytes`

func (a *API) listSnapshots(w http.ResponseWriter, r *controlRequest) {
	a.withSnapshots(w, r, func(all Snapshots) (any, error) {
		list, err := all.List(r.Context())
		return map[string][]Snapshot{"snapshots": append([]Snapshot{}, list...)}, err
	})
}

func (a *API) saveSnapshot(w http.ResponseWriter, r *controlRequest) {
	a.withSnapshots(w, r, func(all Snapshots) (any, error) {
		return saidOf("saved"), r.forSnapshot(all.Save)
	})
}

func (a *API) restoreSnapshot(w http.ResponseWriter, r *controlRequest) {
	a.withSnapshots(w, r, func(all Snapshots) (any, error) {
		return saidOf("restored"), r.forSnapshot(all.Restore)
	})
}

func (a *API) deleteSnapshot(w http.ResponseWriter, r *controlRequest) {
	a.withSnapshots(w, r, func(all Snapshots) (any, error) {
		return saidOf("deleted"), all.Delete(r.Context(), r.URL.Query().Get("name"))
	})
}

func saidOf(status string) map[string]string { return map[string]string{"status": status} }

// errSnapshotName is for bodies without the name of a snapshot.
var errSnapshotName = errors.New(textSnapshot)

// maxSnapshotName is the largest number of bytes of a name.
const maxSnapshotName = 256

// forSnapshot does something with the snapshot that the body names.
func (r *controlRequest) forSnapshot(do func(context.Context, string) error) error {
	v, _ := r.body.get("name")
	if v.kind != text || v.text == "" || len(v.text) > maxSnapshotName {
		return errSnapshotName
	}
	return do(r.Context(), v.text)
}

// withSnapshots does something with the snapshots, and responds.
func (a *API) withSnapshots(w http.ResponseWriter, r *controlRequest, do func(Snapshots) (any, error)) {
	if !a.allowsTests(w) {
		return
	}
	if a.o.Snapshots == nil {
		sayError(w, http.StatusConflict, "this store has no snapshots: they need a store in memory and a virtual clock")
		return
	}
	out, err := do(a.o.Snapshots)
	switch {
	case errors.Is(err, errSnapshotName):
		sayError(w, http.StatusBadRequest, err.Error())
	case errors.Is(err, ErrNoSnapshot):
		sayError(w, http.StatusNotFound, err.Error())
	case err != nil:
		a.o.Logger.ErrorContext(r.Context(), "snapshot failed", "error", err)
		sayError(w, http.StatusInternalServerError, "the snapshot failed")
	default:
		_ = say(w, http.StatusOK, out)
	}
}
