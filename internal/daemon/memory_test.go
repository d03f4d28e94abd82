package daemon

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func (w *world) database() string { return filepath.Join(w.dirs.Data, storeName) }

// another opens the database as another program does, and has it run statements, when it is their turn.
func (w *world) another(statements ...string) (leave func()) {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+w.database()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.Error(err)
		return func() {}
	}
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(w.Context(), s); err != nil {
			w.Error(s, err)
		}
	}
	return func() {
		if err := db.Close(); err != nil {
			w.Error(err)
		}
	}
}

// TestADatabaseThatAnotherProgramHolds is said, and nothing is broken by it.
func TestADatabaseThatAnotherProgramHolds(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
		leave := w.another("PRAGMA locking_mode = EXCLUSIVE", "PRAGMA user_version = 1", "CREATE TABLE theirs (x)", "DROP TABLE theirs")
		_, err := Open(w.Context(), w.options())
		w.because(err, preview.StoreLocked)
		leave()
		w.ended(w.scanOnce(), preview.JobDone, "", already(2))
	})
}

// TestADatabaseThatAnotherProgramTakesInTheMiddle ends the run with the reason. The next one goes on where it was.
func TestADatabaseThatAnotherProgramTakesInTheMiddle(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(6)
		r := w.open()
		var leave func()
		w.pen.instead(func(_ context.Context, _ engine.Render, n int) error {
			if n == 3 {
				leave = w.another("BEGIN IMMEDIATE")
			}
			return nil
		})
		j := r.begin(everything, false)
		_, err := r.Wait(w.Context(), j.ID)
		w.because(err, preview.StoreLocked)
		w.because(r.end(), preview.StoreLocked)
		leave()
		w.pen.instead(nil)

		r = w.open()
		r.all()
		w.wantShown(film(0), film(1), film(2), film(3), film(4), film(5))
		if j, err := r.Store.Job(w.Context(), j.ID); err != nil || j.State != preview.JobDone || j.Counts != done(6) {
			w.Errorf("the job is %+v, %v", j, err)
		}
		if n := w.pen.all(); n > 8 { // two were on devices
			w.Errorf("%d renders of 6 videos", n)
		}
	})
}

// TestADamagedDatabase is kept aside, and made anew from what the library says: what is shown stays as it is.
func TestADamagedDatabase(t *testing.T) {
	for name, damage := range map[string]func(text []byte) []byte{
		"cut off":     func(text []byte) []byte { return text[:len(text)/2+100] },
		"overwritten": func(text []byte) []byte { copy(text[4096:], strings.Repeat("noise", 4000)); return text },
		"no database": func([]byte) []byte { return []byte("this is not a database, it is a text with some words in it") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				library := w.films(3)
				w.ended(w.scanOnce(), preview.JobDone, "", done(3))
				text, err := os.ReadFile(w.database())
				if err != nil {
					w.Fatal(err)
				}
				if err := os.WriteFile(w.database(), damage(text), 0o600); err != nil {
					w.Fatal(err)
				}
				w.video("one more", "Films", "Heat (1995).mkv")
				w.fake.Scan(library)

				r := w.open()
				if aside := r.Store.Aside(); aside == "" {
					w.Error("nobody is told of the damage")
				} else if _, err := os.Stat(aside); err != nil {
					w.Error(err)
				}
				w.ended(r.scan(everything), preview.JobDone, "", preview.Counts{Videos: 4, Already: 3, Published: 1, Shown: 1})
				if n := w.pen.all(); n != 4 {
					w.Errorf("%d renders of 4 videos", n)
				}
			})
		})
	}
}

// TestADatabaseOfANewerScrubjay is left alone.
func TestADatabaseOfANewerScrubjay(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))
		w.another("PRAGMA user_version = 99")()
		before, err := os.ReadFile(w.database())
		if err != nil {
			w.Fatal(err)
		}
		_, err = Open(w.Context(), w.options())
		w.because(err, preview.StoreNewer)
		if _, err := OpenHistory(w.Context(), w.options()); preview.ReasonOf(err) != preview.StoreNewer {
			w.Errorf("the history: %v", err)
		}
		after, err := os.ReadFile(w.database())
		if err != nil || !slices.Equal(before, after) {
			w.Errorf("it was touched (%v)", err)
		}
		if others, err := filepath.Glob(w.database() + ".*"); err != nil || len(others) > 0 {
			w.Errorf("beside it lie %v (%v)", others, err)
		}
	})
}

