package mkv

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/remko/go-mkvparse"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// oracle is what another parser of the ecosystem finds: the unlaced blocks of each track of a file that it reads
// from front to back.
type oracle struct {
	mkvparse.DefaultHandler
	scale   int64
	cluster int64
	blocks  map[uint64][]oracleBlock
	group   *oracleBlock
	track   uint64
}

type oracleBlock struct {
	at      time.Duration
	key     bool
	payload []byte
}

func (o *oracle) HandleMasterBegin(id mkvparse.ElementID, _ mkvparse.ElementInfo) (bool, error) {
	return id != mkvparse.CuesElement && id != mkvparse.TagsElement, nil
}

func (o *oracle) HandleMasterEnd(id mkvparse.ElementID, _ mkvparse.ElementInfo) error {
	if id == mkvparse.BlockGroupElement && o.group != nil {
		o.blocks[o.track] = append(o.blocks[o.track], *o.group)
		o.group = nil
	}
	return nil
}

func (o *oracle) HandleInteger(id mkvparse.ElementID, v int64, _ mkvparse.ElementInfo) error {
	switch id {
	case mkvparse.TimecodeScaleElement:
		o.scale = v
	case mkvparse.TimecodeElement:
		o.cluster = v
	case mkvparse.ReferenceBlockElement:
		o.group.key = false
	}
	return nil
}

func (o *oracle) HandleBinary(id mkvparse.ElementID, v []byte, _ mkvparse.ElementInfo) error {
	if id != mkvparse.SimpleBlockElement && id != mkvparse.BlockElement {
		return nil
	}
	rel := int64(int16(binary.BigEndian.Uint16(v[1:])))
	b := oracleBlock{time.Duration((o.cluster + rel) * o.scale), v[3]&0x80 != 0, v[4:]}
	o.track = uint64(v[0] & 0x7F)
	if id == mkvparse.BlockElement {
		b.key = true
		o.group = &b
		return nil
	}
	o.blocks[o.track] = append(o.blocks[o.track], b)
	return nil
}

// sameAsOracle checks times, flags and payloads of all samples of a track whose groups cover the whole file.
func sameAsOracle(t *testing.T, path string, track container.Track) {
	t.Helper()
	o := &oracle{scale: defaultTimeScale, blocks: map[uint64][]oracleBlock{}}
	if err := mkvparse.ParsePath(path, o); err != nil {
		t.Fatalf("oracle: %v", err)
	}
	want := o.blocks[track.Info().ID]
	got := samples(t, track)
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d samples, the oracle has %d", len(got), len(want))
	}
	var buf []byte
	for i, s := range got {
		var err error
		if buf, err = track.Read(s, buf); err != nil {
			t.Fatal(err)
		}
		if w := want[i]; s.At != w.at || s.Key != w.key || !bytes.Equal(buf, w.payload) {
			t.Fatalf("sample %d is %+v, the oracle has one of %d bytes at %v, key %v", i, s, len(w.payload), w.at, w.key)
		}
	}
}

// samples returns the samples of all groups.
func samples(t *testing.T, track container.Track) []container.Sample {
	t.Helper()
	var all []container.Sample
	for k := range track.Keyframes() {
		g, err := track.Group(k)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, g...)
	}
	return all
}
