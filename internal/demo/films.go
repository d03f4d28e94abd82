package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/scrubjay/scrubjay/internal/film"
)

// films are small videos of the kinds that people have. Where this FFmpeg can write text, a clock runs in them: under
// each picture of a preview stands the time that it is for, and in the picture the time that it shows.
func films(clock bool) []film.Film {
	text := func(lines int) string { // so many would fit below each other
		if !clock {
			return ""
		}
		return fmt.Sprintf(`,drawtext=text='%%{pts\:hms}':fontsize=h/%d:fontcolor=white:borderw=4:x=h/%[1]d:y=h/%[1]d`, lines)
	}
	return []film.Film{
		{
			Name:   "Fractal 1080p H.264.mkv",
			Source: "mandelbrot=s=480x270:r=24:end_pts=800,scale=1920x1080:flags=bilinear,format=yuv420p" + text(10),
			Piece:  2 * time.Minute,
			Encode: []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-g", "96"},
		},
		{
			// Seven seconds over and over: a picture every ten seconds then shows each of them in turn.
			Name: "Depths 2160p HEVC HDR10.mp4",
			Source: "mandelbrot=s=480x270:r=24:start_scale=0.3:end_scale=0.02:end_pts=168:start_x=-0.7435669:start_y=0.1314023,hue=h=200:s=1.2," +
				"scale=3840x2160:flags=bilinear,format=gbrp,noise=alls=8:allf=t," +
				"zscale=tin=bt709:pin=bt709:min=gbr:t=smpte2084:p=bt2020:m=bt2020nc:npl=203,format=yuv420p10le",
			Piece: 7 * time.Second,
			Times: 24,
			Encode: []string{
				"-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-b:v", "20M", "-maxrate", "25M", "-bufsize", "20M", "-x265-params",
				"log-level=error:keyint=24:min-keyint=24:scenecut=0:open-gop=0:hdr10=1:" +
					"colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:max-cll=1000,400:" +
					"master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
			},
		},
		{
			// As a receiver stores it: wide pictures squeezed into 720x576.
			Name: "Life on Channel 4.ts",
			Source: "life=s=180x144:r=25:mold=10:ratio=0.3:seed=4:stitch=1:death_color=0x2F6DB5:life_color=0xE9A23B:mold_color=0x1B2A3C," +
				"scale=720:576:flags=neighbor,format=yuv420p,setsar=64/45" + text(10),
			Piece:  2 * time.Minute,
			Encode: []string{"-c:v", "mpeg2video", "-b:v", "4M", "-maxrate", "6M", "-bufsize", "1835k", "-g", "12", "-bf", "2"},
		},
		{
			// Phones store the picture lying on its side, and how to turn it.
			Name: "Holiday from a phone.mp4",
			Source: "mandelbrot=s=270x480:r=30:start_scale=3:end_scale=0.05:end_pts=1350:start_x=-0.7435669:start_y=0.1314023:inner=mincol,hue=h=300," +
				"scale=1080x1920:flags=bilinear,format=yuv420p" + text(18) + ",transpose=cclock",
			Piece:   45 * time.Second,
			Encode:  []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-g", "60"},
			Upright: 90,
		},
	}
}

// episodes are four of a show, one minute each.
func episodes(clock bool) []film.Film {
	var out []film.Film
	for i, rule := range []string{"B3/S23", "B36/S23", "B3678/S34678", "B35678/S5678"} {
		text := ""
		if clock {
			text = `,drawtext=text='%{pts\:hms}':fontsize=h/10:fontcolor=white:borderw=4:x=h/10:y=h/10`
		}
		out = append(out, film.Film{
			Name: fmt.Sprintf("Cellular (2026) - S01E%02d.mkv", i+1),
			Source: fmt.Sprintf("life=s=320x180:r=24:rule=%s:mold=10:ratio=0.4:seed=%d:stitch=1:death_color=0x2F6DB5:life_color=0xE9A23B:mold_color=0x1B2A3C,"+
				"scale=1280:720:flags=neighbor,format=yuv420p", rule, i+1) + text,
			Piece:  time.Minute,
			Encode: []string{"-c:v", "libx264", "-preset", "ultrafast", "-crf", "28", "-g", "96"},
		})
	}
	return out
}

// hasClock reports whether this FFmpeg can write text: it may lack the filter, or the machine a font.
func hasClock(ctx context.Context, ffmpeg string) bool {
	return exec.CommandContext(ctx, ffmpeg, "-v", "quiet", "-nostdin",
		"-f", "lavfi", "-i", "color=s=64x64,drawtext=text=1", "-frames:v", "1", "-f", "null", "-").Run() == nil
}
