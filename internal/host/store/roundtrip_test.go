package store

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// fill sets every field of a value to something that is not zero, and fails for a field of a kind that it does not know:
// a field that is added to the words must be added to the store.
func fill[T any](t *rapid.T) (v T) {
	fillValue(t, reflect.ValueOf(&v).Elem())
	return v
}

func fillValue(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMicro(rapid.Int64Range(-1<<50, 1<<52).Draw(t, "time")).UTC()))
		return
	case preview.Order:
		v.SetString(string(rapid.SampledFrom([]preview.Order{preview.Newest, preview.Oldest, preview.Random, preview.ByName}).Draw(t, "order")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillValue(t, v.Field(i))
		}
	case reflect.String:
		text := rapid.OneOf(rapid.StringN(1, 20, -1), rapid.Just(odd), rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 12), func(b []byte) string { return string(b) }))
		v.SetString(text.Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(1, math.MaxInt64).Draw(t, "number"))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(1, 4).Draw(t, "length"), 4))
		for i := range v.Len() {
			fillValue(t, v.Index(i))
		}
	default:
		t.Fatalf("the test does not know how to fill a %s", v.Type())
	}
}

func TestATaskComesBackAsItWasAdded(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		in := fill[preview.Task](rt)
		in.ID, in.Job, in.State = 0, j.ID, rapid.SampledFrom([]preview.TaskState{preview.TaskQueued, preview.TaskLater, preview.TaskFailed}).Draw(rt, "state")
		in.Video.Path += fmt.Sprint(n)
		added := must(s.AddTasks(t.Context(), []preview.Task{in}))(t)[0]
		if added.ID == 0 {
			t.Fatal("no ID")
		}
		in.ID = added.ID
		same(t, "added", added, in)
		same(t, "stored", must(s.Tasks(t.Context(), j.ID, nil, 1, in.ID-1))(t), []preview.Task{in})
	})
}

func TestATaskComesBackAsItWasSaved(t *testing.T) {
	s := open(t, file(t))
	j := aJob(t, s)
	added := must(s.AddTasks(t.Context(), films(j.ID, 1, 1)))(t)[0]
	rapid.Check(t, func(rt *rapid.T) {
		in := fill[preview.Task](rt)
		in.ID, in.Job, in.Video = added.ID, j.ID, added.Video
		in.Priority = math.MaxInt64 // it never falls
		in.State = rapid.SampledFrom([]preview.TaskState{preview.TaskRendering, preview.TaskPublishing, preview.TaskPublished, preview.TaskResting}).Draw(rt, "state")
		ok(t, s.SaveTask(t.Context(), in))
		same(t, "stored", must(s.Tasks(t.Context(), j.ID, nil, 1, in.ID-1))(t), []preview.Task{in})
	})
}

func TestAJobComesBackAsItWasAddedAndSaved(t *testing.T) {
	s := open(t, file(t))
	rapid.Check(t, func(rt *rapid.T) {
		in := fill[preview.Job](rt)
		in.ID, in.State = 0, preview.JobDoneWithFailed
		added := must(s.AddJob(t.Context(), in))(t)
		in.ID = added.ID
		same(t, "added", added, in)
		same(t, "stored", must(s.Job(t.Context(), in.ID))(t), in)

		later := fill[preview.Job](rt)
		later.ID, later.State = in.ID, preview.JobFailed
		// What a job was asked to do stays.
		later.Kind, later.Source, later.Selection, later.Regenerate, later.Created = in.Kind, in.Source, in.Selection, in.Regenerate, in.Created
		ok(t, s.SaveJob(t.Context(), later))
		same(t, "saved", must(s.Job(t.Context(), in.ID))(t), later)
	})
}

func TestAnEntryComesBackAsItWasKept(t *testing.T) {
	s := open(t, file(t))
	rapid.Check(t, func(rt *rapid.T) {
		in := fill[preview.Entry](rt)
		ok(t, s.Keep(t.Context(), []preview.Entry{in}))
		same(t, "known", must(s.Known(t.Context(), in.Source, []string{"another", in.Key}))(t), map[string]preview.Entry{in.Key: in})
	})
}

func TestAStrikeComesBackAsItWasCounted(t *testing.T) {
	s := open(t, file(t))
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		in := fill[preview.Strike](rt)
		in.Path += fmt.Sprint(n)
		counted := must(s.Strike(t.Context(), in))(t)
		in.Count = 1
		same(t, "counted", counted, in)
		stored, known, err := s.Struck(t.Context(), in.Path)
		ok(t, err)
		if !known {
			t.Fatal("not known")
		}
		same(t, "stored", stored, in)
	})
}

func TestNothingComesBackAsNothing(t *testing.T) {
	s := open(t, file(t))
	j := must(s.AddJob(t.Context(), preview.Job{State: preview.JobDone}))(t)
	same(t, "job", must(s.Job(t.Context(), j.ID))(t), preview.Job{ID: j.ID, State: preview.JobDone})
	added := must(s.AddTasks(t.Context(), []preview.Task{{Job: j.ID}}))(t)
	same(t, "task", must(s.Tasks(t.Context(), j.ID, nil, 9, 0))(t), []preview.Task{{ID: added[0].ID, Job: j.ID, State: preview.TaskQueued}})
	ok(t, s.Keep(t.Context(), []preview.Entry{{}}))
	same(t, "entry", must(s.Known(t.Context(), "", []string{""}))(t), map[string]preview.Entry{"": {}})
}

// Times come back to the microsecond, in UTC, and the moment at which Unix began is not mistaken for none.
func TestTimes(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	for _, tc := range []struct{ in, want time.Time }{
		{time.Time{}, time.Time{}},
		{time.Unix(0, 0), time.Unix(0, 0).UTC()},
		{time.Unix(0, 999), time.Unix(0, 0).UTC()},
		{time.Unix(-1, 0), time.Unix(-1, 0).UTC()},
		{time.Date(2026, 3, 29, 3, 30, 0, 123_456_789, berlin), time.Date(2026, 3, 29, 2, 30, 0, 123_456_000, time.UTC)},
		{time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		got := moment(micros(tc.in))
		if !got.Equal(tc.want) || got.IsZero() != tc.in.IsZero() || got.Location() != time.UTC && !got.IsZero() {
			t.Errorf("%v came back as %v", tc.in, got)
		}
		if v, w := (preview.Version{ModTime: tc.in}), (preview.Version{ModTime: got}); !v.Same(w) {
			t.Errorf("%v is another version than %v", got, tc.in)
		}
	}
}

// FuzzUnpack: whatever stands in a file, reading it is an error at worst.
func FuzzUnpack(f *testing.F) {
	for _, text := range []string{"", "null", `["a"]`, `[{"bytes":"/w=="}]`, `[{"bytes":1}]`, `[1]`, `[`, `{"paths":[{}]}`, strings.Repeat("[", 10_000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := unpack(text)
		if err == nil {
			same(t, "list", must(unpack(must(pack(l))(t)))(t), normal(l))
		}
		_, _ = unpackSelection(text)
	})
}

// normal is a list as it is stored: an empty one is nil.
func normal(l []string) []string {
	if len(l) == 0 {
		return nil
	}
	return l
}
