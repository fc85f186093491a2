package awsapi

import (
	"net/http"

	"github.com/secretlife-go/secretlife"
)

// exchange is a request for an operation and its response. Its memory is used for one exchange
// after the other, so nothing that outlives an exchange may point into it.
type exchange struct {
	share   share
	body    []byte
	parser  parser
	in      value
	spare   []member // memory for in
	members members  // reads in
	call    secretlife.Call
	encoder encoder // writes the body of the response
}

// mostKept is the largest buffer that an exchange keeps for the next one. Most requests and
// responses are smaller. It has members enough for a list of twenty.
const (
	mostKept    = 32 << 10
	membersKept = 64
)

// exchange returns one for a request.
func (a *API) exchange() *exchange {
	x, ok := a.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	x.share.of = a.memory
	return x
}

// done ends an exchange whose response is written. It overwrites the values of secrets.
func (a *API) done(r *http.Request, x *exchange) {
	x.share.release()
	body, spare, out := x.body, x.spare, x.encoder.out
	clear(spare[:len(spare)-len(x.parser.spare)])
	*x = exchange{spare: spare}
	if clear(body); cap(body) <= mostKept {
		x.body = body[:0]
	}
	// After a stream of HTTP/2 was reset, the server may still read what a Write was given.
	if r.ProtoMajor == 1 && cap(out) <= mostKept {
		clear(out)
		x.encoder.out = out[:0]
	}
	a.exchanges.Put(x)
}

// parse reads the body as a request.
func (x *exchange) parse() error {
	if x.spare == nil {
		x.spare = make([]member, membersKept)
	}
	x.parser = parser{data: x.body, share: &x.share, spare: x.spare}
	err := x.parser.request(&x.in)
	x.members.object = x.in
	return err
}
