package plex

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// Port is where a Plex Media Server listens, with and without encryption.
const Port = 32400

// Target is a server that [Connect] is to find: by the address that a person gave, by the addresses that plex.tv
// lists, or by both.
type Target struct {
	// ID is the server's machine identifier. When it is empty, the first server that answers is taken, and none but
	// that one from then on.
	ID   string
	Name string
	// URL is what a person entered. It goes before all others; without a scheme or a port the likely ones are tried.
	URL           string
	Token         secret.Secret // of this server, not of the account
	Connections   []Connection
	HTTPSRequired bool // it takes no plain http
}

// Connection is an address that plex.tv lists for a server.
type Connection struct {
	URI      string // ready to use: "https://192-168-1-10.<hash>.plex.direct:32400"
	Protocol string // "https", "http"
	Address  string
	Port     int
	Local    bool // of the server's own network; in a container it may be one that nobody else can reach
	Relay    bool // goes through Plex's own machines and is slow
	IPv6     bool
}

// The ranks of addresses, best first. What a person entered begins at 0.
const (
	localHTTPS = 100 + iota
	localHTTP
	remoteHTTPS
	relayed
)

// most is how many addresses of one server are tried.
const most = 40

// candidate is an address that may be the server's.
type candidate struct {
	base  string // without a slash at the end
	rank  int
	guess bool // neither entered nor listed like this
}

// candidates returns the addresses of a target, best first. plain says that http may be used at all.
func (t Target) candidates(plain bool) ([]candidate, error) {
	var all []candidate
	if strings.TrimSpace(t.URL) != "" {
		entered, err := addresses(t.URL)
		if err != nil {
			return nil, err
		}
		for i, c := range entered {
			// An http that was spelled out is somebody's decision: a proxy, an allowed network.
			if c.guess && isPlain(c.base) && !plain {
				continue
			}
			c.rank = i
			all = append(all, c)
		}
	}
	for _, c := range t.Connections {
		all = append(all, c.candidates(plain)...)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(c candidate) bool {
		twice := seen[c.base]
		seen[c.base] = true
		return twice
	})
	if len(all) == 0 {
		return nil, preview.Because(preview.PlexAddress, "there is no address for the Plex server %q", t.Name)
	}
	return all[:min(len(all), most)], nil
}

func (c Connection) candidates(plain bool) (all []candidate) {
	if u, err := url.Parse(c.URI); err == nil && u.Hostname() != "" && u.User == nil {
		base := u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/")
		switch {
		case u.Scheme == "https" && c.Relay:
			all = append(all, candidate{base: base, rank: relayed})
		case u.Scheme == "https" && c.Local:
			all = append(all, candidate{base: base, rank: localHTTPS})
		case u.Scheme == "https":
			all = append(all, candidate{base: base, rank: remoteHTTPS})
		// Plain http is for one's own network: elsewhere it would show the token to everybody on the way.
		case u.Scheme == "http" && c.Local && !c.Relay && plain:
			all = append(all, candidate{base: base, rank: localHTTP})
		}
	}
	// A router that guards against DNS rebinding does not resolve plex.direct names to addresses of the own network;
	// the bare address works then.
	if ip, err := netip.ParseAddr(c.Address); err == nil && c.Local && !c.Relay && plain && c.Port > 0 && c.Port < 1<<16 {
		base := "http://" + net.JoinHostPort(ip.String(), strconv.Itoa(c.Port))
		all = append(all, candidate{base: base, rank: localHTTP, guess: true})
	}
	return all
}

func isPlain(base string) bool { return strings.HasPrefix(base, "http://") }

// addresses makes sense of what a person entered, and returns what to try, likeliest first. It forgives white space,
// a missing scheme or port, what a browser's address bar shows behind the host, and backslashes.
func addresses(entered string) ([]candidate, error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u200b', r == '\ufeff', r == '"', r == '<', r == '>':
			return -1
		case r == '\\':
			return '/'
		}
		return r
	}, entered)
	wrong := func(why string) error {
		return preview.Because(preview.PlexAddress, "read the address of the Plex server: %s", why)
	}

	scheme, rest, given := strings.Cut(s, ":/")
	if scheme = strings.ToLower(scheme); !given {
		scheme, rest = "", s
	} else if scheme != "http" && scheme != "https" {
		return nil, wrong("it begins neither with http:// nor with https://")
	}
	rest = strings.TrimLeft(rest, "/")
	// A whole address from a browser or a script may carry a token, which then must not turn up anywhere.
	rest, behind, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	for _, part := range []string{query, behind} {
		_, part, _ = strings.Cut(part, "?")
		for _, q := range []string{query, part} {
			if v, err := url.ParseQuery(q); err == nil {
				secret.New(v.Get("X-Plex-Token"))
			}
		}
	}
	host, path, _ := strings.Cut(rest, "/")
	if strings.Contains(host, "@") {
		return nil, wrong("a name and a password cannot stand in it")
	}
	// A bare IPv6 address has no brackets.
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		host = "[" + host + "]"
	}
	u, err := url.Parse("http://" + host)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(host, "%,;=|\ufffd") {
		return nil, wrong("it holds no name or number of a computer")
	}
	if strings.EqualFold(u.Hostname(), "app.plex.tv") || strings.EqualFold(u.Hostname(), "plex.tv") {
		return nil, wrong("that is Plex's own web site, not a server")
	}
	port := u.Port()
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return nil, wrong("its port is none")
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	return guesses(scheme, u, port, folder(path)), nil
}

// guesses fills in the scheme and the port that were not entered.
func guesses(scheme string, u *url.URL, port, path string) (all []candidate) {
	schemes := []string{scheme}
	if scheme == "" {
		schemes = []string{"https", "http"}
	}
	add := func(scheme, host string, guess bool) {
		all = append(all, candidate{base: scheme + "://" + host + path, guess: guess})
	}
	usual := net.JoinHostPort(u.Hostname(), strconv.Itoa(Port))
	switch {
	case port != "":
		for _, s := range schemes {
			add(s, u.Host, scheme == "")
		}
	case scheme != "": // as entered first: there may be a proxy at the scheme's own port
		add(scheme, u.Host, false)
		add(scheme, usual, true)
	default:
		for _, s := range schemes {
			add(s, usual, true)
		}
		for _, s := range schemes {
			add(s, u.Host, true)
		}
	}
	return all
}

// folder returns the folder that a proxy keeps Plex in, with a slash before it, or nothing. What Plex's own web page
// adds is none.
func folder(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	if i := slices.Index(strings.Split(path, "/"), "web"); i >= 0 {
		path = strings.Join(strings.Split(path, "/")[:i], "/")
	}
	path = strings.Trim(path, "/")
	if path == "" || path == "identity" {
		return ""
	}
	return "/" + (&url.URL{Path: path}).EscapedPath()
}