// TestSettingsThatAreDamaged are refused by line, and stay as they are.
func TestSettingsThatAreDamaged(t *testing.T) {
	for name, c := range map[string]struct {
		text, line string
		reason     preview.Reason
	}{
		"no TOML":         {"version = 1\n[preview\nwidth = 320\n", "config.toml:2", preview.ConfigDamaged},
		"an unknown name": {"version = 1\n[preview]\nwidht = 320\n", "config.toml:3", preview.ConfigInvalid},
		"a wrong value":   {"version = 1\n[preview]\n\nwidth = -1\n", "config.toml:4", preview.ConfigInvalid},
		"of a newer one":  {"version = 99\n", "config.toml", preview.ConfigNewer},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				path := filepath.Join(w.dirs.Config, "config.toml")
				if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					w.Fatal(err)
				}
				_, err := Open(w.Context(), w.options())
				w.because(err, c.reason)
				if err != nil && !strings.Contains(err.Error(), c.line) {
					w.Errorf("%q does not name %s", err, c.line)
				}
				if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
					w.Errorf("the file is %q now (%v)", text, err)
				}
			})
		})
	}
}

// TestWhatAnEarlierRunLeftIsDone: a run that ends in the middle, and one that put something off.
func TestWhatAnEarlierRunLeftIsDone(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(6)
		r := w.open()
		ended := make(chan struct{})
		w.pen.instead(func(ctx context.Context, _ engine.Render, n int) error {
			if n == 3 {
				close(ended)
			}
			if n >= 3 {
				<-ctx.Done() // an FFmpeg that dies with us
				return preview.Because(preview.Cancelled, "%w", context.Cause(ctx))
			}
			return nil
		})
		j := r.begin(everything, false)
		<-ended
		r.stop()
		for _, path := range w.previews(w.path("Plex Media Server")) {
			if filepath.Base(path) != "index-sd.bif" {
				w.Errorf("left behind: %s", path)
			}
		}

		w.pen.instead(nil)
		r = w.open()
		r.all()
		w.wantShown(film(0), film(1), film(2), film(3), film(4), film(5))
		if j, err := r.Store.Job(w.Context(), j.ID); err != nil || j.State != preview.JobDone || j.Counts != done(6) {
			w.Errorf("the job is %+v, %v", j, err)
		}
		if n := w.pen.all(); n > 8 {
			w.Errorf("%d renders of 6 videos", n)
		}
	})
}

// TestWhatWasPutOffIsDoneByTheNextRun, when its time has come.
func TestWhatWasPutOffIsDoneByTheNextRun(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		path, away := w.path("Films", film(0)), w.path("away.mkv")
		if err := os.Rename(path, away); err != nil {
			w.Fatal(err)
		}
		first := w.scanOnce()
		if err := os.Rename(away, path); err != nil {
			w.Fatal(err)
		}
		time.Sleep(time.Hour)
		r := w.open()
		w.ended(r.wait(first), preview.JobDone, "", done(2))
		w.wantShown(film(0), film(1))
	})
}

// TestTheClockJumps: a laptop that slept, or a clock that was wrong. Files that changed last in times to come are files.
func TestTheClockJumps(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(2)
		future := time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
		if err := os.Chtimes(w.path("Films", film(0)), future, future); err != nil {
			w.Fatal(err)
		}
		if err := os.Chtimes(w.path("Films", film(1)), time.Unix(-1e9, 0), time.Unix(-1e9, 0)); err != nil {
			w.Fatal(err)
		}
		w.fake.Scan("1")
		w.ended(w.scanOnce(), preview.JobDone, "", done(2))
		time.Sleep(100 * 365 * 24 * time.Hour)
		w.ended(w.scanOnce(), preview.JobDone, "", already(2))
	})
}

// TestOpenLeavesNothingBehind when it fails: the lock is free for the next one.
func TestOpenLeavesNothingBehind(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(1)
		w.env["SCRUBJAY_PATH_MAP"] = "this is no map"
		_, err := Open(w.Context(), w.options())
		w.because(err, preview.ConfigInvalid)
		if errors.Is(err, os.ErrClosed) {
			w.Error(err)
		}
		delete(w.env, "SCRUBJAY_PATH_MAP")
		w.ended(w.scanOnce(), preview.JobDone, "", done(1))
	})
}
