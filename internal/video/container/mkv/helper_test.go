package mkv

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// needFFmpeg skips the test on a machine without FFmpeg, and everywhere with -short.
func needFFmpeg(t *testing.T) {
	t.Helper()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// ffmpeg runs FFmpeg with args and fails the test when it fails. A clip of an encoder that this build of FFmpeg
// lacks skips the test.
func ffmpeg(t *testing.T, args ...string) {
	t.Helper()
	args = append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-y"}, args...)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput()
	if bytes.Contains(out, []byte("Unknown encoder")) {
		t.Skipf("this FFmpeg lacks an encoder: %s", out)
	}
	if err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, out)
	}
}

// clip makes a video of a few seconds. args come between the test pattern and the file name.
func clip(t *testing.T, name string, seconds int, args ...string) string {
	t.Helper()
	needFFmpeg(t)
	path := filepath.Join(t.TempDir(), name)
	source := "testsrc2=size=192x108:rate=25:duration=" + strconv.Itoa(seconds)
	ffmpeg(t, slices.Concat([]string{"-f", "lavfi", "-i", source}, args, []string{path})...)
	return path
}

// packet is a packet as ffprobe prints it.
type packet struct {
	at   time.Duration
	pos  int64 // of the block's first byte behind its size
	size int
	key  bool
}

// packets asks ffprobe for the packets of video stream n.
func packets(t *testing.T, path string, n int) []packet {
	t.Helper()
	needFFmpeg(t)
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_packets",
		"-select_streams", "v:"+strconv.Itoa(n), "-show_entries", "packet=pts_time,pos,size,flags",
		"-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	var list struct {
		Packets []struct {
			PTS   string `json:"pts_time"`
			Pos   string `json:"pos"`
			Size  string `json:"size"`
			Flags string `json:"flags"`
		} `json:"packets"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	var all []packet
	for _, p := range list.Packets {
		seconds, err := strconv.ParseFloat(p.PTS, 64)
		if err != nil {
			seconds = math.NaN()
		}
		pos, _ := strconv.ParseInt(p.Pos, 10, 64)
		size, _ := strconv.Atoi(p.Size)
		all = append(all, packet{time.Duration(math.Round(seconds * 1e9)), pos, size, p.Flags[0] == 'K'})
	}
	return all
}

// sameTime reports whether two times are the same to the microsecond that ffprobe prints.
func sameTime(a, b time.Duration) bool { return (a - b).Abs() <= time.Microsecond }

// counter counts what is read of a file.
type counter struct {
	r     io.ReaderAt
	reads atomic.Int64
	bytes atomic.Int64
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.reads.Add(1)
	c.bytes.Add(int64(n))
	return n, err
}

// source opens a file for a test, with a count of what is read of it.
func source(t *testing.T, path string) (container.Source, *counter) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{r: f}
	return container.Source{R: c, Size: st.Size()}, c
}

func open(t *testing.T, path string) *File {
	t.Helper()
	src, _ := source(t, path)
	f, err := Open(src)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// inMemory opens the bytes of a file.
func inMemory(b []byte) container.Source {
	return container.Source{R: bytes.NewReader(b), Size: int64(len(b))}
}
