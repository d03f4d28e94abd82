package library_test

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/clip"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// hash is Plex's name for a file of 64 KiB or more.
func hash(file []byte) string {
	part := func(b []byte) string {
		sum := sha1.Sum(b)
		return hex.EncodeToString(sum[:])
	}
	return part([]byte(strconv.Itoa(len(file)) + part(file[:64<<10]) + part(file[len(file)-64<<10:])))
}

func TestEveryVideoIsAnotherAndAllRender(t *testing.T) {
	clip.Need(t)
	tools := &ffmpeg.Tools{}
	tools.FFmpeg, _ = exec.LookPath("ffmpeg")
	tools.FFprobe, _ = exec.LookPath("ffprobe")
	r := &render.Renderer{Tools: tools}
	spec := preview.DefaultSpec()
	spec.Interval = time.Second

	dir := t.TempDir()
	videos := library.Make(t, dir, library.Spec{Films: 4, Episodes: 12, Damaged: true, Umlauts: true})
	if len(videos) != 18 {
		t.Fatalf("%d videos of 18", len(videos))
	}
	hashes, sizes := map[string]string{}, map[int]string{}
	var names []string
	for _, v := range videos {
		name, err := filepath.Rel(dir, v.Path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(name))
		content, err := os.ReadFile(v.Path)
		if err != nil {
			t.Fatal(err)
		}
		h := hash(content)
		if other := hashes[h]; other != "" {
			t.Errorf("%s is the same as %s", name, other)
		}
		if other := sizes[len(content)]; other != "" {
			t.Errorf("%s is as large as %s", name, other)
		}
		hashes[h], sizes[len(content)] = name, name

		result, err := r.Render(t.Context(), render.Request{Video: v.Path, Out: filepath.Join(t.TempDir(), "out.bif"), Spec: spec, Device: preview.CPUDevice()})
		switch {
		case v.Damaged && (err == nil || preview.ReasonOf(err) == preview.Unknown):
			t.Errorf("%s is damaged, and the render says %v", name, err)
		case !v.Damaged && (err != nil || result.Frames != 3 || result.Partial):
			t.Errorf("%s: %d of 3 frames, %v", name, result.Frames, err)
		}
	}
	all := strings.Join(names, "\n")
	for _, want := range []string{
		"Movies/Film 01 (1995).mkv", "Movies/Broken Film (1999).mkv", "Movies/Der Bär über Köln (1998).mkv",
		"TV Shows/Show/Season 01/Show - S01E10.mkv", "TV Shows/Show/Season 02/Show - S02E02.mkv",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("there is no %s", want)
		}
	}
}
