package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func openLogged(t testing.TB, path string, w io.Writer) *Store {
	t.Helper()
	log := zerolog.New(w)
	s := must(Open(t.Context(), path, Options{Log: &log, Now: func() time.Time { return noon }}))(t)
	t.Cleanup(func() { ok(t, s.Close()) })
	return s
}

// folder is what a folder holds, by name.
func folder(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, e := range must(os.ReadDir(dir))(t) {
		info := must(e.Info())(t)
		text := must(os.ReadFile(filepath.Join(dir, e.Name())))(t)
		files[e.Name()] = fmt.Sprintf("%s %s %x", info.Mode(), info.ModTime(), text)
	}
	return files
}

func names(t testing.TB, dir string) []string {
	return slices.Sorted(maps.Keys(folder(t, dir)))
}

func TestTheFileIsForThisUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b", "data ü?%#", "queue.db")
	s := open(t, path)
	must(s.AddTasks(t.Context(), films(aJob(t, s).ID, 1, 1)))(t)
	same(t, "files", names(t, filepath.Dir(path)), []string{"queue.db", "queue.db-shm", "queue.db-wal"})
	if runtime.GOOS != "windows" { // which knows no modes
		for name, want := range map[string]fs.FileMode{".": 0o700, "..": 0o700, "queue.db": 0o600, "queue.db-wal": 0o600, "queue.db-shm": 0o600} {
			info := must(os.Stat(filepath.Join(filepath.Dir(path), name)))(t)
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s has mode %o, want %o", name, got, want)
			}
		}
		ok(t, s.Close())
		ok(t, os.Chmod(path, 0o644))
		s = open(t, path)
		if info := must(os.Stat(path))(t); info.Mode().Perm() != 0o600 {
			t.Errorf("others may still read it: %o", info.Mode().Perm())
		}
	}
	ok(t, s.Close())
	ok(t, s.Close())
	same(t, "files of a closed store", names(t, filepath.Dir(path)), []string{"queue.db"})
	_, err := s.OpenJobs(t.Context())
	reason(t, err, preview.StoreFailed)
}

func TestANewerDatabaseIsLeftAlone(t *testing.T) {
	path := file(t)
	s := open(t, path)
	aJob(t, s)
	ok(t, s.Close())
	sqlExec(t, path, "PRAGMA user_version = 99", "PRAGMA wal_checkpoint(TRUNCATE)")
	// It was killed: there is a log, which SQLite would bring in at once.
	ok(t, os.WriteFile(path+"-wal", bytes.Repeat([]byte{7}, 5000), 0o600))
	if runtime.GOOS != "windows" {
		ok(t, os.Chmod(path, 0o644))
	}
	before := folder(t, filepath.Dir(path))
	_, err := Open(t.Context(), path, Options{})
	reason(t, err, preview.StoreNewer)
	same(t, "the folder", folder(t, filepath.Dir(path)), before)
}

func TestAnotherProgramsDatabaseIsMovedAside(t *testing.T) {
	path := file(t)
	ok(t, os.MkdirAll(filepath.Dir(path), 0o700))
	sqlExec(t, path, "CREATE TABLE jobs (x)", "INSERT INTO jobs VALUES (1)")
	s := open(t, path)
	same(t, "what was in it", asked[int](t, s.Aside(), "SELECT x FROM jobs"), 1)
	aJob(t, s)
}

