package awsapi

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// RoundTrip responds to a request without a socket: it does what [API.ServeHTTP]
// does, on the caller's goroutine, whatever host the request names. It makes an API
// the Transport of an http.Client in the same process. It honours the request's
// context, closes its body, keeps the whole response in memory and leaves no
// goroutine behind. Once the context is done it returns the context's error, as
// with a socket, whatever the operation did before.
func (a *API) RoundTrip(r *http.Request) (*http.Response, error) {
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	defer body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.Body = body
	if body != http.NoBody && r.ContentLength == 0 {
		in.ContentLength = -1 // so a client says that it doesn't know
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	unanswered := a.serve(w, in, headOf(in))
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if unanswered != nil {
		return nil, unanswered
	}
	return &http.Response{
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}, nil
}

// answer is an http.ResponseWriter that keeps what is written.
type answer struct {
	header http.Header
	body   bytes.Buffer
	status int
	sent   bool
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) WriteHeader(status int) {
	if !w.sent {
		w.status, w.sent = status, true
	}
}

func (w *answer) Write(b []byte) (int, error) {
	w.sent = true
	return w.body.Write(b)
}
