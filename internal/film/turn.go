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
	// The films that are turned are small, and hold one track.
	at := bytes.Index(film, []byte("tkhd"))
	const matrix = 4 + 4 + 4*5 + 8 + 2*4 // behind the name: version, flags, five 32-bit times and ids, 8 reserved, layer to volume
	if at < 0 || at+matrix+9*4 > len(film) || film[at+4] != 0 {
		return errors.New("no track header of version 0")
	}
	turned := [9]int32{0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30}
	var buf bytes.Buffer
	if err := binary.Write(&buf, binary.BigEndian, turned); err != nil {
		return err
	}
	copy(film[at+matrix:], buf.Bytes())
	return os.WriteFile(path, film, 0o666)
}
