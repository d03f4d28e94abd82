package mkv

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Range says which values of a sample are black and white. The numbers are Matroska's.
type Range uint8

// The values of Range.
const (
	RangeUnknown Range = 0
	RangeLimited Range = 1 // "tv", "broadcast"
	RangeFull    Range = 2 // "pc", "JPEG"
)

// Colour says how sample values become colours, in the code points of ISO/IEC 23091-2. 0 and 2 are what nobody
// knows and are left out; that 0 is also the matrix of RGB does no harm, because codecs that carry RGB say so in
// the packets.
type Colour struct {
	Matrix, Transfer, Primaries uint8
	Range                       Range
}

// StreamHeader is what a decoder must know before the first packet.
type StreamHeader struct {
	Codec         string // Matroska's codec ID: "V_MPEG4/ISO/AVC"
	Private       []byte // CodecPrivate; may be empty
	Width, Height int    // of the coded picture, in pixels
	Colour        Colour
}

// Writer writes packets of one video track as a live Matroska stream: nothing is ever rewritten, and each packet
// leaves with its own Write calls, so that a decoder at the other end of a pipe can begin at once. It serves one
// goroutine.
type Writer struct {
	w   io.Writer
	buf []byte
}

// Packets are held to what a SimpleBlock in a Cluster can say.
const (
	streamTick = time.Millisecond
	// maxStreamTime keeps FFmpeg's 64-bit arithmetic in nanoseconds clear of overflow: 146 years.
	maxStreamTime = time.Duration(1 << 62)
)

// NewWriter writes the head of the stream.
func NewWriter(w io.Writer, h StreamHeader) (*Writer, error) {
	switch {
	case h.Codec == "":
		return nil, errors.New("write stream header: no codec ID")
	case h.Width <= 0 || h.Height <= 0:
		return nil, fmt.Errorf("write stream header: %dx%d pixels", h.Width, h.Height)
	}
	// Version 4 has Colour; a reader of version 2 understands all else.
	ebml := appendUint(nil, idEBMLVersion, 1)
	ebml = appendUint(ebml, idEBMLReadVersion, 1)
	ebml = appendUint(ebml, idEBMLMaxIDLength, 4)
	ebml = appendUint(ebml, idEBMLMaxSizeLength, 8)
	ebml = appendText(ebml, idDocType, "matroska")
	ebml = appendUint(ebml, idDocTypeVersion, 4)
	ebml = appendUint(ebml, idDocTypeRead, 2)

	info := appendUint(nil, idTimestampScale, uint64(streamTick))
	info = appendText(info, idMuxingApp, "scrubjay")
	info = appendText(info, idWritingApp, "scrubjay")

	video := appendUint(nil, idPixelWidth, uint64(h.Width))
	video = appendUint(video, idPixelHeight, uint64(h.Height))
	if colour := h.Colour.append(nil); len(colour) > 0 {
		video = appendBytes(video, idColour, colour)
	}
	entry := appendUint(nil, idTrackNumber, 1)
	entry = appendUint(entry, idTrackUID, 1)
	entry = appendUint(entry, idTrackType, trackTypeVideo)
	entry = appendUint(entry, idFlagLacing, 0)
	entry = appendText(entry, idCodecID, h.Codec)
	if len(h.Private) > 0 {
		entry = appendBytes(entry, idCodecPrivate, h.Private)
	}
	entry = appendBytes(entry, idVideo, video)

	out := appendBytes(nil, idEBML, ebml)
	out = append(appendID(out, idSegment), 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF) // of unknown size
	out = appendBytes(out, idInfo, info)
	out = appendBytes(out, idTracks, appendBytes(nil, idTrackEntry, entry))
	if _, err := w.Write(out); err != nil {
		return nil, fmt.Errorf("write stream header: %w", err)
	}
	return &Writer{w: w}, nil
}

func (c Colour) append(b []byte) []byte {
	for _, v := range []struct {
		id   uint32
		code uint8
	}{{idMatrix, c.Matrix}, {idTransfer, c.Transfer}, {idPrimaries, c.Primaries}} {
		if v.code != 0 && v.code != 2 {
			b = appendUint(b, v.id, uint64(v.code))
		}
	}
	if c.Range != RangeUnknown {
		b = appendUint(b, idRange, uint64(c.Range))
	}
	return b
}

// Packet writes one packet, to be shown at the given time, which is rounded down to a millisecond and not
// negative. Times may jump by any amount, in both directions. The payload is not kept.
//
// The error is of the underlying Write, such as EPIPE when the reader is gone.
func (w *Writer) Packet(at time.Duration, key bool, payload []byte) error {
	switch {
	case at < 0 || at > maxStreamTime:
		return fmt.Errorf("write packet: time %v", at)
	case len(payload) == 0 || len(payload) > maxPacket:
		return fmt.Errorf("write packet: %d bytes", len(payload))
	}
	const head = 4 // track number, 16 bits of relative time, flags
	flags := byte(0)
	if key {
		flags = 0x80
	}
	var scratch [32]byte
	inner := appendUint(scratch[:0], idTimestamp, uint64(at/streamTick))
	inner = appendSize(appendID(inner, idSimpleBlock), head+len(payload))
	inner = append(inner, 0x81, 0, 0, flags)
	w.buf = appendSize(appendID(w.buf[:0], idCluster), len(inner)+len(payload))
	w.buf = append(w.buf, inner...)
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	if _, err := w.w.Write(payload); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}
