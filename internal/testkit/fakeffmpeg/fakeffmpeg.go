// Package fakeffmpeg is an FFmpeg for tests that plays what a test tells it to: it gives pictures, stalls, dies,
// prints garbage. It knows no code of Scrubjay; to the code under test it is a program like any other.
//
// The fake is the test's own binary under another name, so the package of the test needs this:
//
//	func TestMain(m *testing.M) {
//		if fakeffmpeg.Active() {
//			fakeffmpeg.Main()
//		}
//		os.Exit(m.Run()) // or goleak.VerifyTestMain(m)
//	}
//
// A test installs one with a script. What the fakes are asked about themselves (-version, -filters, -hwaccels,
// -decoders, -h) they answer by Script.Release. Every other call plays the first scene that fits its arguments and
// is not used up:
//
//	ffmpeg, ffprobe := fakeffmpeg.Install(t, fakeffmpeg.Script{
//		FFprobe: []fakeffmpeg.Scene{{Stdout: probeJSON}},
//		FFmpeg: []fakeffmpeg.Scene{
//			{When: "-hwaccel cuda", Stderr: "Cannot load libcuda.so.1\n", Exit: 1},
//			{Times: 1, Pictures: 3, Stall: true}, // the first try on the CPU hangs after three pictures
//			{Pictures: 12, Step: 1000 * time.Second},
//		},
//	})
//	// … run the code under test with these two paths …
//	calls := fakeffmpeg.Calls(t, ffmpeg) // what it was asked, in order
//
// Like the real one, a fake reads its stdin while it works and waits for its end before it exits with success.
package fakeffmpeg

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Script is what an installed pair of fakes plays.
type Script struct {
	// Release is what the fakes say they are: "5.1" (Debian's), "7.1" (jellyfin's), "8.0" (Windows, gyan.dev's) or
	// "4.4" (Ubuntu's); any other text is printed as the version as it is. Empty is "7.1".
	Release string

	// Filters, HWAccels and Decoders are what the build has. Nil is what a full build has, without any GPU's.
	Filters, HWAccels, Decoders []string

	// Options are the options of filters, for "-h filter=NAME": {"tonemapx": {"apply_dovi"}}.
	Options map[string][]string
	// Mute makes the fakes hang when they are asked about themselves.
	Mute bool

	FFmpeg, FFprobe []Scene
}

// Scene is one call of a fake. What is set is done in the order of the fields.
type Scene struct {
	When  string // fits calls whose arguments, joined by spaces, contain this; empty fits all
	Times int    // plays so many times, then later scenes get their turn; 0 is for ever

	Real     string // path of a real program that runs in place of the rest of the scene, with the same arguments
	Stubborn bool   // ignores signals that can be ignored, and the end of its pipes
	Stderr   string // printed before all else
	Stdout   string // printed as it is: an ffprobe JSON, garbage

	// Pictures is how many JPEGs are printed, as a Matroska stream such as FFmpeg's; the header of the stream comes
	// with the first. FedPictures prints, after those, one for every block of the Matroska stream on stdin whose
	// time in whole seconds is a multiple of 1000, at that time: what our own select filter keeps.
	Pictures    int
	FedPictures bool
	First, Step time.Duration // time of the first picture, and between two; Step 0 is 1000 s
	Width       int           // of the pictures; 0 is 320
	Height      int           // 0 is 180
	Paint       Paint
	Broken      Broken // what is wrong with the last picture

	Stall  bool // makes no progress any more (at most 10 min, should nobody end it)
	Killed bool // ends as by SIGKILL
	Exit   int  // exit status
}

// Paint is what is on the pictures.
type Paint string

// The paints.
const (
	Lively Paint = ""      // another picture each time
	Alike  Paint = "alike" // the same picture each time
	Green  Paint = "green" // solid green, what a broken decode of Dolby Vision looks like
)

// Broken is what is wrong with the last picture.
type Broken string

// The faults. Such a scene usually has an Exit or Killed as well.
const (
	Whole      Broken = ""
	CutStream  Broken = "stream"  // the stream ends in the middle of the picture
	CutPicture Broken = "picture" // the stream is sound, but the JPEG in it is half of one
	NotAJPEG   Broken = "garbage" // the stream is sound, but there is no JPEG in it
)

// Call is one call of a fake.
type Call struct {
	Program string // "ffmpeg" or "ffprobe"
	Args    []string
	Scene   int // index of the scene that played, -1 for a question about the program itself or when none fitted
}

// What lies beside the fakes.
const (
	scriptFile = "fakeffmpeg.script" // the script
	callFile   = "fakeffmpeg.calls"  // one call a line
)

// Install puts a fake ffmpeg and a fake ffprobe into a folder of their own and returns their absolute paths. The
// folder goes with the test.
func Install(t testing.TB, s Script) (ffmpeg, ffprobe string) {
	t.Helper()
	dir := t.TempDir()
	InstallIn(t, dir, s)
	return filepath.Join(dir, exe("ffmpeg")), filepath.Join(dir, exe("ffprobe"))
}

