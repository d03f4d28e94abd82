package plex

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// ErrNotFound says that Plex has no such thing: an item that was deleted, a part without a preview.
var ErrNotFound = errors.New("Plex has no such thing") //nolint:staticcheck // Plex is a name

// judge makes the fault of what a server answered, or did not. Errors that are faults already stay as they are.
func judge(err error) error {
	if _, ok := errors.AsType[*preview.Fault](err); ok {
		return err
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		switch r.code {
		case http.StatusUnauthorized:
			return preview.Because(preview.PlexToken, "%w", err)
		case http.StatusForbidden:
			return preview.Because(preview.PlexNotOwner, "%w", err)
		case http.StatusNotFound:
			return preview.Because(preview.PlexFailed, "%w: %w", ErrNotFound, err)
		// 509 is Plex's own for "over the bandwidth limit".
		case http.StatusServiceUnavailable, http.StatusTooManyRequests, 509:
			return preview.Because(preview.PlexBusy, "%w", err)
		// Those are said by whatever stands before Plex, when Plex does not answer it.
		case http.StatusBadGateway, http.StatusGatewayTimeout:
			return preview.Because(preview.PlexAway, "%w", err)
		}
		return preview.Because(preview.PlexFailed, "%w", err)
	}
	if _, ok := errors.AsType[*outage](err); ok {
		return preview.Because(whyAway(err), "%w", withFingerprint(err))
	}
	if errors.Is(err, errNotJSON) {
		return preview.Because(preview.PlexNotPlex, "%w", err)
	}
	return preview.Because(preview.PlexFailed, "%w", err)
}

// whyAway tells the ways apart in which a server cannot be reached.
func whyAway(err error) preview.Reason {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return preview.PlexName
	}
	if _, ok := errors.AsType[*strayed](err); ok {
		return preview.PlexNotPlex
	}
	switch {
	case errors.Is(err, http.ErrSchemeMismatch), errors.Is(err, errNoHTTP):
		return preview.PlexNotPlex
	case errors.Is(err, errTooLarge):
		return preview.PlexFailed
	case untrusted(err):
		return preview.PlexTLS
	case errors.Is(err, refused):
		return preview.PlexRefused
	}
	return preview.PlexAway
}

// untrusted reports whether it was for the certificate that a connection did not come about.
func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*wrongPin](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnknownAuthorityError](err)
	return ok
}

// withFingerprint adds to a certificate that cannot be trusted what it takes to pin it.
func withFingerprint(err error) error {
	e, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(e.UnverifiedCertificates) == 0 {
		return err
	}
	return fmt.Errorf("%w; its certificate has the SHA-256 %s", err, fingerprint(e.UnverifiedCertificates[0]))
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// patience says how a failed request is to be treated.
type patience int

const (
	giveUp   patience = iota
	tryAgain          // a few times
	wait              // longer: Plex says itself that it is busy
)

func patienceFor(fault error) patience {
	switch preview.ReasonOf(fault) {
	case preview.PlexBusy:
		return wait
	case preview.PlexAway, preview.PlexRefused, preview.PlexName:
		return tryAgain
	case preview.PlexFailed:
		if r, ok := errors.AsType[*refusal](fault); ok && r.code != http.StatusInternalServerError {
			return giveUp
		}
		if errors.Is(fault, errTooLarge) {
			return giveUp
		}
		return tryAgain
	}
	return giveUp
}

// ended explains a context that is over. A deadline that passed tells of a server that is slow, and last of how it was
// before; everything else is somebody's wish.
func ended(ctx context.Context, what string, last error) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, context.DeadlineExceeded) {
		return preview.Because(preview.Cancelled, "%s: %w", what, cause)
	}
	if last != nil && preview.ReasonOf(last) != preview.Cancelled {
		return last
	}
	return preview.Because(preview.PlexAway, "%s: %w", what, cause)
}
