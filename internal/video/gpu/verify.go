package gpu

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
)

// Limit is how long a device may take for one clip. An Intel Arc was seen to take 6 s for its first one
// (github.com/stevezau/media_preview_generator/pull/195).
const Limit = 30 * time.Second

// Decode decodes a clip (a Matroska file with video in the codec, by FFmpeg's name) on the device, through the same
// filters as a film goes through, and returns nil when pictures came out that look right: see [LooksRight]. It returns
// soon after ctx ends. Its error's [preview.Reason] and its [ffmpeg.Failed], if it has them, become the sentences of
// the report.
type Decode func(ctx context.Context, dev preview.Device, codec string, clip []byte) error

// Verify has the device decode a clip of each codec, one after the other, and reports what came of it. It takes at most
// [Limit] for each. A device that is blocked is not tried; one that shows on a clip that it cannot work at all is not
// tried on the others; ending ctx leaves the rest not tried.
//
// A report with the outcome works is true until the driver or FFmpeg changes, see [Cache]. Any other one may be
// different the next time.
func Verify(ctx context.Context, c Candidate, decode Decode) preview.DeviceReport {
	r := preview.DeviceReport{Device: c.Device}
	codecs := assets.ProbeCodecs()
	if c.Blocked() {
		r.Outcome, r.Because, r.Hint = preview.DoesNot, c.Because, c.Hint
		r.Proofs = untried(codecs, "The device cannot be used.")
		return r
	}

	var first *finding // the first failure that counts
	for i, codec := range codecs {
		f := c.try(ctx, codec, decode)
		r.Proofs = append(r.Proofs, f.proof)
		if f.proof.Outcome != preview.Works && (first == nil || weight(f) > weight(*first)) {
			first = &f
		}
		if f.ends(r) {
			r.Proofs = append(r.Proofs, untried(codecs[i+1:], f.rest())...)
			break
		}
	}
	c.conclude(&r, first)
	return r
}

// finding is a proof and what follows from it.
type finding struct {
	proof  preview.Proof
	reason preview.Reason
	hint   string
	slow   bool // the time was up
}

// try decodes one clip.
func (c Candidate) try(ctx context.Context, codec string, decode Decode) finding {
	f := finding{proof: preview.Proof{Codec: codec, Outcome: preview.Works}}
	limited, cancel := context.WithTimeout(ctx, Limit)
	defer cancel()
	var err error
	if err = ctx.Err(); err == nil {
		err = decode(limited, c.Device, codec, assets.ProbeClip(codec))
	}
	if err == nil {
		return f
	}
	switch {
	case ctx.Err() != nil:
		f.proof.Outcome, f.proof.Because, f.reason = preview.NotTried, "The test was stopped.", preview.Cancelled
		return f
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		f.proof.Outcome, f.reason, f.slow = preview.DoesNot, preview.FFmpegStalled, true
		f.proof.Because = "Half a second of " + Label(codec) + " was not decoded within " + Limit.String() + "."
		f.hint = "Update the driver; if that does not help, restart the machine."
		return f
	}
	f.reason = preview.ReasonOf(err)
	f.hint = c.remedy(f.reason)
	f.proof.Outcome = outcomeOf(f.reason)
	f.proof.Because = f.reason.Text()
	tail := stderrOf(err)
	switch f.reason {
	case preview.DeviceDriver, preview.DevicePermission, preview.DeviceLost:
		if s := sayingOf(tail); s != "" {
			f.proof.Because = s
		}
	case preview.DeviceUnsupported:
		f.proof.Because = "This device does not decode " + Label(codec) + "."
	case preview.VideoUnsupported, preview.FFmpegLacks:
		f.proof.Because = "This FFmpeg has no decoder of " + Label(codec) + " for it."
	case preview.Unknown, preview.FFmpegFailed, preview.VideoDamaged:
		// The clip is sound, so whatever is said against it is the device's doing.
		f.proof.Because = "FFmpeg could not decode " + Label(codec) + " on it"
		f.hint = "Update the graphics driver."
		if line := clip(lastLine(tail)); line != "" {
			f.proof.Because += ": " + line
		} else {
			f.proof.Because += "."
		}
	}
	return f
}

// outcomeOf says what a failed clip means for the codec. A device that is busy or short of memory has proved nothing.
func outcomeOf(r preview.Reason) preview.Outcome {
	switch r {
	case preview.DeviceUnsupported, preview.VideoUnsupported, preview.FFmpegLacks:
		return preview.NoDecoder
	case preview.DeviceBusy, preview.DeviceMemory, preview.MemoryFull, preview.Cancelled, preview.FFmpegKilled:
		return preview.NotTried
	}
	return preview.DoesNot
}

// ends reports whether there is no use in trying the other codecs.
func (f finding) ends(r preview.DeviceReport) bool {
	switch f.reason {
	case preview.Cancelled, preview.DeviceLost, preview.FFmpegMissing:
		return true
	case preview.DeviceDriver, preview.DevicePermission:
		// Once a codec has worked, the driver runs, and means this codec alone.
		return !works(r)
	}
	return f.slow
}

