package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/host/paths"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

type doctorCmd struct {
	JSON bool `name:"json" help:"Print one JSON object for each line."`
}

// health is how one thing that doctor looked at is.
type health string

const (
	healthOK   health = "ok"
	healthWarn health = "warn" // it works, but something could be better
	healthBad  health = "bad"  // previews cannot be made, or settings not be kept
)

// finding is one line of doctor, and its JSON; login tells of a server in the same way.
type finding struct {
	Check  string `json:"check"` // short and stable: "ffmpeg", "folder.cache"
	Status health `json:"status"`
	Text   string `json:"text"` // for people; its wording may change
	Hint   string `json:"hint"` // what to do about it; empty when all is well
}

// Run looks at the machine. It fails when anything is bad.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	stop := a.stderr.show(func(int, int) []string { return []string{a.paint.quiet("Looking around ...")} })
	found := a.examine(ctx)
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.JSON {
		enc := json.NewEncoder(a.Stdout)
		enc.SetEscapeHTML(false)
		for _, f := range found {
			if err := enc.Encode(f); err != nil {
				return &writeError{err}
			}
		}
	} else if _, err := fmt.Fprintln(a.Stdout, strings.Join(findingLines(a.paintFor(a.Stdout), found), "\n")); err != nil {
		return &writeError{err}
	}
	for _, f := range found {
		if f.Status == healthBad {
			return errSaid
		}
	}
	return nil
}

func (a *app) examine(ctx context.Context) []finding {
	found := []finding{{"scrubjay", healthOK, "Scrubjay " + a.Build.Short() + ", " + a.Build.Go + ", " + a.Build.OS + "/" + a.Build.Arch, ""}}
	tools, candidates, err := a.Engine.FFmpeg(ctx, true)
	if err != nil {
		r := preview.ReasonOf(err)
		a.log.Error().Err(err).Msg("found no usable FFmpeg")
		found = append(found, finding{"ffmpeg", healthBad, join(r.Text(), passedOver(candidates)), r.Hint()})
	} else {
		found = append(found, finding{"ffmpeg", healthOK, "FFmpeg " + tools.Banner + " at " + tools.FFmpeg, ""})
		if others := passedOver(candidates); others != "" {
			found = append(found, finding{"ffmpeg.others", healthOK, others, ""})
		}
		found = append(found, features(tools)...)
		found = append(found, a.examineDevices(ctx, tools)...)
	}
	found = append(found, folder("folder.config", "Settings", a.Dirs.Config))
	found = append(found, folder("folder.data", "Data", a.Dirs.Data))
	found = append(found, folder("folder.state", "Log and history", a.Dirs.State))
	found = append(found, folder("folder.cache", "Cache", a.Dirs.Cache))
	return append(found, space(a.Dirs.State))
}

// features says what the build of FFmpeg can do, and what it means when it cannot.
func features(t *ffmpeg.Tools) []finding {
	out := []finding{
		{"ffprobe", healthOK, "ffprobe at " + t.FFprobe, ""},
	}
	f := t.Features
	var lack []string
	for _, d := range []struct {
		title string
		names []string // any of these will do
	}{
		{"H.264", []string{"h264"}},
		{"HEVC", []string{"hevc"}},
		{"AV1", []string{"libdav1d", "libaom-av1", "av1"}},
		{"VP9", []string{"vp9", "libvpx-vp9"}},
		{"MPEG-2", []string{"mpeg2video"}},
		{"VC-1", []string{"vc1"}},
	} {
		if !hasAny(f.Decoders, d.names...) {
			lack = append(lack, d.title)
		}
	}
	if len(lack) == 0 {
		out = append(out, finding{"ffmpeg.decoders", healthOK, "H.264, HEVC, AV1, VP9, MPEG-2 and VC-1 on the CPU", ""})
	} else {
		out = append(out, finding{
			"ffmpeg.decoders", healthWarn, "This FFmpeg cannot decode " + strings.Join(lack, ", ") + " on the CPU; such videos fail.",
			"Use a full build of FFmpeg.",
		})
	}
	if hasAny(f.Filters, "zscale") && hasAny(f.Filters, "tonemap") {
		out = append(out, finding{"ffmpeg.hdr", healthOK, "HDR is shown in right colours (zscale, tonemap)", ""})
	} else {
		out = append(out, finding{
			"ffmpeg.hdr", healthWarn, "This FFmpeg has no zscale and tonemap filters; HDR videos fail.",
			"Use an FFmpeg that was built with libzimg; most are.",
		})
	}
	switch {
	case f.Options["tonemapx.apply_dovi"]:
		out = append(out, finding{"ffmpeg.dolby-vision-5", healthOK, "Dolby Vision profile 5 is shown in right colours (tonemapx)", ""})
	case f.Options["tonemap_opencl.apply_dovi"], hasAny(f.Filters, "libplacebo"):
		out = append(out, finding{"ffmpeg.dolby-vision-5", healthOK, "Dolby Vision profile 5 is shown in right colours where there is a GPU for it", ""})
	default:
		out = append(out, finding{
			"ffmpeg.dolby-vision-5", healthWarn, "This FFmpeg cannot show Dolby Vision profile 5; such videos fail rather than come out green.",
			"Use jellyfin-ffmpeg if you have such videos (most often from streaming services).",
		})
	}
	return out
}

