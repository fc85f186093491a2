package command

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// tlsFlags are the flags that say how connections are encrypted.
type tlsFlags struct {
	TLSCert string `name:"tls-cert" type:"path" placeholder:"FILE" help:"Serve HTTPS, of TLS 1.3, with this certificate (PEM, the intermediate ones behind it). Its names are served without --allow-host. It is read again on SIGHUP."`
	TLSKey  string `name:"tls-key" type:"path" placeholder:"FILE" help:"The key of --tls-cert (PEM)."`
	TLS     string `name:"tls" default:"off" enum:"off,self-signed" help:"\"self-signed\" serves HTTPS with a certificate of its own, for localhost, loopback addresses and --allow-host, and writes the certificate of its CA to a file that AWS_CA_BUNDLE can name. \"off\" is the default."`
	TLSDir  string `name:"tls-dir" type:"path" placeholder:"DIR" help:"Where --tls self-signed keeps its files; by default beside the file of --store sqlite:PATH, as PATH.tls.pem and PATH.ca.pem, and in a temporary folder for other stores."`
}

// certificate is what a server shows its clients. It is safe for concurrent use.
type certificate struct {
	now     atomic.Pointer[tls.Certificate]
	ca      string // the file of the CA's certificate, if it is our own
	discard func() error
}

// openTLS returns the certificate that the flags ask for; nil if they ask for none.
func (s serve) openTLS(again *reloads, log *slog.Logger) (*certificate, error) {
	c := &certificate{discard: func() error { return nil }}
	var read func() (tls.Certificate, error)
	switch {
	case (s.TLSCert == "") != (s.TLSKey == ""):
		return nil, errors.New("--tls-cert and --tls-key go together")
	case s.TLSCert != "" && s.TLS != "off":
		return nil, errors.New("--tls self-signed makes a certificate of its own, and --tls-cert has one")
	case s.TLSDir != "" && s.TLS == "off":
		return nil, errors.New("--tls-dir is for --tls self-signed")
	case s.TLSCert != "":
		read = func() (tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
			if err != nil {
				err = fmt.Errorf("--tls-cert %s: %w", s.TLSCert, err)
			}
			return cert, err
		}
	case s.TLS == "off":
		return nil, nil
	default:
		prefix, temporary, err := s.tlsPrefix()
		if err != nil {
			return nil, fmt.Errorf("--tls self-signed: %w", err)
		}
		if temporary {
			c.discard = func() error { return os.RemoveAll(filepath.Dir(prefix)) }
		}
		c.ca = prefix + "ca.pem"
		read = func() (tls.Certificate, error) {
			cert, err := selfSigned(prefix, s.tlsNames(), time.Now(), log)
			if err != nil {
				err = fmt.Errorf("--tls self-signed: %w", err)
			}
			return cert, err
		}
	}
	reload := func() error {
		cert, err := read()
		if err != nil {
			return err
		}
		c.now.Store(&cert)
		return nil
	}
	again.add("certificate", reload)
	if err := reload(); err != nil {
		return nil, errors.Join(err, c.discard())
	}
	return c, nil
}

// tlsPrefix is what the paths of our own files begin with, and whether they are in
// a temporary folder.
func (s serve) tlsPrefix() (prefix string, temporary bool, err error) {
	path, isSQLite := strings.CutPrefix(s.Store, "sqlite:")
	switch {
	case s.TLSDir != "":
		prefix = s.TLSDir + string(filepath.Separator)
	case isSQLite:
		prefix = path + "."
	default:
		dir, err := os.MkdirTemp("", "secretlife-tls-")
		return dir + string(filepath.Separator), true, err
	}
	prefix, err = absolute(prefix)
	return prefix, false, err
}

// absolute makes a path absolute, and leaves its end as it is.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := os.Getwd()
	return dir + string(filepath.Separator) + path, err
}

// tlsNames are the names and addresses of our own certificate.
func (s serve) tlsNames() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	for _, name := range s.hosts(s.Addr) {
		ip, err := netip.ParseAddr(name)
		if err != nil || !ip.IsUnspecified() {
			names = append(names, name)
		}
	}
	return names
}

// config is that of a server; nil without a certificate.
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now.Load(), nil },
	}
}

// names are those that the certificate is for, without patterns.
func (c *certificate) names() []string {
	if c == nil {
		return nil
	}
	leaf := c.now.Load().Leaf
	var out []string
	for _, name := range leaf.DNSNames {
		if !strings.Contains(name, "*") {
			out = append(out, name)
		}
	}
	for _, ip := range leaf.IPAddresses {
		out = append(out, ip.String())
	}
	return out
}

// close removes temporary files.
func (c *certificate) close() error {
	if c == nil {
		return nil
	}
	return c.discard()
}

// covers reports whether a certificate is for all of some names.
func covers(leaf *x509.Certificate, names []string) bool {
	for _, name := range names {
		if leaf.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}
