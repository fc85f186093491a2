package awsapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// fromHere reports whether a request was sent by this machine, and not by a proxy
// on it for another. A proxy that adds no header can't be told from other clients.
func fromHere(r *http.Request) bool {
	if forwarded(r.Header) {
		return false
	}
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && own.Network() == "unix" {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// forwarded reports whether a proxy says that it passed a request on.
func forwarded(h http.Header) bool {
	for name := range h {
		if name == "Forwarded" || name == "Via" || name == "X-Real-Ip" || strings.HasPrefix(name, "X-Forwarded") {
			return true
		}
	}
	return false
}

// knows reports whether a Host header names this server.
func (a *API) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.Trim(name, "[]"), ".")
	ip, err := netip.ParseAddr(name)
	isAddr := err == nil
	if isAddr && ip.IsLoopback() || strings.EqualFold(name, "localhost") {
		return true
	}
	return slices.ContainsFunc(a.o.Hosts, func(h string) bool {
		own, err := netip.ParseAddr(h)
		if err == nil && isAddr {
			return own.IsUnspecified() || own.Unmap() == ip.Unmap()
		}
		return strings.EqualFold(h, name)
	})
}
