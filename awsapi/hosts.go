package awsapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// head is what the header fields of a request are together, and who sent it.
type head struct {
	peer      netip.AddrPort // zero if it can't be told
	fields    int
	size      int64 // in memory
	forwarded bool  // a proxy says that it passed the request on
}

func headOf(r *http.Request) (out head) {
	out.peer, _ = netip.ParseAddrPort(r.RemoteAddr)
	for name, values := range r.Header {
		out.fields += len(values)
		for _, v := range values {
			out.size += int64(fieldSize + len(name) + len(v))
		}
		out.forwarded = out.forwarded || isProxys(name)
	}
	return out
}

// isProxys reports whether proxies add a header field when they pass a request on.
func isProxys(name string) bool {
	return name == "Forwarded" || name == "Via" || name == "X-Real-Ip" || strings.HasPrefix(name, "X-Forwarded")
}

// fromHere reports whether a request was sent by this machine, and not by a proxy
// on it for another. A proxy that adds no header can't be told from other clients.
func fromHere(r *http.Request, h head) bool {
	if h.forwarded {
		return false
	}
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && own.Network() == "unix" {
		return true
	}
	return h.peer.Addr().Unmap().IsLoopback()
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