// rest says why the other codecs were not tried.
func (f finding) rest() string {
	if f.reason == preview.Cancelled {
		return "The test was stopped."
	}
	return "Not tried, because the device failed with " + Label(f.proof.Codec) + "."
}

// weight orders findings by how much they say about the whole device.
func weight(f finding) int {
	switch f.proof.Outcome {
	case preview.DoesNot:
		return 2
	case preview.NotTried:
		return 1
	}
	return 0
}

func works(r preview.DeviceReport) bool {
	for _, p := range r.Proofs {
		if p.Outcome == preview.Works {
			return true
		}
	}
	return false
}

// conclude says what the proofs mean for the device.
func (c Candidate) conclude(r *preview.DeviceReport, first *finding) {
	switch {
	case works(*r):
		r.Outcome = preview.Works
		r.Hint = c.patents(*r)
	case first.proof.Outcome == preview.NoDecoder:
		r.Outcome = preview.NoDecoder
		r.Because = "The device decodes none of " + enumerate(labels(assets.ProbeCodecs())) + "."
		r.Hint = c.remedies[preview.DeviceDriver] // it may well be the driver that lacks them
	default:
		r.Outcome, r.Because, r.Hint = first.proof.Outcome, first.proof.Because, first.hint
	}
}

// patents knows the one driver that leaves codecs out for their patents: Mesa, as Fedora and openSUSE build it.
func (c Candidate) patents(r preview.DeviceReport) string {
	if c.Device.Kind != preview.VAAPI || !strings.HasPrefix(c.Driver, "amdgpu") {
		return ""
	}
	for _, p := range r.Proofs {
		if p.Codec == "h264" && p.Outcome == preview.NoDecoder {
			return "This build of Mesa leaves H.264 and HEVC out. Fedora, from RPM Fusion: " +
				"sudo dnf swap mesa-va-drivers mesa-va-drivers-freeworld"
		}
	}
	return ""
}

// Label is a codec's name for people, as it stands in the sentences of a report: "HEVC 10 bit" for "hevc", whose clip
// has ten.
func Label(codec string) string {
	switch codec {
	case "h264":
		return "H.264"
	case "hevc":
		return "HEVC 10 bit"
	}
	return strings.ToUpper(codec)
}

func labels(codecs []string) []string {
	out := make([]string, len(codecs))
	for i, c := range codecs {
		out[i] = Label(c)
	}
	return out
}

func untried(codecs []string, because string) []preview.Proof {
	out := make([]preview.Proof, 0, len(codecs))
	for _, codec := range codecs {
		out = append(out, preview.Proof{Codec: codec, Outcome: preview.NotTried, Because: because})
	}
	return out
}

// stderrOf is the end of what FFmpeg wrote to stderr, or "".
func stderrOf(err error) string {
	if f, ok := errors.AsType[*ffmpeg.Failed](err); ok {
		return string(f.Tail)
	}
	return ""
}

// sayingOf turns what FFmpeg says of a driver into a sentence, or returns "" where it says nothing that is known.
func sayingOf(stderr string) string {
	for _, s := range []struct{ words, sentence string }{
		// [AVHWDeviceContext @ 0x55d0] Cannot load libcuda.so.1 (nvcuda.dll on Windows)
		{"Cannot load libcuda", "A part of NVIDIA's driver is missing: libcuda."},
		{"Cannot load nvcuda", "A part of NVIDIA's driver is missing: nvcuda.dll."},
		// [h264 @ 0x55d0] Cannot load libnvcuvid.so.1 (nvcuvid.dll on Windows)
		{"Cannot load libnvcuvid", "The part of NVIDIA's driver that decodes is missing: libnvcuvid."},
		{"Cannot load nvcuvid", "The part of NVIDIA's driver that decodes is missing: nvcuvid.dll."},
		// [AVHWDeviceContext @ 0x55d0] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected
		{"CUDA_ERROR_NO_DEVICE", "CUDA finds no card that it can use."},
		{"CUDA_ERROR_INVALID_DEVICE", "CUDA does not know the card by this number."},
		{"CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "The parts of NVIDIA's driver are of different versions."},
		{"CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "The parts of NVIDIA's driver are of different versions."},
		{"CUDA_ERROR_UNKNOWN", "NVIDIA's driver is in disorder (CUDA_ERROR_UNKNOWN)."},
		// [AVHWDeviceContext @ 0x55d0] Failed to initialise VAAPI connection: -1 (unknown libva error).
		{"Failed to initialise VAAPI connection", "No VA-API driver starts on this device."},
		{"va_openDriver() returns", "No VA-API driver starts on this device."},
		// [AVHWDeviceContext @ 0x55d0] No VA display found for device /dev/dri/renderD128.
		{"No VA display found for device", "No VA-API driver starts on this device."},
	} {
		if strings.Contains(stderr, s.words) {
			return s.sentence
		}
	}
	return ""
}

func lastLine(s string) string {
	var last string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			last = line
		}
	}
	return last
}
