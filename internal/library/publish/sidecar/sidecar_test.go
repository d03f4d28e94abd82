package sidecar

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/publish/publishtest"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestPublisher(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) publishtest.Fixture {
		dir := t.TempDir()
		return publishtest.Fixture{
			New:    func() publishtest.Publisher { return New(preview.DefaultSpec()) },
			Writes: dir,
			Videos: dir,
			Target: func(_ *testing.T, v preview.Video) string {
				return v.Path[:len(v.Path)-len(filepath.Ext(v.Path))] + "-320-10.bif"
			},
		}
	})
}

func TestName(t *testing.T) {
	for _, tt := range []struct {
		video    string
		width    int
		interval time.Duration
		want     string
	}{
		{"/films/Heat (1995).mkv", 320, 10 * time.Second, "Heat (1995)-320-10.bif"},
		{"/films/Heat.1995.mkv", 640, 2 * time.Second, "Heat.1995-640-2.bif"},
		{"/films/Heat.mkv", 320, 2500 * time.Millisecond, "Heat-320-2.5.bif"},
		{"/films/Heat.mkv", 320, 200 * time.Millisecond, "Heat-320-0.2.bif"},
		{"/films/Heat", 320, time.Second, "Heat-320-1.bif"},
		{"/films/.mkv", 320, time.Second, ".mkv-320-1.bif"},
	} {
		if got := Name(tt.video, preview.Spec{Width: tt.width, Interval: tt.interval}); got != tt.want {
			t.Errorf("the preview of %s is called %s, want %s", tt.video, got, tt.want)
		}
	}
}

func TestNobodyHasToBeTold(t *testing.T) {
	if shown, err := New(preview.DefaultSpec()).Show(t.Context(), preview.Video{}); !shown || err != nil {
		t.Errorf("Show = %v, %v", shown, err)
	}
}

// TestAFileThatIsNoPreviewStays: somebody gave a file of their own that name.
func TestAFileThatIsNoPreviewStays(t *testing.T) {
	p := New(preview.DefaultSpec())
	for name, tt := range map[string]struct {
		content string
		want    preview.Reason // empty when it may be replaced
	}{
		"notes":    {"my notes on Heat", preview.TargetForeign},
		"short":    {"\x89BIF", preview.TargetForeign},
		"preview":  {"\x89BIF\r\n\x1a\nwhatever", ""},
		"no bytes": {"", ""}, // what an aborted copy leaves
	} {
		t.Run(name, func(t *testing.T) {
			v := film(t, t.TempDir(), "Heat.mkv")
			target := filepath.Join(filepath.Dir(v.Path), "Heat-320-10.bif")
			if err := os.WriteFile(target, []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			place, err := p.Open(t.Context(), v)
			if got := preview.ReasonOf(err); tt.want != "" && got != tt.want || tt.want == "" && err != nil {
				t.Fatalf("the error is %q (%v), want %q", got, err, tt.want)
			}
			if err == nil {
				place.Close()
			}
			if got, err := os.ReadFile(target); err != nil || string(got) != tt.content {
				t.Errorf("it holds %q, %v", got, err)
			}
		})
	}
}

// TestTwoVideosOfOneName: "Heat.mkv" and "Heat.mp4" would have one preview.
func TestTwoVideosOfOneName(t *testing.T) {
	dir, p := t.TempDir(), New(preview.DefaultSpec())
	first, second := film(t, dir, "Heat.mkv"), film(t, dir, "Heat.mp4")
	opens := func(v preview.Video, want preview.Reason) {
		t.Helper()
		place, err := p.Open(t.Context(), v)
		if err == nil {
			place.Close()
			err = preview.Because("", "")
		}
		if got := preview.ReasonOf(err); got != want {
			t.Errorf("%s: the error is %q (%v), want %q", v.Path, got, err, want)
		}
	}
	opens(first, "")
	opens(second, preview.TargetClash)
	opens(first, "")
	os.Remove(first.Path) // an upgrade
	opens(second, "")
}

func film(t *testing.T, dir, name string) preview.Video {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("a film called "+name), 0o644); err != nil {
		t.Fatal(err)
	}
	return preview.Video{Path: path, Remote: path}
}
