package mkv

import (
	"bytes"
	"math"
	"time"
)

// readTracks reads the list of tracks and keeps those of video.
func (f *File) readTracks(w *window) error {
	for e, err := range w.children(f.entries) {
		if err != nil {
			return err
		}
		if e.id != idTrackEntry {
			continue
		}
		t, kind, err := f.readTrack(w, e)
		if err != nil {
			return err
		}
		if kind != trackTypeVideo {
			continue
		}
		if len(f.tracks) == maxTracks {
			return damaged(e.pos, "more than %d video tracks", maxTracks)
		}
		f.tracks = append(f.tracks, t)
	}
	return nil
}

// readTrack reads one TrackEntry. kind is its TrackType.
func (f *File) readTrack(w *window, entry element) (t *track, kind uint64, err error) {
	t = &track{file: f, timeScale: 1}
	var private []byte
	for e, err := range w.children(entry) {
		switch {
		case err != nil:
		case e.id == idTrackNumber:
			t.info.ID, err = w.uint(e)
		case e.id == idTrackType:
			kind, err = w.uint(e)
		case e.id == idCodecID:
			t.info.Codec, err = w.text(e)
		case e.id == idCodecPrivate:
			private, err = w.payload(e, maxPrivate)
			private = bytes.Clone(private)
		case e.id == idDefaultDuration:
			t.frame, err = w.uint(e)
		case e.id == idTrackScale:
			t.timeScale, err = w.float(e)
		case e.id == idVideo:
			err = t.readVideo(w, e)
		case e.id == idContentEncodings:
			err = t.encoding.read(w, e)
		}
		if err != nil {
			return nil, 0, err
		}
	}
	if t.timeScale < 0.01 || t.timeScale > 1e6 { // FFmpeg's rule for the lower bound
		t.timeScale = 1
	}
	t.tick = max(uint64(float64(f.scale)*t.timeScale), 1)
	if t.encoding.private && t.encoding.fault == nil && len(private) > 0 {
		if private, err = t.encoding.undo(private, nil); err != nil {
			t.encoding.fault = damaged(entry.pos, "CodecPrivate: %v", err)
		}
	}
	t.info.Private = private
	if ns := f.duration * float64(f.scale); ns > 0 && ns < math.MaxInt64 {
		t.info.Duration = time.Duration(ns)
	}
	return t, kind, nil
}

func (t *track) readVideo(w *window, video element) error {
	for e, err := range w.children(video) {
		var v uint64
		switch {
		case err != nil:
		case e.id == idPixelWidth:
			v, err = w.uint(e)
			t.info.Width = int(min(v, math.MaxInt32))
		case e.id == idPixelHeight:
			v, err = w.uint(e)
			t.info.Height = int(min(v, math.MaxInt32))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
