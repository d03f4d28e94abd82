package store

import (
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/scrubjay/scrubjay/internal/preview"
)

var update = flag.Bool("update", false, "write the dump of the version of today anew, which is right until it is released")

func dump(version int) string { return fmt.Sprintf("testdata/version-%d.sql", version) }

// The file that every version so far has left behind, as it looks today.
var (
	oldJob = preview.Job{
		ID: 1, Kind: preview.ScanJob, Title: "Scan Films", Source: "plex:1", Selection: preview.Selection{Libraries: []string{"1", "Séries"}, Folders: []string{odd}, Order: preview.Oldest, Limit: 9},
		Regenerate: true, Priority: 3, State: preview.JobRunning, Created: noon, Started: noon.Add(time.Second),
		Counts: preview.Counts{Videos: 8, Already: 4, Waiting: 1, Published: 1, Shown: 1, Failed: 1, Later: 1}, Listed: 7, Total: 8,
	}
	oldDone  = preview.Job{ID: 2, Kind: preview.PathsJob, Title: "One file", Source: "folder", State: preview.JobFailed, Reason: preview.MountEmpty, Detail: "/films", Created: noon, Ended: noon}
	oldTasks = []preview.Task{
		{ID: 1, Job: 1, Video: preview.Video{
			Source: "plex:1", Key: "4711", Library: "1", Title: "Heat (1995)", Path: odd, Remote: "/data" + odd, Size: 7, Changed: noon, Added: time.Unix(0, 0).UTC(),
			Duration: 170 * time.Minute, Items: []string{"1", "\xff"}, Shown: true,
		}, State: preview.TaskQueued, Priority: 3, Regenerate: true},
		{ID: 2, Job: 1, Video: preview.Video{Source: "plex:1", Path: "/films/b.mkv"}, State: preview.TaskPublished, Device: "cuda:0", Recipe: "cuda keyframes 7", Frames: 3600, Out: "/plex/b.bif", Replaced: true, Shown: true, Elapsed: 2 * time.Second, Started: noon, Ended: noon},
		{ID: 3, Job: 1, Video: preview.Video{Source: "plex:1", Path: "/films/c.mkv"}, State: preview.TaskFailed, Reason: preview.VideoDamaged, Detail: "moov", Tried: []string{"cuda:0", "cpu"}},
		{ID: 4, Job: 1, Video: preview.Video{Source: "plex:1", Path: "/films/d.mkv"}, State: preview.TaskLater, Reason: preview.VideoMissing, Tries: 2, Due: noon.Add(5 * time.Minute)},
	}
	oldEntry  = preview.Entry{Source: "plex:1", Key: "9", Path: "/films/b.mkv", Listed: preview.Version{Size: 1, ModTime: noon}, File: preview.Version{Size: 1, ModTime: noon.Add(time.Microsecond)}, Out: "/plex/b.bif", Interval: 2 * time.Second, Width: 320, Quality: 4, Recipe: "r", Shown: true, When: noon}
	oldStrike = preview.Strike{Path: "/films/c.mkv", Version: preview.Version{Size: 5, ModTime: noon}, Title: "C", Count: 1, Reason: preview.VideoDamaged, Detail: "moov", Last: noon}
)

func TestADatabaseOfEachVersionIsBroughtUpToDate(t *testing.T) {
	latest := len(must(migrations())(t))
	if *update {
		writeDump(t, latest)
	}
	want := schema(t, open(t, file(t)).path)
	for version := 1; version <= latest; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			path := load(t, version)
			s := open(t, path)
			same(t, "aside", s.Aside(), "")
			same(t, "schema", schema(t, path), want)
			same(t, "version", asked[int](t, path, "PRAGMA user_version"), latest)
			same(t, "open jobs", must(s.OpenJobs(t.Context()))(t), []preview.Job{oldJob})
			same(t, "job", must(s.Job(t.Context(), 2))(t), oldDone)
			same(t, "tasks", must(s.Tasks(t.Context(), 1, nil, 99, 0))(t), oldTasks)
			same(t, "ledger", must(s.Known(t.Context(), "plex:1", []string{"9"}))(t), map[string]preview.Entry{"9": oldEntry})
			k, _, err := s.Struck(t.Context(), "/films/c.mkv")
			ok(t, err)
			same(t, "strike", k, oldStrike)
			same(t, "note", must(s.Noted(t.Context(), "paused"))(t), odd)
			same(t, "the next job", aJob(t, s).ID, int64(3))
			// A copy is there if there was something to do.
			same(t, "a copy is there", exists(fmt.Sprintf("%s.version-%d", path, version)), version < latest)
		})
	}
}

