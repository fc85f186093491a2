package awsapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// fromHere reports whether a request came from this machine.
func fromHere(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// knows reports whether a Host header names this server.
func (a *API) knows(host string) bool {
	if a.o.Hosts == nil {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.Trim(name, "[]"), ".")
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsLoopback() || strings.EqualFold(name, "localhost") {
		return true
	}
	return slices.ContainsFunc(a.o.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}
