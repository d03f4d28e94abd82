package plex

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
)

// Client is how this installation introduces itself, to plex.tv and to every server. People see it in the list of
// devices of their account.
type Client struct {
	// ID is opaque, made once by [NewClientID] for each installation and kept: plex.tv ties sign-ins to it.
	ID       string
	Product  string // "Scrubjay" when empty
	Version  string // of the product
	Device   string // name of this machine; may be empty
	Platform string // "Linux"; may be empty
}

// NewClientID makes an identifier for a new installation: a random UUID.
func NewClientID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// header returns what every request says about us. What cannot stand in a header is left out: Go refuses to send it.
func (c Client) header() http.Header {
	h := http.Header{}
	set := func(name, value string) {
		if value != "" && printable(value) {
			h.Set(name, value)
		}
	}
	set("X-Plex-Client-Identifier", c.ID)
	set("X-Plex-Product", c.product())
	set("X-Plex-Version", c.Version)
	set("X-Plex-Device", c.Platform)
	set("X-Plex-Device-Name", c.Device)
	set("X-Plex-Platform", c.Platform)
	return h
}

func (c Client) product() string {
	if c.Product == "" {
		return "Scrubjay"
	}
	return c.Product
}

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

// Options are what everything here needs. The zero value of each field but Client.ID is a good default.
type Options struct {
	Client Client
	// TV replaces https://plex.tv and https://clients.plex.tv, for tests.
	TV string
	// Transport carries all requests; nil for one that is made for the purpose. What [ConnectOptions] say about
	// certificates holds only when it is nil or an [http.Transport].
	Transport http.RoundTripper
	Log       zerolog.Logger
}

// transport makes what carries requests when nobody brought anything.
func transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
		// A server closes what is idle for 20 s ("Keep-Alive: timeout=20"); going first spares us the race.
		IdleConnTimeout:        15 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 1 << 20,
	}
}

// stayOrStop keeps requests where they were sent: a redirect elsewhere would take the token along, which Go strips for
// the headers that it knows only.
func stayOrStop(next *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) >= 5:
		return &strayed{"too many redirects"}
	case first.Method != http.MethodGet:
		return &strayed{"a redirect of a " + first.Method}
	case next.URL.Hostname() != first.URL.Hostname():
		return &strayed{"a redirect to another host"}
	case next.URL.Scheme == "http" && first.URL.Scheme == "https":
		return &strayed{"a redirect from https to http"}
	case next.URL.Port() != first.URL.Port() && (next.URL.Scheme != "https" || first.URL.Scheme != "http"):
		return &strayed{"a redirect to another port"}
	}
	return nil
}

// strayed is a redirect that was not followed.
type strayed struct{ what string }

func (s *strayed) Error() string { return "refuse " + s.what }
