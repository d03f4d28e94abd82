package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/scrubjay/scrubjay/internal/video/container"
)

// compare opens a file and holds it against ffprobe.
func compare(t *testing.T, path string) {
	t.Helper()
	f, src := openFile(t, path)
	if len(f.Tracks()) != 1 {
		t.Fatalf("%d video tracks, want 1", len(f.Tracks()))
	}
	agree(t, f.Tracks()[0], src, probe(t, path))
}

func bframes(t testing.TB) string {
	return ffmpeg(t, append(args(source(4, 24), h264), "a.mp4")...)
}

// The movie's clock of FFmpeg's files ticks 1000 times a second, the track's 12288 times; a picture lasts 512 ticks.
func TestEditLists(t *testing.T) {
	clip := bframes(t)
	plain := ffmpeg(t, append(args(source(4, 24), h264, "-bf 0"), "a.mp4")...)
	allKeys := ffmpeg(t, append(args(source(2, 24), "-c:v mjpeg -pix_fmt yuvj420p -video_track_timescale 12288"), "a.mp4")...)
	for _, c := range []struct {
		name string
		list *node
	}{
		{"the whole", elst([2]int32{4000, 1024})},
		{"longer than the track", elst([2]int32{90000, 1024})},
		{"from zero", elst([2]int32{4000, 0})},
		{"starts within a group", elst([2]int32{2000, 1024 + 20*512})},
		{"starts between two pictures", elst([2]int32{2000, 1024 + 20*512 + 77})},
		{"ends within a group", elst([2]int32{1700, 1024})},
		{"empty first", elst([2]int32{1500, -1}, [2]int32{2000, 1024})},
		{"two empty ones first", elst([2]int32{500, -1}, [2]int32{700, -1}, [2]int32{2000, 1024})},
		{"empty first, starts within a group", elst([2]int32{1500, -1}, [2]int32{1000, 1024 + 30*512})},
		{"two that follow each other", elst([2]int32{1000, 1024}, [2]int32{1000, 1024 + 24*512})},
		{"two with a gap", elst([2]int32{1000, 1024}, [2]int32{1000, 1024 + 40*512})},
		{"two that swap", elst([2]int32{1000, 1024 + 40*512}, [2]int32{1000, 1024})},
		{"one piece twice", elst([2]int32{1000, 1024}, [2]int32{1000, 1024})},
		{"three, with an empty one first", elst([2]int32{250, -1}, [2]int32{500, 1024 + 7*512}, [2]int32{900, 1024 + 3*512}, [2]int32{300, 1024 + 60*512})},
		{"version 1", leaf("elst", uint32(1<<24), uint32(2), int64(1500), int64(-1), uint32(1<<16), int64(2000), int64(1024), uint32(1<<16))},
		{"count too large", leaf("elst", uint32(0), uint32(9), int32(2000), int32(1024), uint32(1<<16))},
	} {
		for name, path := range map[string]string{"B-frames": clip, "no B-frames": plain, "keyframes only": allKeys} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				compare(t, remake(t, path, func(moov *node) { setEdits(moov.find("trak"), c.list) }))
			})
		}
	}
}

// In fragmented files FFmpeg only shifts the times and hides nothing.
func TestEditListsOfFragments(t *testing.T) {
	b := readFile(t, ffmpeg(t, append(args(source(4, 24), h264, "-movflags frag_keyframe+empty_moov+default_base_moof"), "a.mp4")...))
	for name, list := range map[string]*node{
		"the whole":        elst([2]int32{0, 1024}),
		"with a length":    elst([2]int32{1000, 1024}),
		"later":            elst([2]int32{0, 1024 + 2000}),
		"empty first":      elst([2]int32{1500, -1}, [2]int32{0, 1024}),
		"two empty first":  elst([2]int32{1500, -1}, [2]int32{200, -1}, [2]int32{0, 1024}),
		"only an empty":    elst([2]int32{1500, -1}),
		"several":          elst([2]int32{1500, 1024}, [2]int32{1000, 30000}),
		"empty, no length": elst([2]int32{0, -1}, [2]int32{0, 1024}),
	} {
		t.Run(name, func(t *testing.T) {
			nodes := parseNodes(b)
			setEdits(nodes[1].find("trak"), list)
			// The box at the end says how far back the list of fragments starts; it names places that have moved.
			compare(t, save(t, ".mp4", writeNodes(nodes[:len(nodes)-1])))
		})
	}
}