// passedOver says which FFmpegs were looked at and not taken, and why.
func passedOver(candidates []ffmpeg.Candidate) string {
	var out []string
	for _, c := range candidates {
		if !c.Taken {
			out = append(out, "Passed over: "+c.Path+" ("+c.What+"): "+strings.TrimSuffix(c.Note, ".")+".")
		}
	}
	return strings.Join(out, " ")
}

// scaler is the filter that keeps the scaling on a kind of device. Without it whole pictures travel to main memory.
func scaler(k preview.DeviceKind) string {
	switch k {
	case preview.CUDA:
		return "scale_cuda"
	case preview.VAAPI:
		return "scale_vaapi"
	case preview.D3D11VA:
		return "scale_d3d11"
	case preview.VideoToolbox:
		return "scale_vt"
	}
	return ""
}

// hasAny reports whether one of the names is in the set.
func hasAny(set map[string]bool, names ...string) bool {
	for _, n := range names {
		if set[n] {
			return true
		}
	}
	return false
}

func (a *app) examineDevices(ctx context.Context, tools *ffmpeg.Tools) []finding {
	devices := a.Engine.Devices(ctx, tools, daemon.DeviceQuestion{}, a.log)
	var out []finding
	for _, r := range devices.Reports {
		f := finding{Check: "device." + r.Device.ID, Status: healthOK, Text: r.Device.Name + " works", Hint: r.Hint}
		switch r.Outcome {
		case preview.Works:
			var codecs []string
			for _, p := range r.Proofs {
				if p.Outcome == preview.Works {
					codecs = append(codecs, gpu.Label(p.Codec))
				}
			}
			if len(codecs) > 0 {
				f.Text += " for " + strings.Join(codecs, ", ")
			}
			if s := scaler(r.Device.Kind); s != "" && !tools.Features.Filters[s] {
				f.Status, f.Text = healthWarn, f.Text+", but slower than it could: this FFmpeg lacks the filter "+s
				f.Hint = "Use a full build of FFmpeg, such as jellyfin-ffmpeg."
			}
		case preview.DoesNot, preview.NoDecoder:
			f.Status, f.Text, f.Hint = healthWarn, r.Device.Name+": "+sentence(r.Because), r.Hint
		default:
			f.Status, f.Text, f.Hint = healthWarn, r.Device.Name+" was not tested: "+sentence(r.Because), r.Hint
		}
		out = append(out, f)
	}
	for _, n := range devices.Notes {
		out = append(out, finding{"device.note", healthWarn, n.Text, n.Hint})
	}
	return append(out, finding{"devices", healthOK, devices.Summary, ""})
}

// folder says whether one of our own folders can be used.
func folder(check, title, dir string) finding {
	if err := paths.Writable(dir); err != nil {
		return finding{check, healthBad, title + " cannot be kept in " + dir + ": " + causeText(err), "Give this user the right to write there; in a container, check the volume and its owner."}
	}
	if _, err := os.Stat(dir); err != nil {
		return finding{check, healthOK, title + ": " + dir + " (will be made when it is needed)", ""}
	}
	return finding{check, healthOK, title + ": " + dir, ""}
}

// Limits of free space, in bytes, at which doctor speaks up. A preview is a few MB.
const (
	fewBytes    = 1 << 30
	tooFewBytes = 64 << 20
)

func space(dir string) finding {
	n, err := paths.Free(dir)
	switch {
	case err != nil:
		return finding{"space", healthWarn, "The free space at " + dir + " is not known: " + causeText(err), ""}
	case n < tooFewBytes:
		return finding{"space", healthBad, "Only " + size(n) + " are free at " + dir, "Free some space."}
	case n < fewBytes:
		return finding{"space", healthWarn, "Only " + size(n) + " are free at " + dir, "Free some space before long."}
	}
	return finding{"space", healthOK, size(n) + " are free at " + dir, ""}
}

// lines is a finding for people: a sign and a word, and below it what to do.
func (f finding) lines(p paint) []string {
	head := map[health]string{healthOK: p.good("✓ ok  "), healthWarn: p.held("! warn"), healthBad: p.bad("✗ bad ")}[f.Status]
	out := []string{head + "  " + printable(f.Text)}
	for line := range strings.Lines(f.Hint) {
		out = append(out, "        "+p.quiet(printable(strings.TrimRight(line, "\n"))))
	}
	return out
}

// findingLines is the report for people.
func findingLines(p paint, found []finding) []string {
	var out []string
	bad, warn := 0, 0
	for _, f := range found {
		out = append(out, f.lines(p)...)
		switch f.Status {
		case healthOK:
		case healthWarn:
			warn++
		default:
			bad++
		}
	}
	switch {
	case bad == 1:
		out = append(out, "", "1 thing needs to be mended first.")
	case bad > 1:
		out = append(out, "", fmt.Sprintf("%d things need to be mended first.", bad))
	case warn > 0:
		out = append(out, "", "Previews can be made; "+count(warn, "thing")+" could be better.")
	default:
		out = append(out, "", "All is well.")
	}
	return out
}
