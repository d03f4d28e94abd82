package main

import (
	"time"

	"github.com/scrubjay/scrubjay/internal/film"
)

// subject is one film that both sides make a preview of, and what must be reached on it.
type subject struct {
	film.Film
	about   string        // for the table
	keygap  time.Duration // between two keyframes; checked, for the figures mean nothing without it
	hdr     bool
	bytes   int64   // about how large it gets
	faster  float64 // wall: the peer's time by ours must be at least this
	reading float64 // at most this share of the file may be read
}

// The noise makes the encoder spend its bits on every picture, as film grain does.
const (
	hdSource  = "mandelbrot=s=960x540:r=24,scale=1920x1080,noise=alls=24:allf=t,format=yuv420p"
	uhdSource = "mandelbrot=s=960x540:r=24,scale=3840x2160,format=gbrp,noise=alls=12:allf=t," +
		"zscale=tin=bt709:pin=bt709:min=gbr:t=smpte2084:p=bt2020:m=bt2020nc:npl=203,format=yuv420p10le"
)

var (
	hdEncode = []string{
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-b:v", "9300k", "-maxrate", "11M", "-bufsize", "6M",
		"-g", "96", "-keyint_min", "96", "-sc_threshold", "0",
	}
	uhdEncode = []string{
		"-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-b:v", "53M", "-maxrate", "60M", "-bufsize", "60M",
		"-x265-params", "log-level=error:keyint=48:min-keyint=48:scenecut=0:open-gop=0:hdr10=1:" +
			"colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:" +
			"master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
	}
)

// sparse has its keyframes far apart: five minutes of 1080p H.264, one every 10 s.
func sparse() film.Film {
	encode := append([]string{}, hdEncode...)
	return film.Film{
		Name: "sparse-h264.mkv", Source: hdSource, Piece: 30 * time.Second, Times: 10,
		Encode: append(encode, "-g", "240", "-keyint_min", "240"),
	}
}

// endless has the longest index: thirty hours in MP4, whose tables have an entry for each of its 2.6 million packets.
func endless() film.Film {
	return film.Film{
		Name: "endless-h264.mp4", Source: "testsrc2=s=320x180:r=24,format=yuv420p", Piece: 24 * time.Second, Times: 4500,
		Encode: []string{"-c:v", "libx264", "-preset", "veryfast", "-b:v", "40k", "-g", "96", "-keyint_min", "96", "-sc_threshold", "0"},
	}
}

// subjects are the films of the benchmark. short makes them a tenth as long, for a quick look: what takes the same
// time for every film then weighs ten times as much.
func subjects(short bool) []subject {
	const piece = 24 * time.Second
	hd := func(name string) film.Film {
		return film.Film{Name: name, Source: hdSource, Piece: piece, Times: 100, Encode: hdEncode}
	}
	all := []subject{
		{
			Film: hd("hd-h264.mkv"), about: "1080p H.264 9 Mbit/s MKV", keygap: 4 * time.Second,
			bytes: 2_700e6, faster: 5, reading: 0.04,
		},
		{
			Film: hd("hd-h264.mp4"), about: "1080p H.264 9 Mbit/s MP4", keygap: 4 * time.Second,
			bytes: 2_700e6, faster: 5, reading: 0.04,
		},
		{
			Film:  film.Film{Name: "uhd-hevc-hdr10.mp4", Source: uhdSource, Piece: piece, Times: 50, Encode: uhdEncode},
			about: "2160p HEVC HDR10 53 Mbit/s MP4", keygap: 2 * time.Second, hdr: true,
			bytes: 8_000e6, faster: 10, reading: 0.02,
		},
	}
	if short {
		for i := range all {
			all[i].Name = "short-" + all[i].Name
			all[i].Times /= 10
			all[i].bytes /= 10
		}
	}
	return all
}
