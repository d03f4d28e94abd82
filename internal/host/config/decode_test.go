package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	const damaged, invalid, newer = preview.ConfigDamaged, preview.ConfigInvalid, preview.ConfigNewer
	for _, tt := range []struct {
		name, file string
		reason     preview.Reason
		want       []string // one line each
	}{
		{"a name that nobody knows", "[preview]\nwidth = 320\nintervall = 5", invalid, []string{"f:3: preview.intervall is no setting that Scrubjay knows"}},
		{
			"several", "typo = 1\n[foo]\na = 1\n[[server]]\nurl = 'http://nas:32400'\ntoken = 'abc'", invalid,
			[]string{
				"f:1: typo is no setting that Scrubjay knows", "f:2: foo is no setting that Scrubjay knows",
				"f:6: server.token is no setting that Scrubjay knows",
			},
		},
		{"a text for a number", "[preview]\n\nwidth = '320'", invalid, []string{"f:3: preview.width must be a whole number"}},
		{"a number for a text", "order = 1", invalid, []string{"f:1: order must be a text in quotes"}},
		{"a number for a yes", "[[server]]\nverify_tls = 0", invalid, []string{"f:2: server.verify_tls must be true or false"}},
		{"a text for a list", "[rules]\nexclude_paths = '/a'", invalid, []string{`f:2: rules.exclude_paths must be a list of texts such as ["one", "two"]`}},
		{"one bracket too few", "[server]\ndata_dir = 'x'\n[server.map]\nremote = ''\nlocal = 'a'", invalid, []string{
			"f: server[0].url must be the server's address, unless id says which server it is", "f:2: server[0].data_dir must be a full path",
			"f:4: server[0].map[0].remote must be the folder as Plex names it",
		}},
		{"a value for parts", "server = {url = 'http://nas'}", invalid, []string{"f:1: server must be a part that begins with [[server]]"}},
		{"parts for a table", "[[preview]]\nwidth = 1", invalid, []string{"f:1: preview must be a part that begins with [preview]"}},
		{"a value for a table", "preview = 1", invalid, []string{"f:1: preview must be a part that begins with [preview]"}},
		{
			"values that cannot be", "order = 'best'\n[preview]\ninterval = 'soon'\nwidth = 5\nquality = 99\naccuracy = 'wrong'\n" +
				"[devices]\ncpu_slots = 3000\ngpu_slots = 'many'\n[log]\nlevel = 'loud'\nformat = 'xml'\nfile = 'here.log'", invalid,
			[]string{
				`f:1: order must be newest, oldest, random or name, not "best"`,
				"f:3: preview.interval must be a time such as 10s, 2500ms or 10",
				"f:4: preview.width must be between 16 and 3840 pixels, not 5",
				"f:5: preview.quality must be between 2 (best) and 31 (smallest), not 99",
				`f:6: preview.accuracy must be auto, keyframe or exact, not "wrong"`,
				"f:8: devices.cpu_slots must be auto, or a number from 0 to 64",
				"f:9: devices.gpu_slots must be auto, or a number from 0 to 64",
				`f:11: log.level must be debug, info, warn or error, not "loud"`,
				`f:12: log.format must be pretty or json, not "xml"`,
				"f:13: log.file must be a full path",
			},
		},
		{"an interval that is too short", "[preview]\ninterval = 0.05", invalid, []string{"f:2: preview.interval must be between 200ms and 1h0m0s, not 50ms"}},
		{
			"servers", "[[server]]\nname = 'A'\n[[server]]\nurl = 'http://nas:32400'\nid = 'x'\n[[server]]\nid = 'x'\nurl = 'HTTP://NAS:32400/'\n" +
				"pinned_certificate = '12'\ndata_dir = 'plex'\nexclude_libraries = ['']\n[[server.map]]\nremote = '/a'\n[[server.map]]\nlocal = '/b'", invalid,
			[]string{
				"f: server[0].url must be the server's address, unless id says which server it is",
				"f:7: server[2].id is there twice",
				"f:8: server[2].url is there twice",
				"f:9: server[2].pinned_certificate must be a SHA-256: 64 digits and letters from a to f, with colons between them or not",
				"f:10: server[2].data_dir must be a full path",
				"f:11: server[2].exclude_libraries has nothing in place 1",
				"f: server[2].map[0].local must be the same folder as this machine names it",
				"f: server[2].map[1].remote must be the folder as Plex names it",
			},
		},
		{
			"rules", "[rules]\nexclude_paths = ['/a', ' ']\nexclude_regex = ['(']", invalid,
			[]string{
				"f:2: rules.exclude_paths has nothing in place 2",
				"f:3: rules.exclude_regex has \"(\", which is no regular expression: error parsing regexp: missing closing ): `(`",
			},
		},
		{
			"devices", "device = [{slots = 1},\n {id = 'a', slots = 100}, {id = 'a', slots = 1}]", invalid,
			[]string{
				"f: device[0].id must say which device; scrubjayd devices lists them",
				"f:2: device[1].slots must be auto, or a number from 0 to 64", "f:2: device[2].id is there twice",
			},
		},
		{"no TOML", "version = 1\n[preview\n", damaged, []string{"f:2: "}},
		{"a path of Windows in double quotes", "[log]\nfile = \"C:\\Users\"", damaged, []string{"f:2: "}},
		{"twice", "version = 1\nversion = 1", damaged, []string{"f:2: key version is already defined"}},
		{"nothing", " \n", damaged, []string{"f: is empty; delete it to begin with the defaults"}},
		{"zeros", "\x00\x00\x00", damaged, []string{"f: is empty; delete it to begin with the defaults"}},
		{"UTF-16", "\xff\xfev\x00", damaged, []string{"f: is UTF-16 text; save it as UTF-8"}},
		{"no text at all", "\x89PNG\r\n\x1a\n", damaged, []string{"f:1: "}},
		{"a newer version", "version = 99\nfrom_the_future = true", newer, []string{"f: is of version 99, and this Scrubjay knows those up to 1"}},
		{"no version", "version = 0", invalid, []string{"f: version must be a number from 1 on"}},
		{"a version that is none", "version = 'x'", invalid, []string{"f: version must be a number from 1 on"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decode("f", []byte(tt.file))
			if got := preview.ReasonOf(err); err == nil || got != tt.reason {
				t.Fatalf("the reason is %q (%v), want %q", got, err, tt.reason)
			}
			got := strings.Split(err.Error(), "\n")
			if len(tt.want) == 1 && strings.HasSuffix(tt.want[0], ": ") { // go-toml's own words
				got = []string{got[0][:min(len(got[0]), len(tt.want[0]))]}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnEditorsMarkAndLineEndsAreNoMistake(t *testing.T) {
	d, err := decode("f", []byte("\xef\xbb\xbforder = 'name'\r\n[preview]\r\nwidth = 480\r\n"))
	if err != nil || d.config.Order != preview.ByName || d.config.Preview.Width != 480 {
		t.Errorf("%+v, %v", d.config, err)
	}
}

// TestAddresses says what is an address of a server, and that none is repeated in an error: people paste tokens with them.
func TestAddresses(t *testing.T) {
	for _, sound := range []string{
		"http://nas:32400", "https://1-2-3-4.abc.plex.direct:32400/", "http://[fe80::1]:32400", "HTTPS://plex.example.org/plex",
		"http://my_nas:32400",
	} {
		if err := checkURL(sound); err != nil {
			t.Errorf("%s: %v", sound, err)
		}
	}
	for _, bad := range []string{
		"nas:32400", "192.168.1.5:32400", "hunter2", "ftp://nas", "http://", "http://nas:hunter2", "http://me:hunter2@nas",
		"http://nas/?X-Plex-Token=hunter2", "http://nas/#hunter2", "http://nas:32400\n",
	} {
		if err := checkURL(bad); err == nil {
			t.Errorf("%q passed", bad)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
	if sameURL("http://NAS:80/") != sameURL("HTTP://nas") || sameURL("https://nas:80") == sameURL("https://nas") {
		t.Error("addresses are compared by their looks")
	}
}

// FuzzDecode wants a typed error or settings that can be written and read again.
func FuzzDecode(f *testing.F) {
	if sample, err := encode(unusual()); err == nil {
		f.Add(sample)
	}
	f.Add([]byte("server = [{url = 'http://nas', map = [{remote = 'a'}]}]\nserver.x.y = 1"))
	f.Add([]byte("[[server]]\n[[server.map]]\n[server.map.x]\n[[a.b]]\n[[a.b.c]]"))
	f.Add([]byte("preview = {interval = {}, width = 1}\n\"a[0]\" = [[{}]]\n[devices]\ncpu_slots = [1]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode("config.toml", data)
		if err != nil {
			switch preview.ReasonOf(err) {
			case preview.ConfigDamaged, preview.ConfigInvalid, preview.ConfigNewer:
			default:
				t.Errorf("the error is %v", err)
			}
			if len(problemsOf(err)) == 0 {
				t.Errorf("nothing is named: %v", err)
			}
			return
		}
		for key, line := range d.lines {
			if line < 1 || line > 1+strings.Count(string(data), "\n") {
				t.Errorf("%s is in line %d", key, line)
			}
		}
		again, err := encode(d.config)
		if err != nil {
			t.Fatal(err)
		}
		e, err := decode("config.toml", again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.config, e.config); diff != "" {
			t.Error(diff)
		}
	})
}
