package instance

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// asHolder is the environment variable that makes the test binary lock a folder until its stdin ends.
const asHolder = "SCRUBJAY_TEST_HOLD"

func TestMain(m *testing.M) {
	dir := os.Getenv(asHolder)
	if dir == "" {
		os.Exit(m.Run())
	}
	i, err := Lock(dir)
	if err != nil {
		fmt.Fprintln(os.Stdout, preview.ReasonOf(err), err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, "locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := i.Close(); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// hold starts a process that locks a folder, and returns it with what it said first and what ends it.
func hold(t *testing.T, dir string) (cmd *exec.Cmd, said string, stdin io.Closer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asHolder+"="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(said), in
}

func mustLock(t *testing.T, dir string) *Instance {
	t.Helper()
	i, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestASecondProcessIsTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, said, stdin := hold(t, dir)
	if said != "locked" {
		t.Fatal(said)
	}
	second, said, _ := hold(t, dir)
	want := fmt.Sprintf("process %d on ", first.Process.Pid)
	if !strings.HasPrefix(said, string(preview.AnotherIsRunning)) || !strings.Contains(said, want) {
		t.Errorf("it says %q, want it to name %q", said, want)
	}
	if err := second.Wait(); err == nil {
		t.Error("the second went on")
	}
	if _, err := Lock(dir); preview.ReasonOf(err) != preview.AnotherIsRunning {
		t.Errorf("a third gets %v", err)
	}
	stdin.Close()
	if err := first.Wait(); err != nil {
		t.Error(err)
	}
	if err := mustLock(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

func TestAKilledProcessHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	first, said, _ := hold(t, dir)
	if said != "locked" {
		t.Fatal(said)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err == nil {
		t.Error("it was not killed")
	}
	i := mustLock(t, dir)
	defer i.Close()
	_, err := Lock(dir)
	if want := fmt.Sprintf("process %d on ", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want it to name %q", err, want)
	}
}

func TestOneProcessLocksOnce(t *testing.T) {
	dir := t.TempDir()
	i := mustLock(t, dir)
	if _, err := Lock(dir); preview.ReasonOf(err) != preview.AnotherIsRunning {
		t.Errorf("the second gets %v", err)
	}
	for range 2 {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := mustLock(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatLiesInTheFileDoesNotMatter(t *testing.T) {
	for _, text := range []string{"", "x", "\x00process 1 on elsewhere", "#process 7", strings.Repeat("y", 10_000)} {
		dir := t.TempDir()
		path := filepath.Join(dir, fileName)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := holder(path); got != "another process" {
			t.Errorf("%.20q names %q", text, got)
		}
		i := mustLock(t, dir)
		if got := holder(path); !strings.HasPrefix(got, fmt.Sprintf("process %d on ", os.Getpid())) {
			t.Errorf("over %.20q it names %q", text, got)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFolderThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, fileName), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(file, "below"), dir} {
		if _, err := Lock(bad); preview.ReasonOf(err) != preview.StoreReadOnly {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A process that was killed may hold its lock for a moment longer.
func TestALockThatGoesInAMomentIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		first := mustLock(t, dir)
		time.AfterFunc(patience/2, func() { first.Close() })
		began := time.Now()
		second := mustLock(t, dir)
		if took := time.Since(began); took < patience/2 {
			t.Errorf("both had the lock, the second after %v", took)
		}
		if _, err := Lock(dir); preview.ReasonOf(err) != preview.AnotherIsRunning {
			t.Errorf("Lock = %v", err)
		}
		second.Close()
	})
}
