package film

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// turn writes into an MP4 that its picture is to be shown turned clockwise. FFmpeg can do that too, but its option
// for it was renamed between 5.1 and 7 and the old one removed.
//
// The matrix {a b u; c d v; x y w} stands in tkhd (ISO/IEC 14496-12, 8.3.2), 16.16 fixed point, u, v, w 2.30; a
// clockwise quarter turn is a=0, b=1, c=-1, d=0.
func turn(path string, degrees int) error {
	if degrees != 90 {
		return fmt.Errorf("no matrix for %d degrees", degrees)
	}
	film, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	moov, err := movieBox(film)
	if err != nil {
		return err
	}
	// The films have one track.
	at := bytes.Index(moov, []byte("tkhd"))
	const matrix = 4 + 4 + 5*4 + 2*4 + 4*2 // behind name, version and flags, five times and ids, a reserve, layer to volume
	if at < 0 || at+matrix+9*4 > len(moov) || moov[at+4] != 0 {
		return errors.New("no track header of version 0")
	}
	turned := [9]int32{0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30}
	var buf bytes.Buffer
	if err := binary.Write(&buf, binary.BigEndian, turned); err != nil {
		return err
	}
	copy(moov[at+matrix:], buf.Bytes())
	return os.WriteFile(path, film, 0o666)
}

// movieBox returns the box that describes the movie, as a part of the film.
func movieBox(film []byte) ([]byte, error) {
	for rest := film; len(rest) >= 16; {
		size := uint64(binary.BigEndian.Uint32(rest))
		if size == 1 { // media data beyond 4 GiB has its size behind its name
			size = binary.BigEndian.Uint64(rest[8:])
		}
		if size < 8 || size > uint64(len(rest)) {
			break
		}
		if string(rest[4:8]) == "moov" {
			return rest[:size], nil
		}
		rest = rest[size:]
	}
	return nil, errors.New("no movie header")
}
