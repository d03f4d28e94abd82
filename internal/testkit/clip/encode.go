package clip

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errNoEncoder means that this build of FFmpeg cannot make the clip.
var errNoEncoder = errors.New("this FFmpeg has no such encoder")

// make makes the clip in dir and returns its path there.
func (s Spec) make(ctx context.Context, dir string) (string, error) {
	raw := filepath.Join(dir, "frames.raw")
	if err := s.writeFrames(raw); err != nil {
		return "", err
	}
	if s.Cover {
		if err := writeCover(ctx, dir); err != nil {
			return "", err
		}
	}
	out := filepath.Join(dir, "clip."+s.ext())
	err := errNoEncoder
	for _, encoder := range s.encoders() {
		if err = ffmpeg(ctx, s.args(encoder, raw, out)...); !errors.Is(err, errNoEncoder) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	if s.Cut > 0 {
		whole := out
		out = filepath.Join(dir, "cut."+s.ext())
		args := append([]string{"-ss", seconds(s.Cut), "-i", whole, "-c", "copy", "-map", "0"}, s.muxer()...)
		if err := ffmpeg(ctx, append(args, out)...); err != nil {
			return "", err
		}
	}
	if s.Rotation != 0 || s.Mirrored {
		if err := turn(out, s.Rotation, s.Mirrored); err != nil {
			return "", err
		}
	}
	return out, nil
}

// args is FFmpeg's command line for the clip.
func (s Spec) args(encoder []string, raw, out string) []string {
	var args []string
	if s.Late > 0 {
		args = append(args, "-itsoffset", seconds(s.Late))
	}
	args = append(args, "-f", "rawvideo", "-pixel_format", "gray", "-video_size", fmt.Sprintf("%dx%d", columns, rows),
		"-framerate", s.FPS, "-i", raw)
	inputs, maps := 1, []string{"-map", "0:v"}
	if s.Audio {
		args = append(args, "-f", "lavfi", "-t", seconds(s.Duration+s.Late), "-i", "sine=frequency=220:sample_rate=48000")
		maps = append(maps, "-map", strconv.Itoa(inputs)+":a")
		inputs++
	}
	if s.Cover && s.mov() {
		args = append(args, "-i", coverIn(filepath.Dir(out)))
		maps = append(maps, "-map", strconv.Itoa(inputs)+":v")
	}
	args = append(args, maps...)
	args = append(args, "-filter:v:0", s.filters(), "-fps_mode:v:0", "vfr")
	args = append(append(args, encoder...), s.colour()...)
	if s.Audio {
		args = append(args, "-c:a", s.audioCodec(), "-b:a", "32k")
	}
	if s.Cover {
		args = append(args, coverOptions(s.ext(), filepath.Dir(out), 1)...)
	}
	if s.Start > 0 {
		args = append(args, "-output_ts_offset", seconds(s.Start))
	}
	return append(append(args, s.muxer()...), out)
}

// filters turn the fields into the picture that is coded: the shown picture turned back.
func (s Spec) filters() string {
	width, height := s.Width, s.Height
	if s.Rotation%180 != 0 {
		width, height = height, width
	}
	var chain []string
	if s.VFR {
		chain = append(chain, vfrFilter)
	}
	chain = append(chain, fmt.Sprintf("scale=%d:%d:flags=neighbor:in_range=tv:out_range=tv", width, height))
	switch s.Rotation {
	case 90:
		chain = append(chain, "transpose=cclock")
	case 180:
		chain = append(chain, "hflip,vflip")
	case 270:
		chain = append(chain, "transpose=clock")
	}
	if s.Mirrored {
		chain = append(chain, "hflip")
	}
	if s.SampleAspect != "" {
		chain = append(chain, "setsar="+strings.ReplaceAll(s.SampleAspect, ":", "/"))
	}
	if s.Interlaced {
		chain = append(chain, "setfield=tff")
	}
	return strings.Join(append(chain, "format="+s.pixFmt()), ",")
}

func (s Spec) pixFmt() string {
	if s.Bits == 10 {
		return "yuv420p10le"
	}
	return "yuv420p"
}

// encoders lists the options of every encoder that can make the codec, the best first.
func (s Spec) encoders() [][]string {
	keyint := strconv.Itoa(s.Keyint)
	if len(s.Keys) > 0 {
		keyint = "100000"
	}
	common := []string{"-g:v:0", keyint, "-bf:v:0", strconv.Itoa(s.BFrames)}
	if len(s.Keys) > 0 {
		var times []string
		for _, k := range s.Keys {
			times = append(times, seconds(k))
		}
		common = append(common, "-force_key_frames:v:0", strings.Join(times, ","))
	}
	flags := ""
	if s.Interlaced {
		flags += "+ilme+ildct"
	}
	with := func(name string, options ...string) []string {
		out := append([]string{"-c:v:0", name}, common...)
		if flags != "" {
			out = append(out, "-flags:v:0", flags)
		}
		return append(out, options...)
	}
	open := strconv.Itoa(map[bool]int{true: 1}[s.OpenGOP])
	switch s.Codec {
	case HEVC:
		params := fmt.Sprintf("keyint=%s:min-keyint=1:scenecut=0:open-gop=%s:bframes=%d:b-adapt=0:log-level=error", keyint, open, s.BFrames)
		if s.HDR == HDR10 {
			params += ":hdr10=1:repeat-headers=1:master-display=" + masterDisplay + ":max-cll=1000,400"
		}
		return [][]string{with("libx265", "-preset:v:0", "ultrafast", "-crf:v:0", "30", "-x265-params", params)}
	case AV1:
		return [][]string{
			with("libsvtav1", "-preset:v:0", "10", "-crf:v:0", "20"),
			with("libaom-av1", "-usage", "realtime", "-cpu-used", "9", "-crf:v:0", "20", "-row-mt", "1"),
		}
	case VP9:
		return [][]string{with("libvpx-vp9", "-deadline", "good", "-cpu-used", "5", "-crf:v:0", "45", "-b:v:0", "0", "-row-mt", "1", "-auto-alt-ref", "1", "-lag-in-frames", "12")}
	case MPEG2, MPEG4:
		if !s.OpenGOP {
			flags += "+cgop"
		}
		out := with(string(s.Codec), "-q:v:0", "6", "-sc_threshold:v:0", "1000000000")
		if s.Codec == MPEG4 && s.Container == AVI {
			out = append(out, "-tag:v:0", "XVID")
		}
		return [][]string{out}
	default:
		return [][]string{with("libx264", "-preset:v:0", "veryfast", "-crf:v:0", "30", "-keyint_min:v:0", "1", "-sc_threshold:v:0", "0", "-b_strategy", "0",
			"-x264-params", "open-gop="+open)}
	}
}

// masterDisplay is a P3 display of 1000 nits, in x265's form.
const masterDisplay = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"

// colour tags the stream.
func (s Spec) colour() []string {
	matrix, primaries, transfer := "bt709", "bt709", "bt709"
	switch s.HDR {
	case HDR10:
		matrix, primaries, transfer = "bt2020nc", "bt2020", "smpte2084"
	case HLG:
		matrix, primaries, transfer = "bt2020nc", "bt2020", "arib-std-b67"
	}
	return []string{"-colorspace:v:0", matrix, "-color_primaries:v:0", primaries, "-color_trc:v:0", transfer, "-color_range:v:0", "tv"}
}

func (s Spec) audioCodec() string {
	switch s.Container {
	case WebM:
		return "libopus"
	case AVI:
		return "mp2"
	}
	return "aac"
}

func (s Spec) muxer() []string {
	args := append([]string{"-map_metadata", "-1"}, s.Mux...)
	switch s.Container {
	case MKVLive:
		args = append(args, "-live", "1")
	case MP4Fast:
		args = append(args, "-movflags", "+faststart")
	case MP4Frag:
		args = append(args, "-movflags", "+frag_keyframe+empty_moov+default_base_moof")
	case MP4NoMfra:
		args = append(args, "-movflags", "+frag_keyframe+empty_moov+default_base_moof+skip_trailer")
	case MP4Sidx:
		args = append(args, "-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx")
	}
	if s.Codec == HEVC && s.mov() {
		args = append(args, "-tag:v:0", "hvc1")
	}
	if s.ext() == "ts" {
		return append(args, "-f", "mpegts")
	}
	return args
}

// mov reports whether the container is of the MP4 and QuickTime family.
func (s Spec) mov() bool { return s.ext() == "mp4" || s.Container == MOV }

// ffmpeg runs FFmpeg to its end.
func ffmpeg(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-hide_banner", "-v", "error", "-y"}, args...)...)
	cmd.Env = append(os.Environ(), "SVT_LOG=1") // only what went wrong: SVT-AV1 writes to stderr by itself
	said, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if bytes.Contains(said, []byte("Unknown encoder")) {
		return fmt.Errorf("%w: %s", errNoEncoder, said)
	}
	return fmt.Errorf("run ffmpeg %s: %w\n%s", strings.Join(args, " "), err, said)
}

// turn writes a display matrix into the first track of a MP4 or MOV file. FFmpeg's own way to ask for one changed
// between 5.1 (a tag) and 6.0 (an input option), and neither can mirror.
func turn(path string, clockwise int, mirrored bool) error {
	file, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := bytes.Index(file, []byte("tkhd"))
	if at < 0 || at+4+4+20+16+36 > len(file) {
		return fmt.Errorf("turn %s: no tkhd", path)
	}
	matrix := at + 4 + 4 + 20 + 16 // type, version and flags, times and track, layer to reserved
	if file[at+4] == 1 {
		matrix += 12
	}
	// A point (x, y) of the coded picture is shown at (a*x + c*y, b*x + d*y): ISO/IEC 14496-12, 6.2.2.
	a, b, c, d := int32(1), int32(0), int32(0), int32(1)
	switch clockwise {
	case 90:
		a, b, c, d = 0, 1, -1, 0
	case 180:
		a, b, c, d = -1, 0, 0, -1
	case 270:
		a, b, c, d = 0, -1, 1, 0
	}
	if mirrored {
		a, b = -a, -b
	}
	for i, v := range map[int]int32{0: a, 1: b, 3: c, 4: d} {
		binary.BigEndian.PutUint32(file[matrix+4*i:], uint32(v<<16))
	}
	return os.WriteFile(path, file, 0o600)
}

// seconds writes a time as FFmpeg's options want it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }
