package awsapi

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const (
	// firstPiece is the largest part of a body that gets its memory before it has
	// come.
	firstPiece = 16 << 10
	// A body that is not wanted is read on for so long, up to so much, and while
	// it keeps coming.
	discardTime  = 10 * time.Second
	discardQuiet = time.Second
	discardMost  = 64 << 20
)

// read reads the body of an operation.
func (a *API) read(w http.ResponseWriter, r *http.Request, x *exchange) error {
	body, refused := a.readWithin(w, r, a.o.MaxBody, &x.share, x.body)
	if refused != nil {
		return refused
	}
	x.body = body
	return nil
}

// readWithin reads a body of up to most bytes, within the time for that: not at all
// where it says that it is too large. Its memory grows with what has come. A buffer is used where it is
// large enough.
func (a *API) readWithin(
	w http.ResponseWriter, r *http.Request, most int64, s *share, buffer []byte,
) ([]byte, *protocolError) {
	if r.ContentLength > most {
		return nil, tooLarge(most)
	}
	limit := most + 1
	if r.ContentLength >= 0 {
		limit = r.ContentLength
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.o.ReadTimeout)) // if there is a connection
	body, err := readUpTo(r.Body, limit, s, buffer)
	switch {
	case errors.Is(err, errBusy):
		return nil, errBusy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errSlow
	case err != nil || int64(len(body)) < r.ContentLength:
		return nil, errUnread
	case int64(len(body)) > most:
		return nil, tooLarge(most)
	}
	return body, nil
}

// maxControlBody is the largest body of a control call.
const maxControlBody = 4 << 10

// controlBody reads the body of a control call. It reserves no memory for a request without a
// body, so that health can be asked when no memory is left.
func (a *API) controlBody(w http.ResponseWriter, r *http.Request, s *share) ([]byte, *protocolError) {
	switch h := headOf(r); {
	case h.fields > maxHeaders:
		return nil, errHeaders
	case r.Body == nil || r.ContentLength == 0:
		return nil, nil
	case s.takeHead(h) != nil:
		return nil, errBusy
	}
	return a.readWithin(w, r, maxControlBody, s, nil)
}

// readUpTo reads to the end, or up to limit bytes.
func readUpTo(r io.Reader, limit int64, s *share, buffer []byte) ([]byte, error) {
	size := min(limit, firstPiece)
	if err := s.take(size); err != nil {
		return nil, err
	}
	body := slices.Grow(buffer[:0], int(size))
	for int64(len(body)) < limit {
		if len(body) == cap(body) {
			more := min(limit, 2*int64(cap(body)))
			if err := s.take(more); err != nil {
				return nil, err
			}
			body = append(make([]byte, 0, more), body...)
			s.give(size)
			size = more
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

// discard reads what is left of a body that is not wanted. Many clients send all
// of it before they read the answer, and would find a connection reset if the
// server hung up. What does not come, or is too much, is not waited for: the server
// then closes the connection after the answer.
func discard(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	in := quietReader{r.Body, control, time.Now().Add(discardTime)}
	switch {
	case r.Body == nil || r.Body == http.NoBody || r.ContentLength > discardMost || r.Header.Get("Expect") != "":
		return
	case control.SetReadDeadline(in.end) != nil:
		return // there is no connection
	}
	if _, err := io.CopyN(io.Discard, in, discardMost); errors.Is(err, io.EOF) {
		// The server goes on reading, to see whether the client goes away, and would
		// take the deadline for that.
		_ = control.SetReadDeadline(time.Time{})
	}
}

// quietReader is a body that may pause for a moment only.
type quietReader struct {
	io.Reader
	control *http.ResponseController
	end     time.Time
}

func (q quietReader) Read(b []byte) (int, error) {
	quiet := time.Now().Add(discardQuiet)
	if quiet.After(q.end) {
		quiet = q.end
	}
	if err := q.control.SetReadDeadline(quiet); err != nil {
		return 0, err
	}
	return q.Reader.Read(b)
}

// timedWriter is a ResponseWriter that waits for a client only so long, at each
// write. The server takes the limit off the connection after the response.
type timedWriter struct {
	http.ResponseWriter
	timeout time.Duration
}

// Unwrap is for [http.ResponseController].
func (t timedWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t timedWriter) Write(b []byte) (int, error) {
	_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Now().Add(t.timeout))
	return t.ResponseWriter.Write(b)
}
