package stores_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a store and its server, and cuts a connection at a chosen
// message of PostgreSQL's protocol, or stops passing anything on.
type proxy struct {
	to       string
	listener net.Listener

	mu     sync.Mutex
	only   string // if not empty, only messages with this text count
	left   int    // messages to the server until the cut; below 0: no cut
	after  bool   // the message still gets there, and its answer is lost
	cut    bool   // it happened
	stalls bool
	conns  map[net.Conn]bool
	wg     sync.WaitGroup
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{to: to, listener: l, left: -1, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cutAll()
		p.wg.Wait()
	})
	return p
}

// url leads a store's URL through the proxy.
func (p *proxy) url(url string) string {
	return strings.Replace(url, p.to, p.listener.Addr().String(), 1)
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := new(net.Dialer).DialContext(ctx, "tcp", p.to)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[server] = true, true
		p.mu.Unlock()
		end := func() { p.close(client, server) }
		var silent atomic.Bool // nothing more gets back to the client
		ended := make(chan struct{})
		p.wg.Go(func() { defer end(); _ = p.up(client, server.(*net.TCPConn), &silent, ended) })
		p.wg.Go(func() { defer end(); defer close(ended); _ = p.down(client, server, &silent) })
	}
}

func (p *proxy) close(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}

func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

var errCut = errors.New("cut")

// up passes on what the client says, message by message. The first message of a
// connection has no type before its length.
//
// The client learns of a cut after a message only once the server has ended the
// connection: it has then done all that the message asked for, and no request to
// cancel it comes too early.
func (p *proxy) up(client net.Conn, server *net.TCPConn, silent *atomic.Bool, ended <-chan struct{}) error {
	head := make([]byte, 5)
	for begun := 4; ; begun = 5 {
		if _, err := io.ReadFull(client, head[:begun]); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[begun-4:begun])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return err
		}
		cut, after := p.next(body)
		if cut && !after {
			return errCut
		}
		silent.Store(cut) // before the server can answer
		if _, err := server.Write(append(head[:begun:begun], body...)); err != nil {
			return err
		}
		if cut {
			err := server.CloseWrite()
			<-ended
			return errors.Join(err, errCut)
		}
	}
}

// next counts a message, and says whether it is where the cut is.
func (p *proxy) next(message []byte) (cut, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left >= 0 && bytes.Contains(message, []byte(p.only)) {
		p.left--
		if p.left < 0 {
			p.cut = true
			return true, p.after
		}
	}
	return false, false
}

func (p *proxy) down(client, server net.Conn, silent *atomic.Bool) error {
	b := make([]byte, 64<<10)
	for {
		n, err := server.Read(b)
		if err != nil {
			return err
		}
		p.mu.Lock()
		stalls := p.stalls
		p.mu.Unlock()
		if stalls || silent.Load() {
			continue
		}
		if _, err := client.Write(b[:n]); err != nil {
			return err
		}
	}
}

// cutAt arms the proxy; disarm says whether the cut happened.
func (p *proxy) cutAt(message int, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.only, p.left, p.after, p.cut = "", message, after, false
}

// cutAfterCommit arms the proxy for a cut after one of the commits to come.
func (p *proxy) cutAfterCommit(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.only, p.left, p.after, p.cut = "commit", n, true, false
}

func (p *proxy) disarm() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = -1
	return p.cut
}

// stall keeps all answers back, or no longer.
func (p *proxy) stall(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalls = on
}
