package logs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/host/logs"
	"github.com/scrubjay/scrubjay/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a log that is closed with the test.
func open(t testing.TB, o logs.Options) *logs.Logs {
	t.Helper()
	l, err := logs.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func TestALineIsTheSameEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight, 2000-01-01 UTC
		var stderr bytes.Buffer
		file := filepath.Join(t.TempDir(), "log", "scrubjay.log")
		l, err := logs.Open(logs.Options{Stderr: &stderr, File: file})
		if err != nil {
			t.Fatal(err)
		}
		log := l.Logger("engine")
		log.Info().Str("file", "Film 07 (2001).mkv").Int("frames", 12).Str("device", "cpu").Msg("published")
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		zone := time.Now().Format(time.RFC3339)
		want := zone + ` info  engine: published file="Film 07 (2001).mkv" frames=12 device=cpu`
		onDisk, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ring := l.Ring().Lines(0)
		if stderr.String() != want+"\n" || string(onDisk) != want+"\n" || len(ring) != 1 || ring[0].String() != want {
			t.Errorf("stderr %s\nfile %s\nring %v\nwant %s", stderr.String(), onDisk, ring, want)
		}
		if r := ring[0]; r.Number != 1 || r.Level != "info" || r.Module != "engine" || r.Message != "published" ||
			!r.Time.Equal(time.Now()) || len(r.Fields) != 3 || r.Fields[1] != (logs.Field{Name: "frames", Value: "12"}) {
			t.Errorf("the ring has %+v", r)
		}
	})
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var stderr bytes.Buffer
	log := open(t, logs.Options{Stderr: &stderr, Format: logs.JSON}).Logger("plex")
	log.Info().Str("video", "a <b> & \"c\"\n").Strs("args", []string{"-i", "x"}).Float64("share", 0.5).Bool("whole", true).Msg("one")
	log.Warn().Err(errors.New("cause")).Msg("two")
	for line := range strings.Lines(stderr.String()) {
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &got); err != nil || got["module"] != "plex" {
			t.Errorf("%s: %v", line, err)
		}
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(got["time"])); err != nil {
			t.Error(err)
		}
		if got["message"] == "one" && (got["video"] != "a <b> & \"c\"\n" || got["whole"] != true || got["share"] != 0.5) {
			t.Errorf("it holds %v", got)
		}
	}
	if n := strings.Count(stderr.String(), "\n"); n != 2 {
		t.Errorf("%d lines of 2", n)
	}
}

func TestPrettyDoesNothingToATerminal(t *testing.T) {
	var stderr bytes.Buffer
	log := open(t, logs.Options{Stderr: &stderr}).Logger("x")
	log.Info().Str("video", "a\x1b[2Jb\nc").Str("\x1bkey", "").Msg("\x1b[31mred\r\n")
	if got := strings.TrimSuffix(stderr.String(), "\n"); strings.ContainsAny(got, "\x1b\r\n") {
		t.Errorf("it prints %q", got)
	}
}

func TestColorIsForStderrAlone(t *testing.T) {
	var stderr bytes.Buffer
	file := filepath.Join(t.TempDir(), "scrubjay.log")
	l := open(t, logs.Options{Stderr: &stderr, Color: true, File: file})
	log := l.Logger("x")
	log.Warn().Msg("careful")
	onDisk, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(stderr.String(), "\x1b[33mcareful\x1b[0m") || bytes.Contains(onDisk, []byte("\x1b")) {
		t.Errorf("stderr %q, file %q", stderr.String(), onDisk)
	}
}

func TestLevelsChangeWhileLoggersLive(t *testing.T) {
	l := open(t, logs.Options{})
	log := l.Logger("x").With().Str("more", "context").Logger()
	say := func() {
		log.Debug().Msg("debug")
		log.Info().Msg("info")
		log.Warn().Msg("warn")
		log.Error().Msg("error")
	}
	want := 0
	for _, step := range []struct {
		level string
		lines int
	}{{"info", 3}, {"debug", 4}, {"error", 1}, {"warn", 2}} {
		if err := l.SetLevel(step.level); err != nil {
			t.Fatal(err)
		}
		say()
		want += step.lines
		if got := len(l.Ring().Lines(0)); got != want {
			t.Errorf("%s: %d lines, want %d", step.level, got, want)
		}
	}
	if log.Debug().Enabled() {
		t.Error("debug lines cost work at level warn")
	}
	if err := l.SetLevel("loud"); err == nil || !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("level loud: %v", err)
	}
}

func TestOpenRefusesWhatDoesNotExist(t *testing.T) {
	for _, o := range []logs.Options{{Level: "loud"}, {Format: "xml"}} {
		if _, err := logs.Open(o); err == nil {
			t.Errorf("%+v works", o)
		}
	}
}

