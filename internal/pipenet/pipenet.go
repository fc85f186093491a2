// Package pipenet has connections without a network, for tests of servers in a bubble
// of virtual time (testing/synctest), where a read from a socket would keep time from
// passing.
package pipenet

import (
	"net"
	"sync"
)

// Listener is a [net.Listener] of pipes. It is safe for concurrent use.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

// Listen returns a Listener that [Listener.Dial] connects to.
func Listen() *Listener {
	done := make(chan struct{})
	return &Listener{make(chan net.Conn), done, sync.OnceFunc(func() { close(done) })}
}

// Dial connects a client. It waits until the server accepts the connection; once the
// Listener is closed, the connection is closed, too.
func (l *Listener) Dial() net.Conn {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
	case <-l.done:
		_ = server.Close()
	}
	return client
}

// Accept waits for a client.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr returns an address of this machine, as a server for this machine only has.
func (*Listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