func writeDump(t *testing.T, version int) {
	s := open(t, file(t))
	must(s.AddJob(t.Context(), oldJob))(t)
	must(s.AddJob(t.Context(), oldDone))(t)
	must(s.AddTasks(t.Context(), oldTasks))(t)
	ok(t, s.Keep(t.Context(), []preview.Entry{oldEntry}))
	must(s.Strike(t.Context(), oldStrike))(t)
	ok(t, s.Note(t.Context(), "paused", odd))

	var out strings.Builder
	fmt.Fprintf(&out, "-- What version %d left behind. It never changes.\nPRAGMA user_version = %[1]d;\n", version)
	for _, text := range schema(t, s.path) {
		fmt.Fprintf(&out, "%s;\n", text)
	}
	for _, table := range []string{"jobs", "tasks", "ledger", "strikes", "notes", "sqlite_sequence"} {
		ok(t, s.h.write.rows(t.Context(), "SELECT * FROM "+table, nil, func(row scanner) error {
			rows := row.(*sql.Rows)
			columns := must(rows.Columns())(t)
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			err := rows.Scan(into...)
			literals := make([]string, len(values))
			for i, v := range values {
				literals[i] = literal(v)
			}
			fmt.Fprintf(&out, "INSERT INTO %s (%s) VALUES (%s);\n", table, strings.Join(columns, ", "), strings.Join(literals, ", "))
			return err
		}))
	}
	ok(t, os.MkdirAll("testdata", 0o755))
	ok(t, os.WriteFile(dump(version), []byte(out.String()), 0o644))
}

func literal(v any) string {
	text, isText := v.(string)
	switch {
	case isText && utf8.ValidString(text):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case isText:
		return "CAST(x'" + hex.EncodeToString([]byte(text)) + "' AS TEXT)"
	}
	return fmt.Sprint(v)
}

// schema is the text of all tables and indexes.
func schema(t testing.TB, path string) (texts []string) {
	t.Helper()
	db := must(sql.Open("sqlite", address(path, "rw", time.Second)))(t)
	defer db.Close()
	rows := must(db.QueryContext(t.Context(), "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name"))(t)
	defer rows.Close()
	for rows.Next() {
		var text string
		ok(t, rows.Scan(&text))
		texts = append(texts, text)
	}
	return texts
}

// load makes a database of a version.
func load(t testing.TB, version int) string {
	t.Helper()
	path := file(t)
	ok(t, os.MkdirAll(filepath.Dir(path), 0o700))
	sqlExec(t, path, string(must(os.ReadFile(dump(version)))(t)), "PRAGMA journal_mode = WAL")
	return path
}

// upgrade runs the migrations of another Scrubjay.
func upgrade(t *testing.T, path string, steps ...string) error {
	t.Helper()
	ok(t, private(path))
	w := must(openWriter(t.Context(), path, time.Second))(t)
	defer func() { ok(t, w.close()) }()
	s := &Store{path: path}
	return s.migrate(t.Context(), w, steps)
}

func TestMigrationsGoStepByStep(t *testing.T) {
	path := file(t)
	one, two, three := "CREATE TABLE a (x)", "INSERT INTO a VALUES (2); CREATE TABLE b (x)", "ALTER TABLE a RENAME TO c; INSERT INTO c VALUES (3)"
	ok(t, upgrade(t, path, one))
	same(t, "files of a new one", names(t, filepath.Dir(path)), []string{"queue.db"})
	ok(t, upgrade(t, path, one))
	same(t, "files when there is nothing to do", names(t, filepath.Dir(path)), []string{"queue.db"})
	ok(t, upgrade(t, path, one, two))
	same(t, "the copy", asked[int](t, path+".version-1", "SELECT count(*) FROM a"), 0)
	same(t, "version of the copy", asked[int](t, path+".version-1", "PRAGMA user_version"), 1)

	// The third one fails half way: its transaction is undone, and the copy of before is there.
	err := upgrade(t, path, one, two, three+"; INSERT INTO nowhere VALUES (1)")
	if err == nil || !strings.Contains(err.Error(), "bring the database to version 3") {
		t.Errorf("error is %v", err)
	}
	same(t, "version", asked[int](t, path, "PRAGMA user_version"), 2)
	same(t, "rows", asked[int](t, path, "SELECT count(*) FROM a"), 1)
	same(t, "files", names(t, filepath.Dir(path)), []string{"queue.db", "queue.db.version-2"})

	ok(t, upgrade(t, path, one, two, three))
	same(t, "rows", asked[int](t, path, "SELECT count(*) FROM c"), 2)
	reason(t, upgrade(t, path, one, two), preview.StoreNewer)
}

// The version is in the file the moment that it is there, so that an older Scrubjay sees it without touching anything.
func TestTheVersionIsInTheFileItself(t *testing.T) {
	path := load(t, 1)
	steps := append(must(migrations())(t), "CREATE TABLE later (x)", "INSERT INTO later VALUES (1)")
	ok(t, upgrade(t, path, steps...))
	reason(t, look(path, len(steps)-1), preview.StoreNewer)
	ok(t, look(path, len(steps)))
	if exists(path + "-wal") {
		t.Error("there is a log")
	}
}
