package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// call is a request of the API.
type call struct{ operation, body string }

// client sends requests over kept connections, and does little more: what it takes of the
// processors is not the server's.
type client struct {
	addr  string
	conns []*conn
}

type conn struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

func dial(ctx context.Context, addr string, conns int) (*client, error) {
	c := &client{addr: addr}
	for range conns {
		n, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.conns = append(c.conns, &conn{Conn: n, in: bufio.NewReaderSize(n, 32<<10)})
	}
	return c, nil
}

func (c *client) close() (err error) {
	for _, n := range c.conns {
		err = errors.Join(err, n.Close())
	}
	return err
}

// send sends n calls over all connections at once, and returns how long that took.
func (c *client) send(n int, of func(i int) call) (time.Duration, error) {
	var (
		next atomic.Int64
		wait sync.WaitGroup
		errs = make([]error, len(c.conns))
	)
	start := time.Now()
	for k, conn := range c.conns {
		wait.Go(func() {
			for errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[k] = conn.do(c.addr, of(i))
			}
			next.Store(int64(n)) // it failed
		})
	}
	wait.Wait()
	return time.Since(start), errors.Join(errs...)
}

// authorization is like that of an SDK. Neither server verifies signatures.
const authorization = "AWS4-HMAC-SHA256 " +
	"Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/secretsmanager/aws4_request, " +
	"SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target, " +
	"Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"

// do sends a call and waits for the answer, which must be good.
func (c *conn) do(host string, of call) error {
	c.out = append(c.out[:0], "POST / HTTP/1.1\r\nHost: "...)
	c.out = append(c.out, host...)
	c.out = append(c.out, "\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Date: 20260102T030405Z"...)
	c.out = append(c.out, "\r\nAuthorization: "...)
	c.out = append(c.out, authorization...)
	c.out = append(c.out, "\r\nX-Amz-Target: secretsmanager."...)
	c.out = append(c.out, of.operation...)
	c.out = append(c.out, "\r\nContent-Length: "...)
	c.out = strconv.AppendInt(c.out, int64(len(of.body)), 10)
	c.out = append(c.out, "\r\n\r\n"...)
	c.out = append(c.out, of.body...)
	if _, err := c.Write(c.out); err != nil {
		return err
	}
	return c.answer()
}

func (c *conn) answer() error {
	status, err := c.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	length := -1
	for {
		field, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(field) <= 2 {
			break
		}
		if value, ok := bytes.CutPrefix(field, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	switch {
	case length < 0:
		return errors.New("an answer without Content-Length")
	case good:
		_, err = c.in.Discard(length)
		return err
	}
	body := make([]byte, length)
	_, err = io.ReadFull(c.in, body)
	return errors.Join(fmt.Errorf("refused: %s", body), err)
}
