// Package library makes folders of short, real videos, for tests that go through a whole library.
//
// One small clip is encoded once per machine (see testkit/clip); every video is a copy of it with another tail, a
// Void element that every reader of Matroska passes over. So the videos differ in size and in their last bytes, as
// Plex's hash wants it, and a hundred of them are made in a moment. The package knows nothing of Scrubjay.
package library

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/testkit/clip"
)

// The folders in a library's own: what Plex would have two sections for.
const (
	Movies = "Movies"
	Shows  = "TV Shows"
)

// Spec is what a library holds.
type Spec struct {
	Films    int // "Movies/Film 07 (2001).mkv"
	Episodes int // "TV Shows/Show/Season 01/Show - S01E07.mkv", ten to a season

	Damaged bool // one more film, whose pictures cannot be decoded: "Movies/Broken Film (1999).mkv"
	Umlauts bool // one more film: "Movies/Der Bär über Köln (1998).mkv"

	// Length of each video; 0 is 3 s. The picture changes 25 times a second, with a keyframe every second.
	Length time.Duration
}

// Video is one file of a library.
type Video struct {
	Path    string
	Damaged bool // no preview can be made of it
}

// Make fills dir, which is made when missing, and returns the videos: films, episodes, the damaged one, the one with
// umlauts. The test is skipped when FFmpeg is absent.
func Make(t testing.TB, dir string, s Spec) []Video {
	t.Helper()
	if s.Length == 0 {
		s.Length = 3 * time.Second
	}
	original, err := os.ReadFile(clip.Make(t, clip.Spec{Duration: s.Length}))
	if err != nil {
		t.Fatalf("read clip: %v", err)
	}
	var videos []Video
	put := func(damaged bool, path ...string) {
		v := Video{Path: filepath.Join(append([]string{dir}, path...)...), Damaged: damaged}
		content := copied(original, len(videos))
		if damaged {
			damage(content)
		}
		if err := os.MkdirAll(filepath.Dir(v.Path), 0o755); err != nil {
			t.Fatalf("make library: %v", err)
		}
		if err := os.WriteFile(v.Path, content, 0o644); err != nil {
			t.Fatalf("make library: %v", err)
		}
		videos = append(videos, v)
	}
	for n := range s.Films {
		put(false, Movies, fmt.Sprintf("Film %02d (%d).mkv", n+1, 1995+n%30))
	}
	for n := range s.Episodes {
		season, episode := n/10+1, n%10+1
		put(false, Shows, "Show", fmt.Sprintf("Season %02d", season), fmt.Sprintf("Show - S%02dE%02d.mkv", season, episode))
	}
	if s.Damaged {
		put(true, Movies, "Broken Film (1999).mkv")
	}
	if s.Umlauts {
		put(false, Movies, "Der Bär über Köln (1998).mkv")
	}
	return videos
}

// least is how long a tail is, at least: Plex hashes a file below 64 KiB in another way.
const least = 64 << 10

// copied returns a Matroska file with a Void element behind its Segment that tells copy n from the others, by its length
// and by what stands in it.
func copied(original []byte, n int) []byte {
	const void = 0xEC
	body := make([]byte, least+n)
	copy(body[len(body)-16:], fmt.Sprintf("copy %11d", n))
	size := binary.BigEndian.AppendUint64(nil, 1<<56|uint64(len(body))) // in eight bytes, as the first of them says
	return slices.Concat(original, []byte{void}, size, body)
}

// damage leaves the head of a video, so that it is still taken for one, and makes noise of the rest.
func damage(content []byte) {
	const head = 600
	noise := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same noise every time
	for i := head; i < len(content); i++ {
		content[i] = byte(noise.Uint32())
	}
}
