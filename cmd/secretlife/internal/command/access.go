package command

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife/awsapi"
)

// accessFlags are the flags that say who is served.
type accessFlags struct {
	Credentials      string   `type:"path" placeholder:"FILE" help:"Verify signatures: only requests signed with a key of this file are served. It has the form of AWS's shared credentials, with an aws_account_id per profile where keys belong to other accounts than --account. It is read again on SIGHUP and when it changes."`
	AllowReplay      bool     `help:"Allow the same signed request to change something more than once while its signature is valid. For clients that send the same bytes again; SDKs give each attempt an id."`
	AllowUnverified  bool     `help:"Serve other machines, and proxies, without --credentials: every client that reaches the server may do everything."`
	AllowHost        []string `placeholder:"NAME" help:"Serve requests to this host name or address, too; may be given more than once. Others than localhost, loopback addresses and that of --addr are refused, as web pages could be behind them."`
	ControlAddr      string   `placeholder:"ADDR" help:"Serve the control calls at an address of their own, and there only: HOST:PORT, or unix:PATH, a socket for its owner that needs no token. health and ready are served at both."`
	ControlTokenFile string   `type:"path" placeholder:"FILE" help:"The tokens that control calls need: a line each, with its rights: read, advance, trust, reset, fail, or all. With --credentials and --store sqlite:PATH, by default PATH.control-token; other stores have no default, and then no control calls. It is made, for its owner only, with one token for all. It is read again on SIGHUP."`
}

// unixSocket returns the path of a Unix socket for control calls, if there is one.
func (f accessFlags) unixSocket() (path string, ok bool) {
	return strings.CutPrefix(f.ControlAddr, "unix:")
}

// check refuses flags that would serve other machines by mistake.
func (f accessFlags) check(addr string) error {
	if f.Credentials != "" || f.AllowUnverified {
		return nil
	}
	const text = "%s %s is not only this machine's: without --credentials every client that reaches it may do " +
		"everything; if that is meant, add --allow-unverified"
	if !isLoopback(addr) {
		return fmt.Errorf(text, "--addr", addr)
	}
	if _, unix := f.unixSocket(); !unix && f.ControlAddr != "" && !isLoopback(f.ControlAddr) {
		return fmt.Errorf(text, "--control-addr", f.ControlAddr)
	}
	return nil
}

// hosts are the names that the server goes by.
func (f accessFlags) hosts(addr string) []string {
	out := append([]string{}, f.AllowHost...)
	for _, a := range []string{addr, f.ControlAddr} {
		host, _, err := net.SplitHostPort(a)
		switch {
		case err != nil: // none, or unix:PATH
		case host == "":
			out = append(out, "0.0.0.0")
		default:
			out = append(out, host)
		}
	}
	return out
}

// access decides who is served: clients that sign with a key of --credentials, or
// else this machine, unless more is allowed.
// Control calls are served at --control-addr, where there is one, as control says.
func (s serve) access(cert *certificate, again *reloads, log *slog.Logger) (
	who func(*awsapi.Options), control awsapi.ControlAccess, err error,
) {
	if err := s.check(s.Addr); err != nil {
		return nil, control, err
	}
	var find func(string) (awsapi.Credential, bool)
	if s.Credentials != "" {
		keys, err := openKeys(s.Credentials, log, time.Now)
		if err != nil {
			return nil, control, err
		}
		again.add("credentials", keys.reload)
		find = keys.find
	}
	control, err = s.controlAccess(again, log)
	return func(a *awsapi.Options) {
		a.Credentials, a.AllowReplay = find, s.AllowReplay
		a.Hosts = append(s.hosts(s.Addr), cert.names()...)
		a.LocalOnly = s.Credentials == "" && !s.AllowUnverified
		a.Control = control
		if s.ControlAddr != "" {
			a.Control = awsapi.ControlForNobody()
		}
	}, control, err
}

// isLoopback reports whether an address is this machine's own. What can't be
// read fails when it is listened on.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
