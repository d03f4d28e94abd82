package main

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/host/store"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestMeasureCountsChildrenToo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what a process read")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 3<<20), 0o666); err != nil {
		t.Fatal(err)
	}
	u, out, err := measure(t.Context(), command{path: "/bin/sh", args: []string{"-c", `cat "$0" | wc -c; echo "$MORE"`, file}, env: []string{"MORE=more"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); len(got) != 2 || got[0] != "3145728" || got[1] != "more" {
		t.Errorf("stdout is %q", out)
	}
	// cat reads the file, and wc reads it again from the pipe.
	if u.read < 6<<20 || u.read > 7<<20 {
		t.Errorf("%d bytes were read, want 6 MiB and a little", u.read)
	}
	if u.wall <= 0 {
		t.Errorf("it took %v", u.wall)
	}
}

func TestMeasureFailsWithWhatTheProgramSaid(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	_, _, err = measure(t.Context(), command{path: sh, args: []string{"-c", "echo no room >&2; exit 3"}})
	if err == nil || !strings.Contains(err.Error(), "no room") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error is %v", err)
	}
}

func TestTheFirstLineIsTimedAndEndsTheProgram(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	u, err := untilFirstLine(t.Context(), command{path: sh, args: []string{"-c", "trap 'exit 0' INT; printf 'one '; echo line; while :; do sleep 0.01; done"}})
	if err != nil || u.wall <= 0 {
		t.Errorf("it took %v (error: %v)", u.wall, err)
	}
	_, err = untilFirstLine(t.Context(), command{path: sh, args: []string{"-c", "echo no room >&2; exit 3"}})
	if err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("error of a program without a line is %v", err)
	}
}

func TestTheLastLineAndAFigure(t *testing.T) {
	s, err := lastLine([]byte(`{"event":"task"}` + "\n" + `{"event":"summary","videos":3,"already":2,"shown":1}` + "\n"))
	if want := (summary{Videos: 3, Already: 2, Shown: 1}); s != want || err != nil {
		t.Errorf("the last line is %+v (error: %v)", s, err)
	}
	if _, err := lastLine([]byte("no JSON\n")); err == nil {
		t.Error("a last line that is no JSON is taken")
	}
	if got, err := figure([]byte("goos: linux\nBenchmarkTasks-2   5000   1613 tasks/s\nPASS\n"), "tasks/s"); got != 1613 || err != nil {
		t.Errorf("the figure is %v (error: %v)", got, err)
	}
	if _, err := figure([]byte("PASS\n"), "tasks/s"); err == nil {
		t.Error("a figure was found where there is none")
	}
}

// TestALibraryIsPlayed: the figures are those of a scrubjayd that finds its server, its queue and its ledger.
func TestALibraryIsPlayed(t *testing.T) {
	l, err := play(t.TempDir(), 1500, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.end()
	if err := l.know(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.queue(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = l.store(t.Context(), func(s *store.Store) error {
		due, err := s.DueTasks(t.Context(), preview.TaskQueued, time.Now(), 2000)
		if len(due) != 1500 || filepath.Base(due[0].Video.Path) != "Broken.mkv" {
			t.Errorf("%d tasks are queued", len(due))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMediansAreTakenFigureByFigure(t *testing.T) {
	got := medians([]usage{{wall: 3, cpu: 1, read: 5, memory: 7}, {wall: 1, cpu: 2, read: 5, memory: 9}, {wall: 2, cpu: 3, read: 4, memory: 8}})
	if want := (usage{wall: 2, cpu: 2, read: 5, memory: 8}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLargestGap(t *testing.T) {
	for name, tc := range map[string]struct {
		lines string
		want  time.Duration
		bad   bool
	}{
		"even":          {lines: "packet,0.000000,K_\npacket,0.04,__\npacket,4.000000,K_\npacket,8.000000,K__\n", want: 4 * time.Second},
		"one is wider":  {lines: "packet,0.0,K_\npacket,2.5,K_\npacket,10,K_\n", want: 7500 * time.Millisecond},
		"one keyframe":  {lines: "packet,0.000000,K_\n", bad: true},
		"nothing":       {lines: "", bad: true},
		"without times": {lines: "packet,N/A,K_\n", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := largestGap(tc.lines)
			if got != tc.want || (err != nil) != tc.bad {
				t.Errorf("got %v and error %v", got, err)
			}
		})
	}
}

func TestDifferingSeesPicturesNotBytes(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, grey uint8, comment string) {
		t.Helper()
		picture := image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420)
		for i := range picture.Y {
			picture.Y[i] = grey
		}
		for i := range picture.Cb {
			picture.Cb[i], picture.Cr[i] = 128, 128
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, picture, nil); err != nil {
			t.Fatal(err)
		}
		file := b.Bytes()
		if comment != "" {
			file = append([]byte{0xff, 0xd8, 0xff, 0xfe, 0, byte(2 + len(comment))}, append([]byte(comment), file[2:]...)...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("0.jpg", 40, "papers")
	write("2000.jpg", 40, "") // the one before, though its bytes differ
	write("4000.jpg", 90, "")
	write("10000.jpg", 90, "") // the one before; as text it would sort to the front
	write("12000.jpg", 40, "")
	if got, err := differing(dir); got != 0.5 || err != nil {
		t.Errorf("%v of the pictures differ (error: %v), want 2 of 4", got, err)
	}
}

func TestStandInKeepsThePackets(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	dir := filepath.Join(t.TempDir(), "it's a folder")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	fake := filepath.Join(dir, "real")
	if err := os.WriteFile(fake, []byte("#!"+sh+"\necho \"$# arguments\"; cat\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	standIn, err := standInFor(fake, fake, dir)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(standIn, "-i", "pipe:0", "-vf", "scale=320:-2, x")
	run.Stdin = strings.NewReader("packets")
	if out, err := run.CombinedOutput(); err != nil || string(out) != "4 arguments\npackets" {
		t.Errorf("it says %q (error: %v)", out, err)
	}
	for name, want := range map[string]string{"feed": "packets", "args": "-i\npipe:0\n-vf\nscale=320:-2, x\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, want %q (error: %v)", name, got, want, err)
		}
	}
}

func TestReportFitsItsColumns(t *testing.T) {
	var b bytes.Buffer
	r := report{w: &b}
	r.title("A film")
	r.libraryTitle("A library of %s videos", "100,000")
	r.libraryRow("scan, no file there, a second time", usage{wall: 1540 * time.Second, cpu: 299 * time.Second, memory: 100 << 20}, 100_000)
	r.row("the usual way", usage{wall: 154 * time.Second, cpu: 299 * time.Second, read: 16_040e6, memory: -1}, 8_020e6)
	r.must(true, "A film: faster", "10x", "15.2x")
	if r.must(false, "A film: memory", "64 MiB", "65 MiB"); r.end() {
		t.Error("a goal that was missed counts as reached")
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 101 {
			t.Errorf("%d columns: %s", len(line)-1, line)
		}
	}
	if want := "16,040 MB   200.0 %         -"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
