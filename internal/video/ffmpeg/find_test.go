package ffmpeg_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/testkit/fakeffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// nowhere is a PATH without programs.
func nowhere(name string) (string, error) { return "", exec.ErrNotFound }

// in is a PATH of folders.
func in(folders ...string) func(string) (string, error) {
	return func(name string) (string, error) {
		for _, f := range folders {
			if path := filepath.Join(f, exe(name)); isThere(path) {
				return path, nil
			}
		}
		return "", exec.ErrNotFound
	}
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func exe(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}

// pair installs a pair of programs of a release and returns their folder.
func pair(t *testing.T, release string) string {
	t.Helper()
	dir := t.TempDir()
	fakeffmpeg.InstallIn(t, dir, fakeffmpeg.Script{Release: release})
	return dir
}

func TestOrderOfPlaces(t *testing.T) {
	old, beside, jellyfin, path := pair(t, "4.4"), pair(t, "8.0"), pair(t, "7.1"), pair(t, "5.1")
	none, broken := t.TempDir(), pair(t, "5.1")
	remove(t, filepath.Join(broken, exe("ffprobe")))
	for name, c := range map[string]struct {
		places ffmpeg.Places
		want   string   // folder
		notes  []string // parts of the candidates' notes, in order
	}{
		"a set file": {
			ffmpeg.Places{FFmpeg: filepath.Join(path, exe("ffmpeg")), Folders: folders(beside)},
			path,
			[]string{"5.1.9-0+deb12u1"},
		},
		"a set folder": {ffmpeg.Places{FFmpeg: path, Folders: folders(beside)}, path, []string{"5.1.9"}},
		"a set name":   {ffmpeg.Places{FFmpeg: "ffmpeg", Folders: folders(beside), LookPath: in(path)}, path, []string{"5.1.9"}},
		"first folder": {ffmpeg.Places{Folders: folders(none, beside, jellyfin), LookPath: in(path)}, beside, []string{"8.0-full_build-www.gyan.dev"}},
		"too old, then the next folder": {
			ffmpeg.Places{Folders: folders(old, jellyfin), LookPath: in(path)},
			jellyfin,
			[]string{"4.4.2-0ubuntu0.22.04.1 is too old, 5.1 is needed", "7.1.1-Jellyfin"},
		},
		"too old, then PATH": {ffmpeg.Places{Folders: folders(old), LookPath: in(path)}, path, []string{"too old", "5.1.9"}},
		"the same in a folder and in PATH": {
			ffmpeg.Places{Folders: folders(old, old), LookPath: in(old, path)},
			"",
			[]string{"too old"},
		},
		"without its ffprobe, then PATH": {
			ffmpeg.Places{Folders: folders(broken), LookPath: nowhere},
			"",
			[]string{"there is no ffprobe beside it or in PATH"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.places.LookPath == nil {
				c.places.LookPath = nowhere
			}
			tools, candidates, err := ffmpeg.Find(t.Context(), c.places)
			if (err == nil) != (c.want != "") {
				t.Fatalf("found %+v, %v", tools, err)
			}
			if err == nil {
				want := ffmpeg.Tools{FFmpeg: filepath.Join(c.want, exe("ffmpeg")), FFprobe: filepath.Join(c.want, exe("ffprobe"))}
				if tools.FFmpeg != want.FFmpeg || tools.FFprobe != want.FFprobe {
					t.Errorf("found %s and %s, want those in %s", tools.FFmpeg, tools.FFprobe, c.want)
				}
				if last := candidates[len(candidates)-1]; !last.Taken || last.Path != tools.FFmpeg || last.Note != tools.Banner {
					t.Errorf("the last candidate is %+v", last)
				}
			}
			if len(candidates) != len(c.notes) {
				t.Fatalf("%d candidates %+v, want %d", len(candidates), candidates, len(c.notes))
			}
			for i, note := range c.notes {
				if !strings.Contains(candidates[i].Note, note) {
					t.Errorf("candidate %d: %q, want %q in it", i, candidates[i].Note, note)
				}
			}
		})
	}
}

func folders(paths ...string) []ffmpeg.Folder {
	out := make([]ffmpeg.Folder, len(paths))
	for i, p := range paths {
		out[i] = ffmpeg.Folder{Path: p, What: "a folder"}
	}
	return out
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestNothingFits(t *testing.T) {
	dir := t.TempDir()
	notFFmpeg := filepath.Join(dir, exe("ffmpeg"))
	fakeffmpeg.InstallIn(t, dir, fakeffmpeg.Script{Release: "\nhello, I am no ffmpeg\n"})
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		places ffmpeg.Places
		want   preview.Reason
		detail string
	}{
		"no FFmpeg anywhere":  {ffmpeg.Places{}, preview.FFmpegMissing, "neither in PATH nor in a usual folder"},
		"a setting to nobody": {ffmpeg.Places{FFmpeg: filepath.Join(dir, "none")}, preview.FFmpegMissing, "none: no such program"},
		"a setting to a file that is no program": {
			ffmpeg.Places{FFmpeg: filepath.Join(dir, "text"), FFprobe: notFFmpeg}, preview.FFmpegMissing, "text: ",
		},
		"a setting of ffprobe to nobody": {
			ffmpeg.Places{FFprobe: filepath.Join(dir, "none"), LookPath: in(pair(t, "5.1"))}, preview.FFmpegMissing, "none): no such program",
		},
		"a setting is not passed over": {
			ffmpeg.Places{FFmpeg: pair(t, "4.4"), Folders: folders(pair(t, "8.0"))}, preview.FFmpegTooOld, "4.4.2-0ubuntu0.22.04.1 is too old",
		},
		"too old":    {ffmpeg.Places{LookPath: in(pair(t, "4.4"))}, preview.FFmpegTooOld, "4.4.2"},
		"not FFmpeg": {ffmpeg.Places{LookPath: in(dir)}, preview.FFmpegGarbage, "is no ffmpeg"},
		"wrong way round": {
			ffmpeg.Places{FFmpeg: filepath.Join(pair(t, "5.1"), exe("ffprobe"))}, preview.FFmpegGarbage, "is no ffmpeg, it answers \"ffprobe version 5.1.9",
		},
		"a good one and an old ffprobe": {
			ffmpeg.Places{LookPath: in(pair(t, "7.1")), FFprobe: pair(t, "4.4")}, preview.FFmpegTooOld, "its ffprobe (",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.places.LookPath == nil {
				c.places.LookPath = nowhere
			}
			_, _, err := ffmpeg.Find(t.Context(), c.places)
			if preview.ReasonOf(err) != c.want || err == nil || !strings.Contains(err.Error(), c.detail) {
				t.Errorf("reason %q of %v, want %q and %q", preview.ReasonOf(err), err, c.want, c.detail)
			}
		})
	}
}

