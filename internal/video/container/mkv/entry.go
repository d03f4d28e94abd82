package mkv

import (
	"bytes"
	"math"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
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

// encoding says how a track's packets were changed before they were stored. The zero value: not at all.
type encoding struct {
	packets bool   // the packets are changed
	private bool   // CodecPrivate is changed
	zlib    bool   // by zlib; else header was taken from their fronts
	header  []byte // what was taken
	fault   error  // why packets of this track cannot be had; nil when they can
}

// read reads ContentEncodings. What it cannot undo becomes the fault of the track and not an error.
func (c *encoding) read(w *window, list element) error {
	n := 0
	for e, err := range w.children(list) {
		if err != nil {
			return err
		}
		if e.id != idContentEncoding {
			continue
		}
		if n++; n > 1 { // FFmpeg does not undo these either
			c.fault = damaged(list.pos, "more than one content encoding")
			return nil
		}
		if err := c.readOne(w, e); err != nil {
			return err
		}
	}
	return nil
}

func (c *encoding) readOne(w *window, one element) error {
	scope, kind := uint64(1), uint64(0) // RFC 9559 sections 5.1.4.1.31.3 and .4
	for e, err := range w.children(one) {
		switch {
		case err != nil:
		case e.id == idEncodingScope:
			scope, err = w.uint(e)
		case e.id == idEncodingType:
			kind, err = w.uint(e)
		}
		if err != nil {
			return err
		}
	}
	c.packets, c.private = scope&1 != 0, scope&2 != 0
	if kind != 0 {
		c.fault = preview.Because(preview.VideoEncrypted, "open track: %w", damaged(one.pos, "its packets are encrypted"))
		return nil
	}
	algo := uint64(0)
	for comp, err := range w.children(one) {
		if err != nil {
			return err
		}
		if comp.id != idCompression {
			continue
		}
		for e, err := range w.children(comp) {
			switch {
			case err != nil:
			case e.id == idCompAlgo:
				algo, err = w.uint(e)
			case e.id == idCompSettings:
				var b []byte
				b, err = w.payload(e, maxStripped)
				c.header = bytes.Clone(b)
			}
			if err != nil {
				return err
			}
		}
	}
	switch algo {
	case 0:
		c.zlib = true
	case 3:
	default: // bzip2 and LZO, which RFC 9559 tells writers not to use
		c.fault = damaged(one.pos, "compression %d is not known", algo)
	}
	return nil
}
