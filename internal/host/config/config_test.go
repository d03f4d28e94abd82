package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// unusual is what testdata/version-N.toml say, all of them.
func unusual() Config {
	return Config{
		Version: Current,
		Order:   preview.Random,
		Preview: Preview{Interval: Duration(2500 * time.Millisecond), Width: 480, Quality: 6, Accuracy: preview.Exact},
		Devices: Devices{CPUSlots: 0, GPUSlots: Auto},
		Rules: Rules{
			IncludeLibraries: []string{"Films", "2"},
			ExcludeLibraries: []string{"Kids"},
			IncludePaths:     []string{"/mnt/films"},
			ExcludePaths:     []string{"/mnt/films/Trailers"},
			IncludeRegex:     []string{`\.mkv$`},
			ExcludeRegex:     []string{`(?i)sample`},
		},
		Log:    Log{Level: "debug", Format: "json", File: "/var/log/scrubjay.log"},
		Device: []Device{{ID: "cuda:GPU-1c6f", Slots: 3}},
		Servers: []Server{
			{
				Name: "Home", ID: "4f2a", URL: "https://nas:32400", VerifyTLS: new(false),
				PinnedCertificate: strings.Repeat("00112233445566778899aabbccddeeff", 2),
				DataDir:           "/plex/Plex Media Server", ExcludeLibraries: []string{"Clips"},
				Maps: []Map{{`D:\Films`, "/mnt/films"}, {`\\nas\tv`, "/mnt/tv"}},
			},
			{URL: "http://10.0.0.2:32400"},
		},
	}
}

// TestEveryVersionCanBeRead holds the steps to what files of each version said when they were written.
func TestEveryVersionCanBeRead(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("the files have full paths of Unix")
	}
	if Current != len(steps())+1 {
		t.Fatalf("version %d is the newest, and there are %d steps", Current, len(steps()))
	}
	for version := 1; version <= Current; version++ {
		path := filepath.Join("testdata", "version-"+string(rune('0'+version))+".toml")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		d, err := decode(path, data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(unusual(), d.config); diff != "" {
			t.Errorf("version %d: %s", version, diff)
		}
	}
}

func TestStepsLeadToTheNewestVersion(t *testing.T) {
	rename := func(from, to string) step {
		return func(doc map[string]any) error {
			doc[to] = doc[from]
			delete(doc, from)
			return nil
		}
	}
	data, err := migrate(map[string]any{"b": "x", "kept": int64(7)}, 2, []step{rename("a", "b"), rename("b", "c"), rename("c", "d")})
	if err != nil {
		t.Fatal(err)
	}
	want := "d = 'x'\nkept = 7\nversion = 4\n"
	if string(data) != want {
		t.Errorf("got %q, want %q", data, want)
	}
}

// TestWhatIsWrittenIsRead writes any settings and reads them back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	text := rapid.StringOfN(rapid.Rune(), 1, 20, -1).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	words := rapid.SliceOfN(text, 0, 3)
	slots := rapid.Map(rapid.IntRange(int(Auto), MaxSlots), func(n int) Slots { return Slots(n) })
	rapid.Check(t, func(t *rapid.T) {
		c := Default()
		c.Preview.Interval = Duration(rapid.IntRange(200, 3_600_000).Draw(t, "interval")) * Duration(time.Millisecond)
		c.Devices.CPUSlots = slots.Draw(t, "cpu")
		c.Devices.GPUSlots = slots.Draw(t, "gpu")
		c.Rules.ExcludePaths = words.Draw(t, "paths")
		c.Rules.IncludeLibraries = words.Draw(t, "libraries")
		for i, id := range rapid.SliceOfNDistinct(text, 0, 3, rapid.ID).Draw(t, "ids") {
			c.Device = append(c.Device, Device{ID: id, Slots: slots.Draw(t, "slots")})
			s := Server{Name: id, ID: id, ExcludeLibraries: words.Draw(t, "left out")}
			if i == 1 {
				s.VerifyTLS = new(rapid.Bool().Draw(t, "verify"))
			}
			for range i {
				s.Maps = append(s.Maps, Map{Remote: text.Draw(t, "remote"), Local: text.Draw(t, "local")})
			}
			c.Servers = append(c.Servers, s)
		}
		data, err := encode(c)
		if err != nil {
			t.Fatal(err)
		}
		d, err := decode("config.toml", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if diff := cmp.Diff(c.clone(), d.config); diff != "" {
			t.Errorf("%s\n%s", diff, data)
		}
	})
}

// TestTheFileExplainsItself looks at the file of somebody who set nothing: each setting has its comment, and taking the #
// from the examples gives settings that hold.
func TestTheFileExplainsItself(t *testing.T) {
	data, err := encode(Default())
	if err != nil {
		t.Fatal(err)
	}
	before := ""
	var on strings.Builder
	for line := range strings.Lines(string(data)) {
		setting := strings.TrimPrefix(strings.TrimSpace(line), "#")
		isSetting := setting != "" && !strings.HasPrefix(setting, " ") && setting != "# Scrubjay's settings."
		if isSetting && !strings.HasPrefix(before, "# ") {
			t.Errorf("%q has no comment", setting)
		}
		if isSetting {
			line = setting + "\n"
		}
		on.WriteString(line)
		before = line
	}
	if os.PathSeparator != '/' {
		return // the examples have full paths of Unix
	}
	d, err := decode("config.toml", []byte(on.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, on.String())
	}
	if len(d.config.Servers) != 1 || len(d.config.Servers[0].Maps) != 1 || len(d.config.Device) != 1 {
		t.Errorf("the examples are %+v", d.config)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]string{
		"10s": "10s", "10": "10s", "2500ms": "2.5s", "2.5": "2.5s", "90s": "1m30s", "60": "1m", "1h": "1h", "1h30m": "1h30m",
	} {
		d, err := ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%q is %v (%v), want %s", text, d, err, want)
		}
	}
	for _, text := range []string{"", "soon", "10 s", "s", "1d", "NaN"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q is %v", text, d)
		}
	}
}

func TestASpecIsWhatTheSettingsSay(t *testing.T) {
	if got := Default().Preview.Spec(); got != preview.DefaultSpec() {
		t.Errorf("the default is %+v", got)
	}
	want := preview.Spec{Interval: 2500 * time.Millisecond, Width: 480, Quality: 6, Accuracy: preview.Exact}
	if got := unusual().Preview.Spec(); got != want {
		t.Errorf("it is %+v, want %+v", got, want)
	}
}

// TestACopySharesNothing changes every list of a copy.
func TestACopySharesNothing(t *testing.T) {
	c, original := unusual(), unusual()
	d := c.clone()
	d.Rules.IncludeLibraries[0], d.Rules.ExcludeLibraries[0] = "x", "x"
	d.Rules.IncludePaths[0], d.Rules.ExcludePaths[0] = "x", "x"
	d.Rules.IncludeRegex[0], d.Rules.ExcludeRegex[0] = "x", "x"
	d.Device[0].ID, d.Servers[0].Name = "x", "x"
	d.Servers[0].ExcludeLibraries[0], d.Servers[0].Maps[0].Local = "x", "x"
	*d.Servers[0].VerifyTLS = true
	if !reflect.DeepEqual(c, original) {
		t.Error(cmp.Diff(original, c))
	}
}
