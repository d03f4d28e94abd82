package daemon

import (
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
)

func TestAScanShowsEveryVideoAndASecondOneHasNothingToDo(t *testing.T) {
	bubble(t, func(w *world) {
		w.films(3)
		r := w.open()
		w.ended(r.scan(everything), preview.JobDone, "", done(3))
		w.wantShown(film(0), film(1), film(2))
		w.ended(r.scan(everything), preview.JobDone, "", already(3))
		if n := w.pen.all(); n != 3 {
			w.Errorf("%d renders of 3 videos", n)
		}
		w.noLeaks()
	})
}
