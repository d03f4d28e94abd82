package mp4

import (
	"bytes"
	"testing"
)

// esds makes the descriptors of an elementary stream, with lengths of four bytes as many muxers write them.
func esds(object byte, info string) []byte {
	long := func(tag byte, parts ...any) []byte {
		body := mk("", parts...)[4:]
		return append([]byte{tag, 0x80, 0x80, 0x80 | byte(len(body)>>7), byte(len(body) & 0x7f)}, body...)
	}
	return long(3, uint16(1), uint8(0), long(4, object, uint8(0x11), make([]byte, 11), long(5, info)), long(6, "\x02"))
}

func TestCodecNames(t *testing.T) {
	avcC, hvcC, av1C := mk("avcC", "avcC content"), mk("hvcC", "hvcC content"), mk("av1C", "av1C content")
	pasp := mk("pasp", uint64(1<<32|1))
	for _, c := range []struct {
		name    string
		entry   []byte
		codec   string
		private string
	}{
		{"avc1", visualEntry("avc1", pasp, avcC), "V_MPEG4/ISO/AVC", "avcC content"},
		{"avc3", visualEntry("avc3", avcC), "V_MPEG4/ISO/AVC", "avcC content"},
		{"avc1 without avcC", visualEntry("avc1", pasp), "", ""},
		{"Dolby Vision on H.264", visualEntry("dva1", avcC, mk("dvcC", make([]byte, 24))), "V_MPEG4/ISO/AVC", "avcC content"},
		{"hvc1", visualEntry("hvc1", hvcC), "V_MPEGH/ISO/HEVC", "hvcC content"},
		{"hev1", visualEntry("hev1", hvcC, pasp), "V_MPEGH/ISO/HEVC", "hvcC content"},
		{"dvh1", visualEntry("dvh1", hvcC, mk("dvcC", make([]byte, 24))), "V_MPEGH/ISO/HEVC", "hvcC content"},
		{"dvhe", visualEntry("dvhe", hvcC), "V_MPEGH/ISO/HEVC", "hvcC content"},
		{"av01", visualEntry("av01", av1C), "V_AV1", "av1C content"},
		{"vp08", visualEntry("vp08", mk("vpcC", make([]byte, 12))), "V_VP8", ""},
		{"vp09", visualEntry("vp09", mk("vpcC", make([]byte, 12))), "V_VP9", ""},
		{"MPEG-4", visualEntry("mp4v", mk("esds", uint32(0), esds(0x20, "config"))), "V_MPEG4/ISO/ASP", "config"},
		{"MPEG-2 main", visualEntry("mp4v", mk("esds", uint32(0), esds(0x61, "sequence"))), "V_MPEG2", "sequence"},
		{"MPEG-2 4:2:2", visualEntry("mp4v", mk("esds", uint32(0), esds(0x65, ""))), "V_MPEG2", ""},
		{"MPEG-1", visualEntry("mp4v", mk("esds", uint32(0), esds(0x6a, ""))), "V_MPEG1", ""},
		{"JPEG in MP4", visualEntry("mp4v", mk("esds", uint32(0), esds(0x6c, "?"))), "V_MJPEG", ""},
		{"mp4v of something else", visualEntry("mp4v", mk("esds", uint32(0), esds(0xa3, ""))), "", ""},
		{"mp4v without esds", visualEntry("mp4v"), "", ""},
		{"esds of rubbish", visualEntry("mp4v", mk("esds", uint32(0), "\x03\xff\xff\xff\xff\xff")), "", ""},
		{"esds with an URL", visualEntry("mp4v", mk("esds", uint32(0), "\x03\x1a\x00\x01\xe0\x00\x02\x03url\x00\x05\x04\x0d\x20", make([]byte, 12))), "V_MPEG4/ISO/ASP", ""},
		{"ProRes", visualEntry("apcn"), "V_PRORES", "apcn"},
		{"ProRes 4444", visualEntry("ap4h"), "V_PRORES", "ap4h"},
		{"JPEG", visualEntry("jpeg"), "V_MJPEG", ""},
		{"Motion JPEG A", visualEntry("mjpa"), "V_MJPEG", ""},
		{"MPEG-2 in QuickTime", visualEntry("m2v1"), "V_MPEG2", ""},
		{"HDV", visualEntry("hdv2"), "V_MPEG2", ""},
		{"XDCAM", visualEntry("xdvb"), "V_MPEG2", ""},
		{"VC-1", visualEntry("vc-1", mk("dvc1", make([]byte, 20))), "", ""},
		{"unknown", visualEntry("SVQ3"), "", ""},
		{"four zero bytes at the end", visualEntry("avc1", avcC, make([]byte, 4)), "V_MPEG4/ISO/AVC", "avcC content"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := openBytes(tiny{entry: c.entry}.bytes())
			if err != nil {
				t.Fatal(err)
			}
			info := f.Tracks()[0].Info()
			if info.Codec != c.codec || string(info.Private) != c.private {
				t.Errorf("codec %q with %q, want %q with %q", info.Codec, info.Private, c.codec, c.private)
			}
			if info.Width != 160 || info.Height != 90 {
				t.Errorf("%dx%d, want 160x90", info.Width, info.Height)
			}
		})
	}
}

// FFmpeg writes the same decoder configuration into Matroska when it copies the track there.
func TestPrivateIsWhatMatroskaHolds(t *testing.T) {
	v := source(1, 8)
	for name, c := range map[string][]string{
		"h264":  args(v, h264),
		"hevc":  args(v, "-c:v libx265 -preset ultrafast -x265-params log-level=error"),
		"av1":   args(v, "-c:v libsvtav1 -preset 12"),
		"mpeg4": args(v, "-c:v mpeg4"),
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, append(c, "a.mp4")...)
			f, _ := openFile(t, path)
			private := f.Tracks()[0].Info().Private
			mkv := readFile(t, ffmpeg(t, "-i", path, "-c", "copy", "a.mkv"))
			i := bytes.Index(mkv, private)
			if len(private) < 10 || i < 0 || i > 4096 {
				t.Errorf("%d bytes of CodecPrivate, not at the start of FFmpeg's Matroska file", len(private))
			}
		})
	}
}
