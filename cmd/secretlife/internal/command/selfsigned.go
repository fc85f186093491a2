package command

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"
)

const (
	certificateLife  = 365 * 24 * time.Hour
	certificateRenew = 30 * 24 * time.Hour // before its end
)

// selfSigned returns a certificate for names, which a CA made that has made nothing
// else and whose key is not kept. It is in PREFIXtls.pem with its key, for its
// owner only, and the CA's certificate in PREFIXca.pem. It is made anew when it is
// not for all names, or when its time is almost over.
func selfSigned(prefix string, names []string, now time.Time, log *slog.Logger) (tls.Certificate, error) {
	path := prefix + "tls.pem"
	content, err := os.ReadFile(path)
	isThere := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	cert, err := ownCertificate(content)
	switch {
	case isThere && err != nil:
		return tls.Certificate{}, fmt.Errorf("%s: %w; delete it, and it is made anew", path, err)
	case isThere && covers(cert.Leaf, names) && now.Before(cert.Leaf.NotAfter.Add(-certificateRenew)):
		return cert, writeCA(prefix, cert)
	}
	if content, err = makeCertificate(names, now); err != nil {
		return tls.Certificate{}, err
	}
	if err := writeWhole(path, content, 0o600, isThere); err != nil {
		if errors.Is(err, fs.ErrExist) { // another process was faster
			return selfSigned(prefix, names, now, log)
		}
		return tls.Certificate{}, err
	}
	if cert, err = ownCertificate(content); err != nil {
		return tls.Certificate{}, err
	}
	log.Info("made a certificate", "file", path, "ca", prefix+"ca.pem", "until", cert.Leaf.NotAfter)
	return cert, writeCA(prefix, cert)
}

// ownCertificate reads a certificate of ours, that of the CA behind it, and its key.
func ownCertificate(content []byte) (tls.Certificate, error) {
	cert, err := tls.X509KeyPair(content, content)
	if err == nil && len(cert.Certificate) != 2 {
		err = errors.New("it is not a certificate with that of its CA")
	}
	return cert, err
}

// writeCA writes the CA's certificate, unless it is there.
func writeCA(prefix string, cert tls.Certificate) error {
	path := prefix + "ca.pem"
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[1]})
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) {
		return nil
	}
	return writeWhole(path, content, 0o644, true)
}

// makeCertificate makes a CA for names alone, and has it sign a certificate for
// them. It returns the certificate, the CA's, and the key, as PEM.
func makeCertificate(names []string, now time.Time) ([]byte, error) {
	var dns []string
	var ips []net.IP
	var ranges []*net.IPNet
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		ip, err := netip.ParseAddr(name)
		if err != nil {
			dns = append(dns, name)
			continue
		}
		raw := net.IP(ip.Unmap().AsSlice())
		ips = append(ips, raw)
		ranges = append(ranges, &net.IPNet{IP: raw, Mask: net.CIDRMask(8*len(raw), 8*len(raw))})
	}
	ca := &x509.Certificate{
		Subject:                     pkix.Name{CommonName: "secretlife CA of " + now.UTC().Format(time.DateOnly)},
		NotBefore:                   now.Add(-time.Hour),
		NotAfter:                    now.Add(certificateLife),
		KeyUsage:                    x509.KeyUsageCertSign,
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         dns,
		PermittedIPRanges:           ranges,
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return nil, err
	}
	if ca, err = x509.ParseCertificate(caDER); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "secretlife"},
		NotBefore:   ca.NotBefore,
		NotAfter:    ca.NotAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    dns,
		IPAddresses: ips,
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, b := range []pem.Block{
		{Type: "CERTIFICATE", Bytes: der},
		{Type: "CERTIFICATE", Bytes: caDER},
		{Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := pem.Encode(&out, &b); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
