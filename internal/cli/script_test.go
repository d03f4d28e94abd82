package cli

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

func TestMain(m *testing.M) {
	if fakeffmpeg.Active() {
		fakeffmpeg.Main()
	}
	if os.Getenv(asProgram) != "" {
		os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	testscript.Main(leakless{m}, map[string]func(){
		"scrubjayd": func() { os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// asProgram is the environment variable that makes the test binary play scrubjayd.
const asProgram = "SCRUBJAY_TEST_AS_PROGRAM"

// leakless runs the tests and fails when one of them left a goroutine behind.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// The scripts in testdata are the contract of the command line, written to be read: scrubjayd is the real program
// with the real engine, in a process of its own.
func TestScripts(t *testing.T) {
	clip.Need(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Condition: func(cond string) (bool, error) { // [exists:PATH]
			path, ok := strings.CutPrefix(cond, "exists:")
			if !ok {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			_, err := os.Stat(path)
			return err == nil, nil
		},
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"CONFIG", "DATA", "STATE", "CACHE"} {
				e.Setenv("XDG_"+name+"_HOME", filepath.Join(e.WorkDir, ".home"))
			}
			e.Values[stageKey{}] = &stage{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": statusIs,
			"bif":    makeBIF,
			"plex":   plexCommand(t),
			// clip FILE: ten seconds of real film.
			"clip": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(copyFile(ts.MkAbs(args[0]), clip.Make(t, clip.Spec{})))
			},
			// sound FILE: a second of a tone, without a picture.
			"sound": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(copyFile(ts.MkAbs(args[0]), clip.Sound(t, filepath.Ext(args[0])[1:], false)))
			},
			// fakeffmpeg DIR RELEASE: an FFmpeg that says it is that release.
			"fakeffmpeg": func(ts *testscript.TestScript, _ bool, args []string) {
				dir := ts.MkAbs(args[0])
				ts.Check(os.Mkdir(dir, 0o755))
				fakeffmpeg.InstallIn(t, dir, fakeffmpeg.Script{Release: args[1]})
			},
			// bare: no unfinished file lies about.
			"bare": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, _ fs.DirEntry, err error) error {
					if strings.HasSuffix(path, ".part") {
						err = errors.Join(err, fmt.Errorf("%s was left behind", path))
					}
					return err
				}))
			},
		},
	})
}

// statusIs runs "status N command...": the command must end with exit status N.
func statusIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command...")
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != n {
		ts.Fatalf("exit status %d, want %d", got, n)
	}
}

// makeBIF runs "bif [-broken] FILE COUNT INTERVAL": it writes a small preview, with a broken picture if asked to.
func makeBIF(ts *testscript.TestScript, neg bool, args []string) {
	broken := len(args) > 0 && args[0] == "-broken"
	if broken {
		args = args[1:]
	}
	if neg || len(args) != 3 {
		ts.Fatalf("usage: bif [-broken] FILE COUNT INTERVAL")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	interval, err := time.ParseDuration(args[2])
	ts.Check(err)
	ts.Check(writeBIF(ts.MkAbs(args[0]), n, interval, broken))
}

func writeBIF(path string, n int, interval time.Duration, broken bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := bif.NewWriter(f, interval, n)
	if err != nil {
		return err
	}
	for i := range n {
		picture := picture(i)
		if broken && i == n/2 {
			picture = picture[:len(picture)/2]
		}
		if err := w.Add(picture); err != nil {
			return err
		}
	}
	return w.Close()
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// picture is a small JPEG, another one for each i.
func picture(i int) []byte {
	img := image.NewGray(image.Rect(0, 0, 64, 36))
	for x := range 64 {
		for y := range 36 {
			img.SetGray(x, y, color.Gray{Y: uint8(x*3 + y + i*5)})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}