func TestADamagedDatabaseIsMovedAsideAndBegunAnew(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"no database": func(t *testing.T, path string) {
			ok(t, os.WriteFile(path, []byte(strings.Repeat("nonsense ", 1000)), 0o600))
		},
		"a few bytes": func(t *testing.T, path string) { ok(t, os.WriteFile(path, []byte("SQLite"), 0o600)) },
		"zeros":       func(t *testing.T, path string) { overwrite(t, path, 0, make([]byte, 8192)) },
		"cut off":     func(t *testing.T, path string) { ok(t, os.Truncate(path, 3*4096+17)) },
		"garbage in the schema": func(t *testing.T, path string) {
			overwrite(t, path, 100, bytes.Repeat([]byte{0xa5}, 3000))
		},
		"garbage in a page": func(t *testing.T, path string) {
			overwrite(t, path, 6*4096, bytes.Repeat([]byte{0xa5}, 4096))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			s := open(t, path)
			j := aJob(t, s)
			must(s.AddTasks(t.Context(), films(j.ID, 1, 100)))(t)
			same(t, "aside", s.Aside(), "")
			ok(t, s.Close())
			damage(t, path)
			was := must(os.ReadFile(path))(t)

			var log strings.Builder
			s = openLogged(t, path, &log)
			same(t, "aside", s.Aside(), path+".damaged-2026-11-23T12-00-00")
			if now := must(os.ReadFile(s.Aside()))(t); !bytes.Equal(was, now) {
				t.Error("what was moved aside is not as it was")
			}
			if jobs := must(s.Jobs(t.Context(), 9, 0))(t); len(jobs) != 0 {
				t.Errorf("the new one has %+v", jobs)
			}
			must(s.AddTasks(t.Context(), films(aJob(t, s).ID, 1, 1)))(t)
			var line struct{ Level, Aside, Error string }
			first, _, _ := strings.Cut(log.String(), "\n")
			ok(t, json.Unmarshal([]byte(first), &line))
			if line.Level != "error" || line.Aside != s.Aside() || line.Error == "" {
				t.Errorf("the log says %s", log.String())
			}
			// The next start has nothing to tell.
			same(t, "aside", reopen(t, s).Aside(), "")
		})
	}
}

func overwrite(t testing.TB, path string, at int64, with []byte) {
	t.Helper()
	f := must(os.OpenFile(path, os.O_RDWR, 0))(t)
	defer f.Close()
	must(f.WriteAt(with, at))(t)
}

func TestOnlyTheNewestDamagedOnesAreKept(t *testing.T) {
	path := file(t)
	now := noon
	for range 5 {
		ok(t, os.MkdirAll(filepath.Dir(path), 0o700))
		ok(t, os.WriteFile(path, []byte("nonsense"), 0o600))
		ok(t, os.WriteFile(path+"-wal", []byte("nonsense"), 0o600))
		s := must(Open(t.Context(), path, Options{Now: func() time.Time { return now }}))(t)
		ok(t, s.Close())
		now = now.Add(time.Hour)
	}
	same(t, "files", names(t, filepath.Dir(path)), []string{
		"queue.db",
		"queue.db.damaged-2026-11-23T14-00-00", "queue.db.damaged-2026-11-23T14-00-00-wal",
		"queue.db.damaged-2026-11-23T15-00-00", "queue.db.damaged-2026-11-23T15-00-00-wal",
		"queue.db.damaged-2026-11-23T16-00-00", "queue.db.damaged-2026-11-23T16-00-00-wal",
	})
}

// The disk loses a large database's pages while it is in use.
func TestDamageThatShowsInUse(t *testing.T) {
	path := file(t)
	s := open(t, path)
	j := aJob(t, s)
	for first := 0; first < 6000; first += 1000 {
		must(s.AddTasks(t.Context(), films(j.ID, first, 1000)))(t)
	}
	s = reopen(t, s)
	size := must(os.Stat(path))(t).Size()
	if size <= 2*small {
		t.Fatalf("only %d bytes: it is checked at the start", size)
	}
	last := must(s.AddTasks(t.Context(), films(j.ID, 9000, 1)))(t)[0]
	for at := int64(4 * 4096); at < size; at += 2 * 4096 {
		overwrite(t, path, at, bytes.Repeat([]byte{0xa5}, 4096))
	}

	var err error
	for after := int64(0); err == nil && after < 6000; after += 100 {
		_, err = s.Tasks(t.Context(), j.ID, nil, 100, after)
	}
	reason(t, err, preview.StoreDamaged)
	if s.Aside() == "" {
		t.Fatal("it was not moved aside")
	}
	// It goes on, empty; what the engine still holds cannot be taken for something new.
	if jobs := must(s.OpenJobs(t.Context()))(t); len(jobs) != 0 {
		t.Errorf("the new one has %+v", jobs)
	}
	reason(t, s.SaveTask(t.Context(), last), preview.StoreFailed)
	next := aJob(t, s)
	if next.ID <= j.ID {
		t.Errorf("job %d came after job %d", next.ID, j.ID)
	}
	if task := must(s.AddTasks(t.Context(), films(next.ID, 1, 1)))(t)[0]; task.ID <= last.ID {
		t.Errorf("task %d came after task %d", task.ID, last.ID)
	}
	same(t, "the queue at the next start", len(must(reopen(t, s).DueTasks(t.Context(), preview.TaskQueued, noon, 9))(t)), 1)
}