func TestRandomEditLists(t *testing.T) {
	clip := bframes(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	n := 25
	if testing.Short() {
		n = 5
	}
	for i := range n {
		var edits [][2]int32
		if rnd.IntN(3) == 0 {
			edits = append(edits, [2]int32{rnd.Int32N(3000), -1})
		}
		for range 1 + rnd.IntN(4) {
			edits = append(edits, [2]int32{600 + rnd.Int32N(2500), 1024 + rnd.Int32N(12288*3)})
		}
		t.Run(fmt.Sprint(i, edits), func(t *testing.T) {
			path := remake(t, clip, func(moov *node) { setEdits(moov.find("trak"), elst(edits...)) })
			shown := 0
			want := probe(t, path)
			for _, p := range want.packets {
				if p.key && !p.hidden {
					shown++
				}
			}
			if shown == 0 {
				f, _ := openFile(t, path)
				if k := f.Tracks()[0].Keyframes(); slices.ContainsFunc(k, func(k container.Keyframe) bool { return !k.Hidden }) {
					t.Errorf("%d keyframes, ffprobe sees none", len(k))
				}
				return
			}
			compare(t, path)
		})
	}
}

func TestCopiesThatStartWithinAGroup(t *testing.T) {
	clip := ffmpeg(t, append(args(source(6, 24), "-f lavfi -i sine=duration=6", h264, "-g 48 -c:a aac"), "a.mp4")...)
	for _, ss := range []string{"0.5", "1.0", "2.04", "3.3"} {
		for _, ext := range []string{"b.mp4", "b.mov"} {
			t.Run(ss+" "+ext, func(t *testing.T) {
				compare(t, ffmpeg(t, "-ss", ss, "-i", clip, "-c", "copy", ext))
			})
		}
	}
}

func TestEditsThatOnlyFFmpegCanPlay(t *testing.T) {
	clip := bframes(t)
	many := make([][2]int32, maxEdits+1)
	for i := range many {
		many[i] = [2]int32{100, 1024}
	}
	for name, list := range map[string]*node{
		"half speed":       leaf("elst", uint32(0), uint32(1), int32(2000), int32(1024), uint32(1<<15)),
		"a still picture":  leaf("elst", uint32(0), uint32(1), int32(2000), int32(1024), uint32(0)),
		"many":             elst(many...),
		"empty within":     elst([2]int32{1000, 1024}, [2]int32{500, -1}, [2]int32{1000, 1024}),
		"before the start": elst([2]int32{1000, -700}),
		"unknown length":   leaf("elst", uint32(1<<24), uint32(1), int64(-1), int64(1024), uint32(1<<16)),
	} {
		t.Run(name, func(t *testing.T) {
			b := readFile(t, remake(t, clip, func(moov *node) { setEdits(moov.find("trak"), list) }))
			if _, err := openBytes(b); !errors.Is(err, container.ErrNoIndex) {
				t.Errorf("error %v, want one that wraps ErrNoIndex", err)
			}
		})
	}
}

func TestTablesInOtherForms(t *testing.T) {
	clip := bframes(t)
	stbl := func(moov *node) *node { return moov.find("trak/mdia/minf/stbl") }
	for name, change := range map[string]func(moov *node){
		"co64": func(moov *node) {
			s := stbl(moov)
			old := s.find("stco").body
			s.remove("stco")
			parts := []any{uint32(0), u32(old[4:])}
			for b := old[8:]; len(b) > 0; b = b[4:] {
				parts = append(parts, uint64(u32(b)))
			}
			s.put(leaf("co64", parts...))
		},
		"stz2 with 16 bits": func(moov *node) {
			s := stbl(moov)
			old := s.find("stsz").body
			s.remove("stsz")
			parts := []any{uint32(0), uint32(16), u32(old[8:])}
			for b := old[12:]; len(b) > 0; b = b[4:] {
				parts = append(parts, uint16(u32(b)))
			}
			s.put(leaf("stz2", parts...))
		},
		"one chunk for each picture": func(moov *node) {
			s := stbl(moov)
			sizes := s.find("stsz").body[12:]
			at := u32(s.find("stco").body[8:])
			chunks := []any{uint32(0), uint32(len(sizes) / 4)}
			for ; len(sizes) > 0; sizes = sizes[4:] {
				chunks = append(chunks, at)
				at += u32(sizes)
			}
			s.put(leaf("stco", chunks...))
			s.put(leaf("stsc", uint32(0), uint32(1), uint32(1), uint32(1), uint32(1)))
		},
		"chunks of three and five": func(moov *node) {
			s := stbl(moov)
			sizes := s.find("stsz").body[12:]
			at := u32(s.find("stco").body[8:])
			var chunks []any
			runs := []any{}
			for i := 0; len(sizes) > 0; i++ {
				n := min(3+2*(i%2), len(sizes)/4)
				chunks = append(chunks, at)
				runs = append(runs, uint32(i+1), uint32(n), uint32(1))
				for range n {
					at += u32(sizes)
					sizes = sizes[4:]
				}
			}
			s.put(leaf("stco", append([]any{uint32(0), uint32(len(chunks))}, chunks...)...))
			s.put(leaf("stsc", append([]any{uint32(0), uint32(len(runs) / 3)}, runs...)...))
		},
		"durations that stop early": func(moov *node) {
			stbl(moov).put(leaf("stts", uint32(0), uint32(2), uint32(10), uint32(512), uint32(85), uint32(600)))
		},
		"an unknown box in stbl": func(moov *node) { stbl(moov).put(leaf("abcd", "hello")) },
		"clocks of version 1": func(moov *node) {
			for _, n := range []*node{moov.find("mvhd"), moov.find("trak/mdia/mdhd")} {
				old := n.body
				*n = *leaf(n.kind, uint32(1<<24), uint64(0), uint64(0), u32(old[12:]), uint64(u32(old[16:])), old[20:])
			}
			tkhd := moov.find("trak/tkhd")
			old := tkhd.body
			*tkhd = *leaf("tkhd", uint32(1<<24|3), uint64(0), uint64(0), u32(old[12:]), uint32(0), uint64(u32(old[20:])), old[24:])
		},
		"no clock of the track": func(moov *node) { binary.BigEndian.PutUint32(moov.find("trak/mdia/mdhd").body[12:], 0) },
		"a track without samples first": func(moov *node) {
			// FFmpeg then only shifts the times of all tracks behind it.
			setEdits(moov.find("trak"), elst([2]int32{700, -1}, [2]int32{1000, 1024 + 20*512}))
			empty := parseNodes(mk("trak", mk("tkhd", uint32(7), uint64(0), uint32(9), make([]byte, 68)), mk("mdia",
				mk("mdhd", uint32(0), uint64(0), uint32(1000), uint32(0), uint32(0)),
				mk("hdlr", uint64(0), "text", make([]byte, 13)),
				mk("minf", mk("stbl", mk("stsd", uint32(0), uint32(1), mk("text", make([]byte, 60))), mk("stts", uint64(0)), mk("stsc", uint64(0)), mk("stsz", uint64(0), uint32(0)), mk("stco", uint64(0)))))))
			moov.kids = append(moov.kids[:1:1], append(empty, moov.kids[1:]...)...)
		},
	} {
		t.Run(name, func(t *testing.T) { compare(t, remake(t, clip, change)) })
	}
}

// FFmpeg finds the keyframes of H.264 by parsing; of MPEG-4 part 2 it believes the tables.
func TestWaysToNameKeyframes(t *testing.T) {
	clip := ffmpeg(t, append(args(source(4, 24), "-c:v mpeg4 -g 12"), "a.mp4")...)
	stbl := func(moov *node) *node { return moov.find("trak/mdia/minf/stbl") }
	for name, change := range map[string]func(moov *node){
		"no stss: every picture is a keyframe": func(moov *node) { stbl(moov).remove("stss") },
		"stss counts from zero": func(moov *node) {
			stbl(moov).put(leaf("stss", uint32(0), uint32(3), uint32(0), uint32(12), uint32(24)))
		},
		"stps": func(moov *node) {
			stbl(moov).put(leaf("stss", uint32(0), uint32(2), uint32(1), uint32(25)))
			stbl(moov).put(leaf("stps", uint32(0), uint32(2), uint32(13), uint32(49)))
		},
		"random access points": func(moov *node) {
			stbl(moov).put(leaf("stss", uint32(0), uint32(1), uint32(1)))
			stbl(moov).put(leaf("sbgp", uint32(0), "rap ", uint32(5), uint32(12), uint32(0), uint32(1), uint32(1),
				uint32(11), uint32(0), uint32(1), uint32(1), uint32(71), uint32(0)))
		},
		"random access points, version 1": func(moov *node) {
			stbl(moov).put(leaf("stss", uint32(0), uint32(1), uint32(1)))
			stbl(moov).put(leaf("sbgp", uint32(1<<24), "rap ", uint32(0), uint32(2), uint32(24), uint32(0), uint32(1), uint32(1)))
		},
		"no stss, but random access points": func(moov *node) {
			stbl(moov).remove("stss")
			stbl(moov).put(leaf("sbgp", uint32(0), "rap ", uint32(1), uint32(24), uint32(0)))
		},
	} {
		t.Run(name, func(t *testing.T) { compare(t, remake(t, clip, change)) })
	}
}

func TestFilesPutTogetherInOtherWays(t *testing.T) {
	clip := bframes(t)
	b := readFile(t, clip)
	front := readFile(t, ffmpeg(t, "-i", clip, "-c", "copy", "-movflags", "faststart", "c.mp4"))
	nodes := parseNodes(b)
	free := bytes.Index(b, []byte("free")) - 4
	if u32(b[free:]) != 8 || string(b[free+12:free+16]) != "mdat" {
		t.Fatal("FFmpeg no longer writes free and mdat one behind the other")
	}
	long := bytes.Clone(b) // the same mdat with a 64-bit size
	mdat := uint64(u32(b[free+8:]))
	copy(long[free:], "\x00\x00\x00\x01mdat")
	binary.BigEndian.PutUint64(long[free+8:], mdat+8)

	toEnd := bytes.Clone(front)
	i := bytes.Index(toEnd, []byte("mdat")) - 4
	copy(toEnd[i:], "\x00\x00\x00\x00")

	wide := bytes.Clone(b)
	copy(wide[free+4:], "wide")

	moov := nodes[len(nodes)-1].bytes()
	start := b[:len(b)-len(moov)]
	bigMoov := append(append(bytes.Clone(start), "\x00\x00\x00\x01moov"...), binary.BigEndian.AppendUint64(nil, uint64(len(moov)+8))...)
	bigMoov = append(bigMoov, moov[8:]...)

	noBrand := bytes.Clone(b)
	copy(noBrand[4:], "skip")

	for name, b := range map[string][]byte{
		"mdat with a 64-bit size":  long,
		"mdat up to the end":       toEnd,
		"wide":                     wide,
		"moov with a 64-bit size":  bigMoov,
		"no ftyp":                  noBrand,
		"uuid and free in between": append(append(bytes.Clone(start), append(mk("uuid", make([]byte, 40)), mk("free", make([]byte, 9000))...)...), moov...),
		"rubbish behind the moov":  append(bytes.Clone(b), "\x00\x00\x00\x05rubbish"...),
		"two moovs":                append(bytes.Clone(b), mk("moov")...),
	} {
		t.Run(name, func(t *testing.T) { compare(t, save(t, ".mp4", b)) })
	}
}
