package mp4

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// node is a box that a test takes apart and puts together again.
type node struct {
	kind string
	body []byte
	kids []*node
}

var parents = []string{"moov", "trak", "mdia", "minf", "stbl", "edts", "mvex", "moof", "traf"}

func parseNodes(b []byte) []*node {
	var all []*node
	for len(b) >= 8 {
		size, head := uint64(u32(b)), uint64(8)
		switch size {
		case 0:
			size = uint64(len(b))
		case 1:
			size, head = u64(b[8:]), 16
		}
		if size < head || size > uint64(len(b)) {
			panic(fmt.Sprintf("test clip: box of %d bytes, %d left", size, len(b)))
		}
		n := &node{kind: string(b[4:8]), body: b[head:size]}
		if slices.Contains(parents, n.kind) {
			n.kids, n.body = parseNodes(n.body), nil
		}
		all = append(all, n)
		b = b[size:]
	}
	return all
}

func (n *node) bytes() []byte { return mk(n.kind, append(slices.Clone(n.body), writeNodes(n.kids)...)) }

func writeNodes(nodes []*node) []byte {
	var out []byte
	for _, n := range nodes {
		out = append(out, n.bytes()...)
	}
	return out
}

// find walks down a path like "trak/mdia/mdhd", first match at each step.
func (n *node) find(path string) *node {
	for kind := range strings.SplitSeq(path, "/") {
		i := slices.IndexFunc(n.kids, func(k *node) bool { return k.kind == kind })
		if i < 0 {
			return nil
		}
		n = n.kids[i]
	}
	return n
}

func (n *node) remove(kind string) {
	n.kids = slices.DeleteFunc(n.kids, func(k *node) bool { return k.kind == kind })
}

// put replaces the box of the same kind, or adds it.
func (n *node) put(k *node) {
	if i := slices.IndexFunc(n.kids, func(o *node) bool { return o.kind == k.kind }); i >= 0 {
		n.kids[i] = k
		return
	}
	n.kids = append(n.kids, k)
}

// mk makes a box out of what it holds: strings, bytes, and numbers of the size that their type has.
func mk(kind string, parts ...any) []byte {
	var body []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			body = append(body, p...)
		case []byte:
			body = append(body, p...)
		default:
			var err error
			if body, err = binary.Append(body, binary.BigEndian, p); err != nil {
				panic(err)
			}
		}
	}
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

// leaf makes a node out of parts, as mk does.
func leaf(kind string, parts ...any) *node { return &node{kind: kind, body: mk(kind, parts...)[8:]} }

// remake takes apart a clip whose moov is its last box, lets change work on the moov, and writes it beside the clip.
func remake(t testing.TB, path string, change func(moov *node)) string {
	t.Helper()
	b := readFile(t, path)
	nodes := parseNodes(b)
	moov := nodes[len(nodes)-1]
	if moov.kind != "moov" {
		t.Fatalf("the last box of the clip is %q", moov.kind)
	}
	before := len(b) - len(moov.bytes())
	change(moov)
	return save(t, filepath.Ext(path), append(b[:before:before], moov.bytes()...))
}

func save(t testing.TB, ext string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b"+ext)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// elst makes an edit list of version 0 out of (duration in ticks of the movie, media time in ticks of the track).
func elst(edits ...[2]int32) *node {
	parts := []any{uint32(0), uint32(len(edits))}
	for _, e := range edits {
		parts = append(parts, e[0], e[1], uint32(1<<16))
	}
	return leaf("elst", parts...)
}

// setEdits gives the track an edit list.
func setEdits(trak *node, list *node) {
	trak.remove("edts")
	i := slices.IndexFunc(trak.kids, func(k *node) bool { return k.kind == "mdia" })
	trak.kids = slices.Insert(trak.kids, i, &node{kind: "edts", kids: []*node{list}})
}
