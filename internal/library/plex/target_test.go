package plex

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func bases(all []candidate) (b []string) {
	for _, c := range all {
		b = append(b, c.base)
	}
	return b
}

func TestAddressesAreReadAsTheyWereMeant(t *testing.T) {
	for entered, want := range map[string][]string{
		"http://192.168.1.10:32400":                      {"http://192.168.1.10:32400"},
		" http://192.168.1.10:32400/ ":                   {"http://192.168.1.10:32400"},
		"HTTP:\\\\nas:32400\\":                           {"http://nas:32400"},
		"192.168.1.10:32400":                             {"https://192.168.1.10:32400", "http://192.168.1.10:32400"},
		"192.168.1.10 : 32400":                           {"https://192.168.1.10:32400", "http://192.168.1.10:32400"},
		"nas":                                            {"https://nas:32400", "http://nas:32400", "https://nas", "http://nas"},
		"https://plex.example.com":                       {"https://plex.example.com", "https://plex.example.com:32400"},
		"https://example.com/plex/":                      {"https://example.com/plex", "https://example.com:32400/plex"},
		"http://nas:32400/web/index.html#!/settings":     {"http://nas:32400"},
		"http://nas:32400/plex/web/index.html":           {"http://nas:32400/plex"},
		"http://nas:32400/identity":                      {"http://nas:32400"},
		"http:/nas:32400":                                {"http://nas:32400"},
		"http://nas:32400/?X-Plex-Token=zaubertoken4711": {"http://nas:32400"},
		"2001:db8::10":                                   {"https://[2001:db8::10]:32400", "http://[2001:db8::10]:32400", "https://[2001:db8::10]", "http://[2001:db8::10]"},
		"[2001:db8::10]:32400":                           {"https://[2001:db8::10]:32400", "http://[2001:db8::10]:32400"},
		"https://1-2-3-4.abcdef0123.plex.direct:32400":   {"https://1-2-3-4.abcdef0123.plex.direct:32400"},
		"nas:":                 {"https://nas:32400", "http://nas:32400", "https://nas", "http://nas"},
		"\"http://nas:32400\"": {"http://nas:32400"},
		"http://nas:32400/a b": {"http://nas:32400/ab"},
	} {
		got, err := addresses(entered)
		if err != nil {
			t.Errorf("%q: %v", entered, err)
		} else if diff := cmp.Diff(want, bases(got)); diff != "" {
			t.Errorf("%q: %s", entered, diff)
		}
	}
}

func TestWhatIsNoAddressIsExplained(t *testing.T) {
	for _, entered := range []string{
		"https://app.plex.tv/desktop/#!/", "plex.tv", "ftp://nas", "http://", "http://ann:word@nas:32400", "nas:99999", "nas:x",
		"http://[::1", "nas,other", "http://%zz",
	} {
		got, err := addresses(entered)
		if preview.ReasonOf(err) != preview.PlexAddress {
			t.Errorf("%q gave %v, %v", entered, bases(got), err)
		}
	}
}

// A resource as plex.tv lists it for a server in a container, with all kinds of addresses.
func resource() Resource {
	direct := func(name string, port string) string {
		return "https://" + name + ".00112233445566778899aabbccddeeff.plex.direct:" + port
	}
	return Resource{Name: "Home", ID: machine, Token: token, Owned: true, Connections: []Connection{
		{URI: direct("198-51-100-7", "8443"), Protocol: "https", Address: "198.51.100.7", Port: 8443, Relay: true},
		{URI: direct("203-0-113-1", "32400"), Protocol: "https", Address: "203.0.113.1", Port: 32400},
		{URI: direct("172-18-0-2", "32400"), Protocol: "https", Address: "172.18.0.2", Port: 32400, Local: true},
		{URI: direct("192-168-1-10", "32400"), Protocol: "https", Address: "192.168.1.10", Port: 32400, Local: true},
		{URI: "http://203.0.113.1:32400", Protocol: "http", Address: "203.0.113.1", Port: 32400},
		{URI: direct("2001-db8-0-0-0-0-0-10", "32400"), Protocol: "https", Address: "2001:db8::10", Port: 32400, Local: true, IPv6: true},
		{URI: "ftp://nonsense", Address: "nonsense", Local: true, Port: 70000},
	}}
}

func TestAddressesAreTriedBestFirst(t *testing.T) {
	direct := ".00112233445566778899aabbccddeeff.plex.direct:"
	encrypted := []string{
		"https://172-18-0-2" + direct + "32400", "https://192-168-1-10" + direct + "32400", "https://2001-db8-0-0-0-0-0-10" + direct + "32400",
	}
	plain := []string{"http://172.18.0.2:32400", "http://192.168.1.10:32400", "http://[2001:db8::10]:32400"}
	far := []string{"https://203-0-113-1" + direct + "32400", "https://198-51-100-7" + direct + "8443"}

	all := func(parts ...[]string) (all []string) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	target := resource().Target()
	got, err := target.candidates(true)
	if diff := cmp.Diff(all(encrypted, plain, far), bases(got)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	got, err = target.candidates(false)
	if diff := cmp.Diff(all(encrypted, far), bases(got)); err != nil || diff != "" {
		t.Error("without plain http:", err, diff)
	}
	target.URL = "nas:32400"
	got, err = target.candidates(false)
	if diff := cmp.Diff(all([]string{"https://nas:32400"}, encrypted, far), bases(got)); err != nil || diff != "" {
		t.Error("with an address that was entered:", err, diff)
	}
}

func TestTargetWithoutAnyAddress(t *testing.T) {
	if _, err := Connect(t.Context(), Target{Name: "Home"}, ConnectOptions{}); preview.ReasonOf(err) != preview.PlexAddress {
		t.Error(err)
	}
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"nas", "http://nas:32400/web", "[::1]:1", "https://a/b?X-Plex-Token=c#d", "http:/\\x", "::", "ä:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, entered string) {
		all, err := addresses(entered)
		if (err == nil) == (len(all) == 0) {
			t.Fatal(all, err)
		}
		for _, c := range all {
			again, err := addresses(c.base)
			if err != nil || again[0].base != c.base {
				t.Errorf("%q became %q, and that %v, %v", entered, c.base, again, err)
			}
		}
	})
}
