package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine"
	"github.com/scrubjay/scrubjay/internal/engine/event"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func (s *started) device(id string) event.Device {
	for _, d := range s.Snapshot().Devices {
		if d.ID == id {
			return d
		}
	}
	return event.Device{}
}

func TestADeviceThatFailsInARowRestsAndItsTasksGoOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(40)
		sick := true
		w.render = func(_ context.Context, r engine.Render) error {
			if sick && r.Device.ID == gpu.ID {
				return fault(preview.DeviceLost)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		begun := time.Now()
		j := e.scan(engine.Request{})
		nap(time.Minute)
		d := e.device(gpu.ID)
		if d.Because != preview.DeviceLost || d.RestsUntil.Sub(begun).Round(time.Minute) != 5*time.Minute {
			t.Errorf("the device is %+v", d)
		}
		if got := e.wait(j.ID); got.Counts.Shown != 40 || got.Counts.Failed != 0 || len(w.store.strikes) != 0 {
			t.Errorf("job is %+v", got)
		}
		on := func() (n int) {
			for _, ids := range w.on {
				for _, id := range ids {
					if id == gpu.ID {
						n++
					}
				}
			}
			return n
		}
		if on() != 3 {
			t.Errorf("the GPU was tried %d times", on())
		}

		// After its rest it is tried once, and rests twice as long.
		nap(5 * time.Minute)
		if d := e.device(gpu.ID); d.Because != "" || !d.RestsUntil.IsZero() {
			t.Errorf("after its rest the device is %+v", d)
		}
		begun = time.Now()
		e.wait(e.scan(engine.Request{Regenerate: true}).ID)
		if d := e.device(gpu.ID); on() != 4 || d.RestsUntil.Sub(begun).Round(time.Minute) != 10*time.Minute {
			t.Errorf("tried %d times, the device is %+v", on(), d)
		}

		// And a success clears it.
		nap(10 * time.Minute)
		sick = false
		e.wait(e.scan(engine.Request{Regenerate: true}).ID)
		if on() < 15 {
			t.Errorf("the GPU works again, and was tried %d times", on())
		}
	})
}

func TestAnUnsupportedVideoIsNoFaultOfTheDevice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(20)
		w.render = func(_ context.Context, r engine.Render) error {
			if r.Device.ID == gpu.ID {
				return fault(preview.DeviceUnsupported)
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		if j := e.run(); j.Counts.Shown != 20 {
			t.Errorf("counts are %+v", j.Counts)
		}
		if d := e.device(gpu.ID); !d.RestsUntil.IsZero() {
			t.Errorf("the device is %+v", d)
		}
	})
}

func TestAllDevicesRestingKeepsTheTasksAndSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(10)
		sick := true
		w.render = func(context.Context, engine.Render) error {
			if sick {
				return fault(preview.FFmpegStalled)
			}
			return nil
		}
		e := w.start(t, slots(0, 2))
		defer e.end()
		d := e.watch(t)
		j := e.scan(engine.Request{})
		nap(time.Minute)
		if s := w.store.states(); s[preview.TaskQueued] < 6 {
			t.Errorf("tasks are %v", s)
		}
		told := false
		for _, ev := range d.events() {
			if c, ok := ev.(event.SlotsChanged); ok {
				for _, dev := range c.Devices {
					told = told || dev.Because == preview.FFmpegStalled
				}
			}
		}
		if !told {
			t.Error("nobody was told why nothing goes on")
		}
		sick = false
		if got := e.wait(j.ID); got.Counts.Shown+got.Counts.Failed != 10 || got.Counts.Shown < 6 {
			t.Errorf("counts are %+v", got.Counts)
		}
	})
}

