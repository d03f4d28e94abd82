package fakeffmpeg_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
)

func TestMain(m *testing.M) {
	if fakeffmpeg.Active() {
		fakeffmpeg.Main()
	}
	os.Exit(m.Run())
}

// call runs a fake and returns its stdout, stderr and exit status.
func call(t *testing.T, path string, stdin []byte, args ...string) (stdout []byte, stderr string, status int) {
	t.Helper()
	cmd := exec.Command(path, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.Bytes(), errs.String(), failed.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), errs.String(), 0
}

// seen returns the times of the packets of a stream in seconds, as the real ffprobe sees them.
func seen(t *testing.T, stream []byte) []string {
	t.Helper()
	ffprobe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Skip("the real ffprobe is not installed")
	}
	cmd := exec.Command(ffprobe, "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", "-")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(strings.ReplaceAll(string(out), ",", ""))
}

func TestPicturesAreAStreamThatFFmpegReads(t *testing.T) {
	ffmpeg, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{
		FFmpeg: []fakeffmpeg.Scene{{Pictures: 3, First: 2 * time.Second, Step: 10 * time.Second}},
	})
	out, _, status := call(t, ffmpeg, nil)
	if status != 0 {
		t.Errorf("exit status %d", status)
	}
	if diff := cmp.Diff([]string{"2.000000", "12.000000", "22.000000"}, seen(t, out)); diff != "" {
		t.Errorf("times of the pictures (-want +got):\n%s", diff)
	}
}

func TestFedPicturesAnswerTheWantedBlocks(t *testing.T) {
	ffmpeg, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{FFmpeg: []fakeffmpeg.Scene{
		{When: "make", Pictures: 5, Step: 500 * time.Second},
		{FedPictures: true},
	}})
	feed, _, _ := call(t, ffmpeg, nil, "make")
	out, _, _ := call(t, ffmpeg, feed)
	if diff := cmp.Diff([]string{"0.000000", "1000.000000", "2000.000000"}, seen(t, out)); diff != "" {
		t.Errorf("times of the pictures (-want +got):\n%s", diff)
	}
}

func TestScenesAreChosenByArgumentsAndTurns(t *testing.T) {
	ffmpeg, ffprobe := fakeffmpeg.Install(t, fakeffmpeg.Script{
		FFmpeg: []fakeffmpeg.Scene{
			{When: "-hwaccel cuda", Stderr: "no cuda\n", Exit: 3},
			{Times: 2, Exit: 1},
			{Stdout: "done"},
		},
		FFprobe: []fakeffmpeg.Scene{{When: "a.mkv", Stdout: "{}"}},
	})
	var got []string
	for _, args := range []string{"1\xff\n\t\"", "2 -hwaccel cuda", "3", "4", "-version"} {
		out, errs, status := call(t, ffmpeg, nil, strings.Split(args, " ")...)
		line, _, _ := strings.Cut(string(out)+errs, " Copyright")
		got = append(got, strings.TrimSpace(line)+" "+string(rune('0'+status)))
	}
	if out, _, status := call(t, ffprobe, nil, "a.mkv"); string(out) != "{}" || status != 0 {
		t.Errorf("ffprobe printed %q, status %d", out, status)
	}
	if _, errs, status := call(t, ffprobe, nil, "b.mkv"); status == 0 || !strings.Contains(errs, "no scene") {
		t.Errorf("a call without a scene printed %q, status %d", errs, status)
	}
	want := []string{" 1", "no cuda 3", " 1", "done 0", "ffmpeg version 7.1.1-Jellyfin 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantCalls := []fakeffmpeg.Call{
		{Program: "ffmpeg", Args: []string{"1\xff\n\t\""}, Scene: 1},
		{Program: "ffmpeg", Args: []string{"2", "-hwaccel", "cuda"}, Scene: 0},
		{Program: "ffmpeg", Args: []string{"3"}, Scene: 1},
		{Program: "ffmpeg", Args: []string{"4"}, Scene: 2},
		{Program: "ffprobe", Args: []string{"a.mkv"}, Scene: 0},
		{Program: "ffprobe", Args: []string{"b.mkv"}, Scene: -1},
	}
	if diff := cmp.Diff(wantCalls, fakeffmpeg.Calls(t, ffmpeg)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestBrokenPictures(t *testing.T) {
	whole := []byte{0xFF, 0xD9} // how a JPEG ends
	for broken, ends := range map[fakeffmpeg.Broken]bool{
		fakeffmpeg.Whole: true, fakeffmpeg.CutStream: false, fakeffmpeg.CutPicture: false, fakeffmpeg.NotAJPEG: false,
	} {
		ffmpeg, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{
			FFmpeg: []fakeffmpeg.Scene{{Pictures: 2, Broken: broken, Killed: true}},
		})
		out, _, status := call(t, ffmpeg, nil)
		if status == 0 {
			t.Errorf("%q: a killed fake ended with success", broken)
		}
		if bytes.HasSuffix(out, whole) != ends || bytes.Count(out, whole) == 0 {
			t.Errorf("%q: the stream ends with % x", broken, out[len(out)-4:])
		}
	}
}

func TestRealPlaysThroughTheFake(t *testing.T) {
	echo, err := exec.LookPath("echo")
	if err != nil {
		t.Skip("no program named echo")
	}
	ffmpeg, _ := fakeffmpeg.Install(t, fakeffmpeg.Script{FFmpeg: []fakeffmpeg.Scene{{Real: echo}}})
	if out, _, _ := call(t, ffmpeg, nil, "a", "b"); string(out) != "a b\n" {
		t.Errorf("the real program printed %q", out)
	}
}
