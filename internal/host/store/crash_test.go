package store

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// child says what the test binary is to do instead of testing.
const child = "SCRUBJAY_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	var err error
	switch what, path, _ := strings.Cut(os.Getenv(child), ":"); what {
	case "":
		os.Exit(m.Run())
	case "write":
		err = writeOn(path)
	default:
		err = holdLock(path, what)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// start runs the test binary as a child, and returns what it says.
func start(t *testing.T, what, path string) (*exec.Cmd, io.WriteCloser, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), must(os.Executable())(t))
	cmd.Env = append(os.Environ(), child+"="+what+":"+path)
	cmd.Stderr = os.Stderr
	in, out := must(cmd.StdinPipe())(t), must(cmd.StdoutPipe())(t)
	ok(t, cmd.Start())
	return cmd, in, bufio.NewReader(out)
}

// lock has another process hold the database until release is called.
func lock(t *testing.T, path, how string) (release func()) {
	t.Helper()
	cmd, in, out := start(t, how, path)
	if line := must(out.ReadString('\n'))(t); line != "locked\n" {
		t.Fatalf("the child said %q", line)
	}
	return func() {
		ok(t, in.Close())
		ok(t, cmd.Wait())
	}
}

func holdLock(path, how string) error {
	ctx := context.Background()
	db, err := sql.Open("sqlite", address(path, "rw", time.Second))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, how); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "locked")
	_, err = io.ReadAll(os.Stdin)
	return err
}

// writeOn stores this and that until it is killed, and says so each time that something is stored.
func writeOn(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	if s.Aside() != "" {
		return fmt.Errorf("the database was damaged: %s", s.Aside())
	}
	for {
		j, err := s.AddJob(ctx, preview.Job{State: preview.JobRunning, Title: "crash"})
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "job", j.ID)
		tasks, err := s.AddTasks(ctx, films(j.ID, int(j.ID)*100, 20))
		if err != nil {
			return err
		}
		for _, t := range tasks {
			fmt.Fprintln(os.Stdout, "task", t.ID)
		}
		for _, t := range tasks {
			t.State = preview.TaskPublished
			if err := s.SaveTask(ctx, t); err != nil {
				return err
			}
			fmt.Fprintln(os.Stdout, "published", t.ID)
			if err := s.Keep(ctx, entries(int(t.ID), 1)); err != nil {
				return err
			}
			fmt.Fprintln(os.Stdout, "kept", t.ID)
		}
		if err := s.Note(ctx, fmt.Sprint(j.ID), "noted"); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, "noted", j.ID)
	}
}

// What was said to be stored is stored, whenever the process is killed, and nothing is half there.
func TestKilledAtAnyMoment(t *testing.T) {
	path := file(t)
	rounds, seed := 60, rand.Uint64()
	if testing.Short() {
		rounds = 6
	}
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	stored := map[string]map[int64]bool{"job": {}, "task": {}, "published": {}, "kept": {}, "noted": {}}
	for round := range rounds {
		cmd, _, out := start(t, "write", path)
		if round%3 == 0 { // while it opens, or a moment after
			time.AfterFunc(time.Duration(dice.IntN(30_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
		for words := dice.IntN(300); ; words-- {
			line, err := out.ReadString('\n')
			if err != nil {
				break // what it was saying when it died was not said
			}
			if words == 0 {
				ok(t, cmd.Process.Kill())
			}
			var what string
			var id int64
			if _, err := fmt.Sscan(line, &what, &id); err != nil {
				t.Fatalf("the child said %q", line)
			}
			stored[what][id] = true
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("the child ended by itself: %v", err)
		}
		audit(t, path, stored)
	}
	if len(stored["kept"]) == 0 {
		t.Error("nothing was ever stored")
	}
}

func audit(t *testing.T, path string, stored map[string]map[int64]bool) {
	t.Helper()
	s := must(Open(t.Context(), path, Options{}))(t)
	defer func() { ok(t, s.Close()) }()
	same(t, "aside", s.Aside(), "")
	ok(t, check(t.Context(), s.h.write, "PRAGMA integrity_check"))
	for what, query := range map[string]string{
		"job":       "SELECT id FROM jobs",
		"task":      "SELECT id FROM tasks",
		"published": "SELECT id FROM tasks WHERE state = 'published' AND open = 0",
		"kept":      "SELECT key FROM ledger",
		"noted":     "SELECT name FROM notes",
	} {
		there := map[int64]bool{}
		ok(t, s.h.read.rows(t.Context(), query, nil, func(row scanner) error {
			var id int64
			err := row.Scan(&id)
			there[id] = true
			return err
		}))
		for id := range stored[what] {
			if !there[id] {
				t.Fatalf("%s %d was lost", what, id)
			}
		}
	}
	var batches int
	ok(t, s.h.read.row(t.Context(), "SELECT count(*) FROM (SELECT count(*) AS n FROM tasks GROUP BY job) WHERE n <> 20", nil, &batches))
	same(t, "batches of which a part is there", batches, 0)
}