func TestSlotsChangeLive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(60)
		e := w.start(t, slots(0, 2))
		defer e.end()
		j := e.scan(engine.Request{})
		nap(2 * time.Second)
		running := func() int {
			synctest.Wait()
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.running
		}
		if n := running(); n != 2 {
			t.Errorf("%d run on 2 slots", n)
		}
		e.SetSlots(slots(3, 2))
		if n := running(); n != 5 {
			t.Errorf("%d run on 5 slots", n)
		}
		e.SetSlots(slots(1, 0)) // while all are busy: they end their videos
		if n := running(); n != 5 {
			t.Errorf("%d run: a change of slots broke some off", n)
		}
		nap(5 * time.Second)
		if n := running(); n != 1 {
			t.Errorf("%d run on 1 slot", n)
		}
		e.SetSlots([]engine.Slots{{Device: cpu, Count: 1}}) // the GPU leaves
		nap(5 * time.Second)
		if ds := e.Snapshot().Devices; len(ds) != 1 || ds[0].ID != cpu.ID {
			t.Errorf("devices are %+v", ds)
		}
		e.SetSlots(nil)
		nap(time.Hour)
		if n := running(); n != 0 {
			t.Errorf("%d run on no slots", n)
		}
		e.SetSlots(slots(2, 2))
		if got := e.wait(j.ID); got.Counts.Shown != 60 {
			t.Errorf("counts are %+v", got.Counts)
		}
		for p, n := range w.rendered {
			if n != 1 {
				t.Errorf("%s was rendered %d times", p, n)
			}
		}
	})
}

func TestAFreeDeviceLooksPastWhatItCannotDo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(400)
		w.render = func(ctx context.Context, r engine.Render) error {
			var i int
			if _, err := fmt.Sscanf(r.Video, "/films/%d.mkv", &i); err != nil {
				return err
			}
			if r.Device.ID == gpu.ID && i < 300 {
				return fault(preview.DeviceUnsupported)
			}
			if r.Device.ID == cpu.ID && !sleep(ctx, 10*time.Minute) {
				return errors.New("cancelled")
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		j := e.scan(engine.Request{})
		nap(9 * time.Minute) // the CPU is at its first one still
		if got := w.store.job(j.ID); got.Counts.Shown != 100 {
			t.Errorf("the GPU did %d of its 100", got.Counts.Shown)
		}
		if err := e.Cancel(t.Context(), j.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestATaskWhoseLastDeviceWasTakenAwayEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(2)
		w.took = time.Minute
		w.render = func(_ context.Context, r engine.Render) error {
			if r.Device.ID == gpu.ID && r.Video == path(1) {
				return fault(preview.DeviceUnsupported)
			}
			return nil
		}
		// The CPU is busy with the first, so the second waits for it after the GPU gave it back.
		e := w.start(t, []engine.Slots{{Device: cpu, Count: 1}, {Device: gpu, Count: 1}})
		defer e.end()
		j := e.scan(engine.Request{})
		nap(time.Second)
		e.SetSlots(slots(1, 0))
		if got := e.wait(j.ID); got.Counts.Failed != 1 || w.store.task(path(1)).Reason != preview.EngineNoDevice {
			t.Errorf("job is %+v, task %+v", got, w.store.task(path(1)))
		}
	})
}

func TestWhatIsAddedWhileTheQueueIsReadIsNotMissed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(4)
		w.render = func(ctx context.Context, r engine.Render) error {
			switch {
			case r.Device.ID == gpu.ID && r.Video < path(2):
				return fault(preview.DeviceUnsupported)
			case r.Device.ID == cpu.ID && !sleep(ctx, 10*time.Minute):
				return ctx.Err()
			}
			return nil
		}
		e := w.start(t, slots(1, 1))
		defer e.end()
		one := func(i int) int64 {
			return e.scan(engine.Request{Selection: preview.Selection{Paths: []string{path(i)}}}).ID
		}
		one(0)
		one(1)
		nap(time.Minute) // the CPU is busy with the one, and the other waits for it at the head of the queue
		w.store.after = func(call string) {
			if call == "DueTasks queued" { // which is asked with no lock held
				time.Sleep(90 * time.Millisecond)
			}
		}
		one(2)
		nap(50 * time.Millisecond)
		last := one(3)
		nap(time.Minute)
		if got := w.store.job(last); got.State != preview.JobDone {
			t.Errorf("with a GPU free, the job is %+v", got)
		}
	})
}