func TestFFprobeBelongsToItsFFmpeg(t *testing.T) {
	seven, five := pair(t, "7.1"), pair(t, "5.1")
	linked := pair(t, "7.1") // for its script
	remove(t, filepath.Join(linked, exe("ffmpeg")))
	remove(t, filepath.Join(linked, exe("ffprobe")))
	if err := os.Symlink(filepath.Join(seven, exe("ffmpeg")), filepath.Join(linked, exe("ffmpeg"))); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	lonely := pair(t, "8.0")
	remove(t, filepath.Join(lonely, exe("ffprobe")))
	for name, c := range map[string]struct {
		places ffmpeg.Places
		want   string
	}{
		"beside it":               {ffmpeg.Places{Folders: folders(seven), LookPath: in(five)}, seven},
		"beside what it links to": {ffmpeg.Places{Folders: folders(linked), LookPath: in(five)}, seven},
		"in PATH":                 {ffmpeg.Places{Folders: folders(lonely), LookPath: in(five)}, five},
		"set":                     {ffmpeg.Places{FFmpeg: seven, FFprobe: five, LookPath: nowhere}, five},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tools, _, err := ffmpeg.Find(t.Context(), c.places)
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(c.want, exe("ffprobe")); tools.FFprobe != want {
				t.Errorf("ffprobe is %s, want %s", tools.FFprobe, want)
			}
		})
	}
}

func TestFindAsksWhatTheBuildCanDo(t *testing.T) {
	for _, release := range []string{"5.1", "7.1", "8.0"} {
		dir := t.TempDir()
		fakeffmpeg.InstallIn(t, dir, fakeffmpeg.Script{
			Release: release, Filters: []string{"scale", "tonemapx"}, HWAccels: []string{"cuda", "vaapi"}, Decoders: []string{"h264"},
			Options: map[string][]string{"tonemapx": {"apply_dovi"}},
		})
		tools, _, err := ffmpeg.Find(t.Context(), ffmpeg.Places{Folders: folders(dir), LookPath: nowhere})
		if err != nil {
			t.Fatal(err)
		}
		want := ffmpeg.Features{
			Version:  ffmpeg.Version{Major: int(release[0] - '0'), Minor: int(release[2] - '0')},
			Filters:  map[string]bool{"scale": true, "tonemapx": true},
			HWAccels: map[string]bool{"cuda": true, "vaapi": true},
			Decoders: map[string]bool{"h264": true},
			Options:  map[string]bool{"tonemapx.apply_dovi": true},
		}
		if diff := cmp.Diff(want, tools.Features); diff != "" {
			t.Errorf("%s (-want +got):\n%s", release, diff)
		}
	}
}

func TestFindDoesNotWaitForEver(t *testing.T) {
	mute := t.TempDir()
	fakeffmpeg.InstallIn(t, mute, fakeffmpeg.Script{Mute: true})
	_, candidates, err := ffmpeg.Find(t.Context(), ffmpeg.Places{Folders: folders(mute), LookPath: nowhere, Patience: 50 * time.Millisecond})
	if err == nil || len(candidates) != 1 || !strings.Contains(candidates[0].Note, "does not answer within 50ms") {
		t.Errorf("%+v, %v", candidates, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("closing"))
	if _, _, err := ffmpeg.Find(ctx, ffmpeg.Places{Folders: folders(mute), LookPath: nowhere}); err == nil || !strings.Contains(err.Error(), "closing") {
		t.Errorf("cancelled: %v", err)
	}
}

func TestUsualPlacesObeyTheEnvironment(t *testing.T) {
	dir := pair(t, "5.1")
	t.Setenv("SCRUBJAY_FFMPEG", dir)
	t.Setenv("SCRUBJAY_FFPROBE", "")
	tools, _, err := ffmpeg.Find(t.Context(), ffmpeg.Usual())
	if err != nil || filepath.Dir(tools.FFmpeg) != dir {
		t.Errorf("found %+v, %v", tools, err)
	}
	if p := ffmpeg.Usual(); len(p.Folders) == 0 || !strings.HasPrefix(p.Folders[0].What, "beside ") {
		t.Errorf("the first folder is %+v", p.Folders)
	}
}
