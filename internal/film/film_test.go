package film_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/film"
)

var small = film.Film{
	Name: "small.mp4", Source: "testsrc2=s=320x180:r=10,format=yuv420p", Piece: 2 * time.Second, Times: 3,
	Encode: []string{"-c:v", "mpeg4"},
}

// tools returns the paths of FFmpeg's programs.
func tools(t *testing.T) (ffmpeg, ffprobe string) {
	t.Helper()
	for name, path := range map[string]*string{"ffmpeg": &ffmpeg, "ffprobe": &ffprobe} {
		var err error
		if *path, err = exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed here", name)
		}
	}
	return ffmpeg, ffprobe
}

func TestMakeRepeatsThePiece(t *testing.T) {
	ffmpeg, ffprobe := tools(t)
	path, err := small.Make(t.Context(), ffmpeg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(ffprobe, "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "6.000000" {
		t.Errorf("it lasts %s s, want 6 s (error: %v)", got, err)
	}
}

func TestMakeKeepsAFilmUntilItsRecipeChanges(t *testing.T) {
	ffmpeg, _ := tools(t)
	dir := t.TempDir()
	path, err := small.Make(t.Context(), ffmpeg, dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Make(t.Context(), filepath.Join(dir, "no-ffmpeg-is-needed"), dir); err != nil {
		t.Errorf("second time: %v", err)
	}

	longer := small
	longer.Times = 5
	if _, have := longer.Have(dir); have {
		t.Error("a longer film is said to lie there already")
	}
	if _, err := longer.Make(t.Context(), ffmpeg, dir); err != nil {
		t.Fatal(err)
	}
	if second, err := os.Stat(path); err != nil || second.Size() <= first.Size() {
		t.Errorf("the longer film was not made: %v", err)
	}
}

func TestMakeLeavesNothingBehindWhenItFails(t *testing.T) {
	ffmpeg, _ := tools(t)
	dir := t.TempDir()
	broken := small
	broken.Source = "no_such_source"
	if _, err := broken.Make(t.Context(), ffmpeg, dir); err == nil || !strings.Contains(err.Error(), "no_such_source") {
		t.Errorf("the error does not say what was wrong: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (error: %v)", left, err)
	}
}

func TestAnUprightFilmIsShownTurned(t *testing.T) {
	ffmpeg, ffprobe := tools(t)
	turned := small
	turned.Upright = 90
	path, err := turned.Make(t.Context(), ffmpeg, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// FFmpeg counts counter-clockwise.
	out, err := exec.Command(ffprobe, "-v", "error", "-show_entries", "stream_side_data=rotation", "-of", "default=nw=1:nk=1", path).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "-90" {
		t.Errorf("rotation is %q, want -90 (error: %v)", got, err)
	}
}
