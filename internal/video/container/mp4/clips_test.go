package mp4

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// ffmpeg runs FFmpeg in a folder of the test and returns the path of what it made, the last argument.
func ffmpeg(t testing.TB, args ...string) string {
	t.Helper()
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: no clips to compare with", tool)
		}
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-nostdin", "-v", "error", "-y"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %q: %v\n%s", args, err, out)
	}
	last := args[len(args)-1]
	if filepath.IsAbs(last) {
		return last
	}
	return filepath.Join(dir, last)
}

// source makes a picture source for FFmpeg.
func source(seconds, rate int) []string {
	return []string{"-f", "lavfi", "-i", "testsrc2=size=160x90:rate=" + strconv.Itoa(rate) + ":duration=" + strconv.Itoa(seconds)}
}

func args(parts ...any) []string {
	var all []string
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			all = append(all, strings.Fields(p)...)
		case []string:
			all = append(all, p...)
		}
	}
	return all
}

// truth is what ffprobe says of one packet.
type truth struct {
	at     time.Duration
	offset int64
	size   int
	key    bool
	hidden bool
}

type stream struct {
	id       uint64
	duration time.Duration
	packets  []truth
}

// probe asks ffprobe for the first video stream and its packets, in the order of the file's index.
func probe(t testing.TB, path string) stream {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_packets",
		"-show_entries", "packet=pts_time,pos,size,flags:stream=id,duration", "-of", "json", path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe %s: %v\n%s", path, err, stderr.Bytes())
	}
	var doc struct {
		Packets []struct {
			PTS   string `json:"pts_time"`
			Pos   string `json:"pos"`
			Size  string `json:"size"`
			Flags string `json:"flags"`
		} `json:"packets"`
		Streams []struct {
			ID       string `json:"id"`
			Duration string `json:"duration"`
		} `json:"streams"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatalf("ffprobe %s: %v", path, err)
	}
	var s stream
	if len(doc.Streams) > 0 {
		s.id, _ = strconv.ParseUint(strings.TrimPrefix(doc.Streams[0].ID, "0x"), 16, 64)
		s.duration = seconds(doc.Streams[0].Duration)
	}
	for _, p := range doc.Packets {
		pos, _ := strconv.ParseInt(p.Pos, 10, 64)
		size, _ := strconv.Atoi(p.Size)
		s.packets = append(s.packets, truth{
			at: seconds(p.PTS), offset: pos, size: size, key: strings.HasPrefix(p.Flags, "K"), hidden: strings.Contains(p.Flags, "D"),
		})
	}
	return s
}

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return math.MinInt64
	}
	return time.Duration(math.Round(f * 1e9))
}

// near allows for ffprobe's six digits.
func near(a, b time.Duration) bool { return (a - b).Abs() <= time.Microsecond }

func openFile(t testing.TB, path string) (*File, container.Source) {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	st, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	src := container.Source{R: r, Size: st.Size()}
	f, err := Open(src)
	if err != nil {
		t.Fatalf("open %s: %v", path, err)
	}
	return f, src
}

func openBytes(b []byte) (*File, error) {
	return Open(container.Source{R: bytes.NewReader(b), Size: int64(len(b))})
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
