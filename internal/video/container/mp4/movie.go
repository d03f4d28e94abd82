package mp4

import (
	"errors"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// movie is what the moov says of the whole file.
type movie struct {
	end       int64  // of the moov
	timescale uint32 // ticks per second of the edit list's durations
	traks     []*trak
	fragments bool
	defaults  map[uint32]defaults // by track ID, for fragments
}

// trak is what the moov says of one track, before its sample tables are read.
type trak struct {
	id        uint32
	enabled   bool
	handler   string // "vide", "soun" ...
	timescale uint32 // ticks per second
	duration  uint64 // in ticks, 0 when not given
	elst      box
	stsd      box
	tables    tables
	err       error
}

func readMovie(w *window, moov box) (*movie, error) {
	m := &movie{end: moov.end, defaults: map[uint32]defaults{}}
	var broken error
	for b, err := range w.boxes(moov.body, moov.end) {
		if err != nil {
			broken = err
			break
		}
		switch b.kind {
		case "cmov":
			return nil, fault(b.start, "the moov is compressed")
		case "mvhd":
			m.timescale, _, err = w.clock(b)
		case "trak":
			m.traks = append(m.traks, w.trak(b))
		case "mvex":
			m.fragments = true
			err = w.mvex(b, m.defaults)
		}
		if err != nil {
			broken = err
			break
		}
	}
	if broken != nil && (!errors.Is(broken, container.ErrNoIndex) || len(m.traks) == 0) {
		return nil, broken
	}
	return m, nil
}

// trak reads what is in a trak box but the rows of its tables. What is wrong with it is kept in err, because the
// handler that says whether it matters may come later.
func (w *window) trak(trakBox box) *trak {
	tr := &trak{enabled: true}
	tr.tables.src = w.src
	var walk func(parent box) error
	walk = func(parent box) error {
		for b, err := range w.boxes(parent.body, parent.end) {
			if err != nil {
				return err
			}
			switch parent.kind + "/" + b.kind {
			case "trak/mdia", "mdia/minf", "minf/stbl", "trak/edts":
				err = walk(b)
			case "trak/tkhd":
				err = w.tkhd(b, tr)
			case "mdia/mdhd":
				tr.timescale, tr.duration, err = w.clock(b)
			case "mdia/hdlr":
				err = w.hdlr(b, tr)
			case "edts/elst":
				tr.elst = b
			case "stbl/stsd":
				tr.stsd = b
			default:
				if parent.kind == "stbl" {
					err = tr.tables.box(w, b)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(trakBox); !errors.Is(err, errEnough) {
		tr.err = err
	}
	return tr
}

// video is the handler of video tracks.
const video = "vide"

// errEnough ends the walk through a track that is no video: nothing more of it matters.
var errEnough = errors.New("enough")

// hdlr reads what the track holds. QuickTime has a second hdlr in minf, for the data; that one is none of ours.
func (w *window) hdlr(b box, tr *trak) error {
	h, err := w.head(b, 12)
	if err != nil {
		return err
	}
	if tr.handler = string(h[8:12]); tr.handler != video {
		return errEnough
	}
	return nil
}

func (w *window) tkhd(b box, tr *trak) error {
	h, err := w.head(b, 20)
	if err != nil {
		return err
	}
	tr.enabled = h[3]&1 != 0
	if h[0] == 0 {
		tr.id = u32(h[12:])
		return nil
	}
	if h, err = w.head(b, 24); err != nil {
		return err
	}
	tr.id = u32(h[20:])
	return nil
}

// clock reads the ticks per second and the duration from mvhd or mdhd.
func (w *window) clock(b box) (timescale uint32, duration uint64, err error) {
	h, err := w.head(b, 20)
	if err != nil {
		return 0, 0, err
	}
	if h[0] == 0 {
		timescale, duration = u32(h[12:]), uint64(u32(h[16:]))
		if duration == 1<<32-1 { // "unknown"
			duration = 0
		}
	} else {
		if h, err = w.head(b, 32); err != nil {
			return 0, 0, err
		}
		timescale, duration = u32(h[20:]), u64(h[24:])
		if duration == 1<<64-1 {
			duration = 0
		}
	}
	if timescale > 1<<31-1 {
		timescale = 0 // negative to FFmpeg
	}
	return max(timescale, 1), duration, nil
}

func (w *window) mvex(mvex box, into map[uint32]defaults) error {
	for b, err := range w.boxes(mvex.body, mvex.end) {
		if err != nil {
			return err
		}
		if b.kind != "trex" {
			continue
		}
		h, err := w.head(b, 24)
		if err != nil {
			return err
		}
		into[u32(h[4:])] = defaults{entry: u32(h[8:]), duration: u32(h[12:]), size: u32(h[16:]), flags: u32(h[20:])}
	}
	return nil
}
