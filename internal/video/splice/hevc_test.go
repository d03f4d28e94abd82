package splice

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpliceHEVC(t *testing.T) {
	nal := func(kind byte, body ...byte) []byte {
		b := append([]byte{kind << 1, 1}, body...)
		return append([]byte{0, 0, 0, byte(len(b))}, b...)
	}
	join := func(parts ...[]byte) []byte {
		var out []byte
		for _, p := range parts {
			out = append(out, p...)
		}
		return out
	}
	tests := []struct {
		name     string
		in, want []byte
	}{
		{"every slice of an open-GOP keyframe", join(nal(39, 9), nal(21, 1, 2), nal(21, 3)), join(nal(39, 9), nal(18, 1, 2), nal(18, 3))},
		{"a closed one stays", join(nal(32), nal(19, 1)), join(nal(32), nal(19, 1))},
		{"a length that lies ends it", join(nal(21, 1), []byte{0xff, 0xff, 0xff, 0xff, 21 << 1, 1}), join(nal(18, 1), []byte{0xff, 0xff, 0xff, 0xff, 21 << 1, 1})},
		{"nothing", nil, nil},
		{"too short for a length", []byte{0, 0}, []byte{0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, spliceHEVC(tt.in, 4)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
