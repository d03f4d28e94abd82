package bundle_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// The names that Plex itself gives to such files.
func TestHashIsPlexs(t *testing.T) {
	for _, c := range []struct {
		name  string
		video []byte
		want  string
	}{
		{"empty", nil, "0da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{"tiny", bytes.Repeat([]byte("x"), 10), "10ff9ee043d85595eb255c05dfe32ece02a53efbb2"},
		{"a byte below 64 KiB", bytes.Repeat([]byte("z"), 65535), "65535e359f935703af9fbb5ad4845348fd4b9b425fb67"},
		{"64 KiB", bytes.Repeat([]byte("z"), 65536), "7ce5e2e73da1214d0db765e8b9b61a5f32f3582f"},
		{"a byte above 64 KiB", bytes.Repeat([]byte("z"), 65537), "d4a698ebc42b280db4ef9290d228c350497599b2"},
		{"ends that overlap", bytes.Repeat([]byte("A"), 70000), "5fda157f4dfe306730d711ee01ae3279db0afe6c"},
		{"another letter", bytes.Repeat([]byte("B"), 70000), "19588016240093667feb2b337ccafe4ae081a35a"},
		{"and another", bytes.Repeat([]byte("C"), 70000), "b49d6c4a7413613eccc8985005c46a7d421efdd6"},
		{"ends apart", append([]byte("y"), make([]byte, 200000)...), "0390a672731feee651139498acba1a5fcdeac667"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := bundle.Hash(bytes.NewReader(c.video), int64(len(c.video)))
			if err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// counting counts what is read.
type counting struct {
	io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	c.n += n
	return n, err
}

func TestHashReadsTheEndsOnly(t *testing.T) {
	video := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	r := &counting{ReaderAt: bytes.NewReader(video)}
	whole, err := bundle.Hash(r, int64(len(video)))
	if err != nil || r.n != 128<<10 {
		t.Errorf("read %d bytes, %v", r.n, err)
	}
	clear(video[64<<10 : len(video)-64<<10])
	if hollow, err := bundle.Hash(bytes.NewReader(video), int64(len(video))); err != nil || hollow != whole {
		t.Errorf("got %s, %v: the middle counts", hollow, err)
	}
}

func TestHashOfAVideoThatIsShorterThanSaid(t *testing.T) {
	for _, size := range []int64{11, 70000, 1 << 40} {
		if got, err := bundle.Hash(strings.NewReader("0123456789"), size); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: got %q, %v", size, got, err)
		}
	}
	if got, err := bundle.Hash(strings.NewReader(""), -1); err == nil {
		t.Errorf("a negative size has the hash %s", got)
	}
}

func TestPath(t *testing.T) {
	for hash, want := range map[string]string{
		"9f0965f0bd293b803661ba0d9b005c055ce7f683":   "Media/localhost/9/f0965f0bd293b803661ba0d9b005c055ce7f683.bundle/Contents/Indexes/index-sd.bif",
		"10ff9ee043d85595eb255c05dfe32ece02a53efbb2": "Media/localhost/1/0ff9ee043d85595eb255c05dfe32ece02a53efbb2.bundle/Contents/Indexes/index-sd.bif",
	} {
		if got, err := bundle.Path(hash); err != nil || got != want {
			t.Errorf("got %s, %v", got, err)
		}
	}
	good := "9f0965f0bd293b803661ba0d9b005c055ce7f683"
	for _, bad := range []string{
		"", "9", good[1:], strings.ToUpper(good), good[:39] + "g", good[:39] + "/", "../" + good[3:], good[:38] + "..",
		"f" + good, "123456" + good, good + "\x00", good[:20] + " " + good[21:], "٣" + good[2:],
	} {
		if got, err := bundle.Path(bad); preview.ReasonOf(err) != preview.PlexFailed {
			t.Errorf("%q leads to %q, %v", bad, got, err)
		}
	}
}

func TestEveryHashHasAPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 140_000).Draw(t, "size")
		video := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "pattern"), size+1)[:size]
		hash, err := bundle.Hash(bytes.NewReader(video), int64(size))
		if err != nil {
			t.Fatal(err)
		}
		if size < 64<<10 {
			if want := fmt.Sprintf("%d%x", size, sha1.Sum(video)); hash != want {
				t.Fatalf("got %s, want %s", hash, want)
			}
		}
		if _, err := bundle.Path(hash); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("9f0965f0bd293b803661ba0d9b005c055ce7f683")
	f.Add("65535e359f935703af9fbb5ad4845348fd4b9b425fb67")
	f.Add("../../../../../../../../../../etc/passwd")
	f.Fuzz(func(t *testing.T, hash string) {
		p, err := bundle.Path(hash)
		if err != nil {
			return
		}
		if p != path.Clean(p) || !strings.HasPrefix(p, "Media/localhost/") || strings.Count(p, "/") != 6 {
			t.Errorf("%q leads to %q", hash, p)
		}
	})
}