func TestWithoutAFileTheLogGoesOn(t *testing.T) {
	dir := t.TempDir()
	inTheWay := filepath.Join(dir, "file")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a folder": dir, "below a file": filepath.Join(inTheWay, "scrubjay.log")} {
		t.Run(name, func(t *testing.T) {
			var stderr bytes.Buffer
			l := open(t, logs.Options{Stderr: &stderr, File: path})
			log := l.Logger("x")
			log.Info().Msg("went on")
			lines := l.Ring().Lines(0)
			if len(lines) != 2 || lines[0].Level != "warn" || lines[0].Module != "logs" || lines[1].Message != "went on" {
				t.Errorf("the ring holds %v", lines)
			}
			if !strings.Contains(stderr.String(), "no log file could be made") || !strings.Contains(stderr.String(), "went on") {
				t.Errorf("stderr has %s", stderr.String())
			}
		})
	}
}

func TestRingKeepsTheLast(t *testing.T) {
	l := open(t, logs.Options{Ring: 5})
	if lines := l.Ring().Lines(3); len(lines) != 0 {
		t.Errorf("at first: %v", lines)
	}
	log := l.Logger("x")
	for n := range 12 {
		log.Info().Msg(fmt.Sprint(n))
	}
	said := func(lines []logs.Line) string {
		var out []string
		for _, l := range lines {
			out = append(out, fmt.Sprintf("%d:%s", l.Number, l.Message))
		}
		return strings.Join(out, " ")
	}
	for n, want := range map[int]string{0: "8:7 9:8 10:9 11:10 12:11", 2: "11:10 12:11", 5: "8:7 9:8 10:9 11:10 12:11", 100: "8:7 9:8 10:9 11:10 12:11"} {
		if got := said(l.Ring().Lines(n)); got != want {
			t.Errorf("Lines(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestWatchGivesWhatThereIsAndWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := logs.Open(logs.Options{Ring: 3})
		if err != nil {
			t.Fatal(err)
		}
		log := l.Logger("x")
		log.Info().Msg("before")
		ctx, cancel := context.WithCancel(t.Context())
		var seen []string
		slow := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for lines := range l.Ring().Watch(ctx) {
				for _, line := range lines {
					seen = append(seen, fmt.Sprint(line.Number))
				}
				seen = append(seen, "|")
				<-slow
			}
		}()
		synctest.Wait()
		slow <- struct{}{}
		log.Info().Msg("one")
		synctest.Wait()
		for range 5 { // while it is busy, more than the ring holds
			log.Info().Msg("many")
		}
		slow <- struct{}{}
		synctest.Wait()
		slow <- struct{}{}
		synctest.Wait()
		cancel()
		<-ended
		if got := strings.Join(seen, " "); got != "1 | 2 | 5 6 7 |" {
			t.Errorf("it saw %s", got)
		}
	})
}

func TestManyMayLogAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scrubjay.log")
	var stderr bytes.Buffer // the log writes one line at a time
	l := open(t, logs.Options{Stderr: &stderr, Format: logs.JSON, File: file, Ring: 50})
	ctx, cancel := context.WithCancel(t.Context())
	var watcher, writers sync.WaitGroup
	watcher.Go(func() {
		for lines := range l.Ring().Watch(ctx) {
			_ = len(lines)
		}
	})
	for w := range 8 {
		writers.Go(func() {
			log := l.Logger(fmt.Sprint("module", w))
			for n := range 200 {
				log.Info().Int("n", n).Msg("said")
				if n%50 == 0 {
					if err := l.SetLevel("debug"); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writers.Wait()
	cancel()
	watcher.Wait()
	onDisk, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(onDisk, []byte("\n")); n != 1600 || !bytes.Equal(onDisk, stderr.Bytes()) {
		t.Errorf("%d of 1600 lines in the file, or they differ from stderr's", n)
	}
	for line := range bytes.Lines(onDisk) {
		if !json.Valid(line) {
			t.Errorf("a torn line: %s", line)
		}
	}
}

func TestAPanicIsLoggedWithItsStack(t *testing.T) {
	token := secret.New("panic-token-12345").Reveal()
	var stderr bytes.Buffer
	l := open(t, logs.Options{Stderr: &stderr})
	log := l.Logger("engine")
	func() {
		defer func() { logs.Panic(log, recover()) }()
		panic(fmt.Errorf("no server at http://x/?X-Plex-Token=%s", token))
	}()
	got := stderr.String()
	if strings.Contains(got, token) {
		t.Errorf("the token is in %s", got)
	}
	if !strings.Contains(got, "error engine: panicked panic=") || !strings.Contains(got, "\n    goroutine ") ||
		!strings.Contains(got, "TestAPanicIsLoggedWithItsStack") {
		t.Errorf("it says %s", got)
	}
}

func TestMainMasksAPanic(t *testing.T) {
	token := secret.New("main-token-12345").Reveal()
	var stderr bytes.Buffer
	status := logs.Main(&stderr, func() int {
		status := []int{0}
		return status[len(token)]
	})
	if status != 1 || !strings.Contains(stderr.String(), "index out of range") || !strings.Contains(stderr.String(), "goroutine ") {
		t.Errorf("status %d, %s", status, stderr.String())
	}
	stderr.Reset()
	if status := logs.Main(&stderr, func() int { panic("it is " + token) }); status != 1 || strings.Contains(stderr.String(), token) {
		t.Errorf("status %d, %s", status, stderr.String())
	}
	if status := logs.Main(&stderr, func() int { return 3 }); status != 3 {
		t.Errorf("without a panic: status %d", status)
	}
}
