package awsapi

import "sync/atomic"

// memory is a bound on what all requests together take at once: their heads and
// bodies, the JSON that is read from these, answers, and events on their way out.
type memory struct {
	limit int64
	used  atomic.Int64
}

// smallRequest is what a request may take of the last quarter. It leaves room for
// small requests while large ones stall.
const smallRequest = 64 << 10

// share is what one request has taken. It is not safe for concurrent use.
type share struct {
	of   *memory
	held int64
}

const (
	// requestSize is what a request takes without its head and its body: a goroutine
	// with its stack, and buffers.
	requestSize = 12 << 10
	// fieldSize is what a header field takes beside its name and value.
	fieldSize = 64
)

// share is for a request.
func (a *API) share() *share { return &share{of: a.memory} }

// takeHead takes what a request takes before its body is read.
func (s *share) takeHead(h head) error { return s.take(requestSize + h.size) }

// take takes n bytes more, or fails with errBusy and takes none.
func (s *share) take(n int64) error {
	limit := s.of.limit
	if s.held+n > smallRequest {
		limit -= limit / 4
	}
	for {
		used := s.of.used.Load()
		if used+n > limit {
			return errBusy
		}
		if s.of.used.CompareAndSwap(used, used+n) {
			s.held += n
			return nil
		}
	}
}

// add takes n bytes more that are there in any case.
func (s *share) add(n int64) {
	s.of.used.Add(n)
	s.held += n
}

// give gives n bytes back.
func (s *share) give(n int64) { s.add(-n) }

// release gives everything back.
func (s *share) release() { s.give(s.held) }