// InstallIn is Install into an existing folder, for tests of where FFmpeg is looked for.
func InstallIn(t testing.TB, dir string, s Script) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatalf("fakeffmpeg: %v", err)
	}
	var text bytes.Buffer // gob and not JSON: a script may hold bytes that are no text
	if err := gob.NewEncoder(&text).Encode(s); err != nil {
		t.Fatalf("fakeffmpeg: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, scriptFile), text.Bytes(), 0o600); err != nil {
		t.Fatalf("fakeffmpeg: %v", err)
	}
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		if err := putBinary(self, filepath.Join(dir, exe(name))); err != nil {
			t.Fatalf("fakeffmpeg: %v", err)
		}
	}
}

// putBinary makes the test binary known under another name. Links before a copy, and no shell script: a file that
// was written a moment ago may still be open in a child that another goroutine is just starting, and then it
// cannot be executed ("text file busy", go.dev/issue/22315).
func putBinary(self, path string) error {
	if os.Link(self, path) == nil || os.Symlink(self, path) == nil {
		return nil
	}
	in, err := os.Open(self)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// Calls returns what the fakes beside the one at path were asked to do, in order. Calls that were running at the same
// time come in the order of their starts.
func Calls(t testing.TB, path string) []Call {
	t.Helper()
	return recorded(t, path, false)
}

// Questions returns what the fakes beside the one at path were asked about themselves, in order.
func Questions(t testing.TB, path string) []Call {
	t.Helper()
	return recorded(t, path, true)
}

func recorded(t testing.TB, path string, questions bool) []Call {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), callFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("fakeffmpeg: %v", err)
	}
	var calls []Call
	for line := range strings.Lines(string(text)) {
		c, err := parseCall(line)
		if err != nil {
			t.Fatalf("fakeffmpeg: call %q: %v", line, err)
		}
		if questions == (c.Scene < 0 && question(c.Args)) {
			calls = append(calls, c)
		}
	}
	return calls
}

// Active reports whether this process was started as a fake. It is the first thing that TestMain asks.
func Active() bool {
	_, err := os.Stat(filepath.Join(stage(), scriptFile))
	return err == nil
}

// stage is the folder that this process was started from. A symbolic link is not followed, so not os.Executable.
func stage() string {
	path, err := filepath.Abs(os.Args[0])
	if err != nil {
		return "."
	}
	return filepath.Dir(path)
}

// Main is the fake program. It does not return.
func Main() {
	// Not os.Exit: under -race that sleeps for a second (atexit_sleep_ms of GORACE), and the fake is started often.
	syscall.Exit(run(strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), os.Args[1:]))
}

// unusable is the exit status of a fake that does not know what to do.
const unusable = 70

// run is Main without the process.
func run(name string, args []string) int {
	text, err := os.ReadFile(filepath.Join(stage(), scriptFile))
	var script Script
	if err == nil {
		err = gob.NewDecoder(bytes.NewReader(text)).Decode(&script)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeffmpeg:", err)
		return unusable
	}
	if question(args) {
		record(Call{Program: name, Args: args, Scene: -1})
		if script.Mute {
			time.Sleep(lifetime)
		}
		script.answer(os.Stdout, name, args)
		return 0
	}
	scenes := script.FFmpeg
	if name == "ffprobe" {
		scenes = script.FFprobe
	}
	n := choose(name, scenes, args)
	record(Call{Program: name, Args: args, Scene: n})
	if n < 0 {
		fmt.Fprintf(os.Stderr, "fakeffmpeg: no scene for %s %q\n", name, args)
		return unusable
	}
	return scenes[n].play(args)
}

// choose returns the index of the scene that plays, or -1.
func choose(name string, scenes []Scene, args []string) int {
	line := strings.Join(args, " ")
	for i, s := range scenes {
		if strings.Contains(line, s.When) && (s.Times == 0 || take(name, i, s.Times)) {
			return i
		}
	}
	return -1
}

// take reports whether one of the times that a scene plays was still to be had. Several fakes may ask at once.
func take(name string, scene, times int) bool {
	for n := range times {
		path := filepath.Join(stage(), "fakeffmpeg."+name+"."+strconv.Itoa(scene)+"."+strconv.Itoa(n))
		if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
			f.Close()
			return true
		}
	}
	return false
}

// record adds a line to the list of calls. One write to a file opened for appending is not torn by another's.
func record(c Call) {
	f, err := os.OpenFile(filepath.Join(stage(), callFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprint(f, c.line())
}

// line writes the call as quoted words, which keep arguments with newlines and bytes that are no text whole.
func (c Call) line() string {
	words := []string{c.Program, strconv.Itoa(c.Scene)}
	for _, a := range c.Args {
		words = append(words, strconv.Quote(a))
	}
	return strings.Join(words, "\t") + "\n"
}

func parseCall(line string) (c Call, err error) {
	words := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
	if len(words) < 2 {
		return c, errors.New("too short")
	}
	c.Program = words[0]
	if c.Scene, err = strconv.Atoi(words[1]); err != nil {
		return c, err
	}
	for _, w := range words[2:] {
		a, err := strconv.Unquote(w)
		if err != nil {
			return c, err
		}
		c.Args = append(c.Args, a)
	}
	return c, nil
}