func TestAFullDisk(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	must(s.AddTasks(t.Context(), films(j.ID, 1, 10)))(t)
	var pages int
	ok(t, s.h.write.row(t.Context(), "PRAGMA page_count", nil, &pages))
	// SQLite gives the same answer when the system says ENOSPC.
	_, err := s.h.write.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	ok(t, err)
	_, err = s.AddTasks(t.Context(), films(j.ID, 100, 1000))
	reason(t, err, preview.DiskFull)
	if due := must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 99))(t); len(due) != 10 {
		t.Errorf("%d tasks, want the 10 from before", len(due))
	}
	_, err = s.h.write.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000")
	ok(t, err)
	must(s.AddTasks(t.Context(), films(j.ID, 100, 1000)))(t) // room was made
}

func TestAPathThatCannotBeAFile(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for _, path := range []string{dir, filepath.Join(dir, "file", "queue.db")} {
		if s, err := Open(t.Context(), path, Options{}); err == nil {
			ok(t, s.Close())
			t.Errorf("%s was opened", path)
		} else if r := preview.ReasonOf(err); r == preview.Unknown || r == preview.StoreDamaged {
			t.Errorf("%s: %v, for reason %q", path, err, r)
		}
	}
	same(t, "files", names(t, dir), []string{"file"})
}

func TestAnotherProcessHasTheDatabase(t *testing.T) {
	path := file(t)
	j := aJob(t, open(t, path))
	for _, tc := range []struct {
		how  string
		open bool // another process can still be read along with
	}{{"BEGIN IMMEDIATE", true}, {"PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", false}} {
		t.Run(tc.how, func(t *testing.T) {
			path := path
			if !tc.open {
				path = file(t)
				ok(t, open(t, path).Close())
			}
			release := lock(t, path, tc.how)
			// In a bubble, the five seconds pass at once.
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s, err := Open(t.Context(), path, Options{})
				if tc.open {
					ok(t, err)
					defer func() { ok(t, s.Close()) }()
					err = s.SaveJob(t.Context(), j)
				}
				reason(t, err, preview.StoreLocked)
				if waited := time.Since(began); waited < 4*time.Second || waited > 10*time.Second {
					t.Errorf("waited for %v", waited)
				}
			})
			release()
			s := must(Open(t.Context(), path, Options{}))(t)
			aJob(t, s)
			ok(t, s.Close())
		})
	}
}

func TestACancelledCallerIsNotServed(t *testing.T) {
	s := open(t, file(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.AddJob(ctx, preview.Job{Title: "late"})
	reason(t, err, preview.Cancelled)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	_, err = s.OpenJobs(ctx)
	reason(t, err, preview.Cancelled)
	_, err = Open(ctx, file(t), Options{})
	reason(t, err, preview.Cancelled)
	same(t, "jobs", len(must(s.Jobs(t.Context(), 9, 0))(t)), 0)
}

// A whole life inside a bubble, with the bubble's clock.
func TestInABubble(t *testing.T) {
	path := file(t)
	synctest.Test(t, func(t *testing.T) {
		s := must(Open(t.Context(), path, Options{}))(t)
		j := aJob(t, s)
		must(s.AddTasks(t.Context(), films(j.ID, 1, 10)))(t)
		time.Sleep(time.Hour)
		synctest.Wait()
		k := must(s.Strike(t.Context(), preview.Strike{Path: "/films/a.mkv"}))(t)
		if !k.Last.Equal(time.Now()) {
			t.Errorf("the strike was at %v, and it is %v", k.Last, time.Now())
		}
		same(t, "the queue", len(must(s.DueTasks(t.Context(), preview.TaskQueued, time.Now(), 99))(t)), 10)
		ok(t, s.Close())
	})
}

func TestNothingIsLeftRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := must(Open(t.Context(), file(t), Options{}))(t)
	must(s.AddTasks(t.Context(), films(aJob(t, s).ID, 1, 10)))(t)
	must(s.DueTasks(t.Context(), preview.TaskQueued, noon, 99))(t)
	ok(t, s.Close())
	_, err := Open(t.Context(), t.TempDir(), Options{})
	if err == nil {
		t.Error("a folder was opened")
	}
}
