package engine

import (
	"context"
	"slices"
	"time"

	"github.com/scrubjay/scrubjay/internal/engine/event"
)

const (
	// notePaused is the store's name for the time since when a person holds all work back.
	notePaused = "paused"
	// holdPaused is the ID of that hold.
	holdPaused = "paused"
)

// Pause holds all work back: nothing is begun, and what renders is suspended in place. It lasts over restarts, until
// [Engine.Resume].
func (e *Engine) Pause(ctx context.Context) error {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	if err := e.open(ctx); err != nil {
		return err
	}
	if e.paused() {
		return nil
	}
	since := time.Now().Format(time.RFC3339)
	if err := e.o.Store.Note(ctx, notePaused, since); err != nil {
		return err
	}
	e.mu.Lock()
	e.holds = append(e.holds, pausedSince(since))
	e.hub.Publish(e.heldLocked())
	e.mu.Unlock()
	e.suspendPausing()
	e.log.Info().Msg("paused")
	return nil
}

// Resume lets work go on after [Engine.Pause].
func (e *Engine) Resume(ctx context.Context) error {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	if err := e.open(ctx); err != nil {
		return err
	}
	if !e.paused() {
		return nil
	}
	if err := e.o.Store.Note(ctx, notePaused, ""); err != nil {
		return err
	}
	if e.suspended {
		e.o.Renderer.Resume()
		e.suspended = false
	}
	e.mu.Lock()
	e.holds = slices.DeleteFunc(e.holds, func(h event.Hold) bool { return h.ID == holdPaused })
	e.hub.Publish(e.heldLocked())
	e.kickLocked()
	e.mu.Unlock()
	poke(e.wakeDispatch)
	e.log.Info().Msg("resumed")
	return nil
}

// keepPaused suspends the renderer as the last engine left it.
func (e *Engine) keepPaused() {
	e.pausing.Lock()
	defer e.pausing.Unlock()
	e.mu.Lock()
	held := slices.Clone(e.holds)
	e.mu.Unlock()
	for _, h := range held {
		e.log.Warn().Str("hold", h.ID).Time("since", h.Since).Msg("work is held back")
	}
	if len(held) > 0 {
		e.suspendPausing()
	}
}

// suspendPausing suspends the renderer, once. It is called with pausing held.
func (e *Engine) suspendPausing() {
	if !e.suspended {
		e.o.Renderer.Suspend()
		e.suspended = true
	}
}

func (e *Engine) paused() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.holds, func(h event.Hold) bool { return h.ID == holdPaused })
}

func (e *Engine) heldLocked() event.Held { return event.Held{By: slices.Clone(e.holds)} }

// pausedSince reads the note of a pause. A note that cannot be read is a pause all the same.
func pausedSince(note string) event.Hold {
	since, err := time.Parse(time.RFC3339, note)
	if err != nil {
		since = time.Now()
	}
	return event.Hold{ID: holdPaused, Text: "Paused: nothing is worked on until you resume.", Since: since}
}
