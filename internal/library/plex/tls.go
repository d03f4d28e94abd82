package plex

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// wrongPin is a server with another certificate than the one that was pinned.
type wrongPin struct{ got string }

func (w *wrongPin) Error() string {
	return "the certificate is not the pinned one, its SHA-256 is " + w.got
}

// carrier returns what carries requests to one server, under the rules for its certificate.
func carrier(o ConnectOptions) (http.RoundTripper, error) {
	t, ours := o.Transport.(*http.Transport)
	switch {
	case o.Transport == nil:
		t = transport()
	case !ours:
		return o.Transport, nil
	case o.PinnedCert != "" || o.SkipVerify:
		t = t.Clone()
	}
	if o.PinnedCert == "" && !o.SkipVerify {
		return t, nil
	}
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{}
	}
	// A pinned certificate says who the server is, whoever signed it and for whatever name: that is its use.
	t.TLSClientConfig.InsecureSkipVerify = true
	if o.PinnedCert == "" {
		return t, nil
	}
	pin := strings.Map(func(r rune) rune {
		if r == ':' || r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(o.PinnedCert))
	if raw, err := hex.DecodeString(pin); err != nil || len(raw) != sha256.Size {
		return nil, preview.Because(preview.PlexTLS, "read the pinned certificate: %q is no SHA-256 in hexadecimal digits", o.PinnedCert)
	}
	t.TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return fmt.Errorf("the server shows no certificate")
		}
		if got := fingerprint(s.PeerCertificates[0]); got != pin {
			return &wrongPin{got}
		}
		return nil
	}
	return t, nil
}
