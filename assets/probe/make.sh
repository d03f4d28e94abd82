#!/bin/sh
# Makes the probe clips anew: half a second of colour bars for each codec that a device is tested with.
# Run it by "go generate ./assets". Needs an FFmpeg with libx264, libx265, libsvtav1 and libvpx-vp9.
# The clips in the repository were made by FFmpeg 5.1 of Debian 12; other versions give other bytes, and the
# same picture.
set -eu
cd "$(dirname "$0")"

# 640x360 is above the least size of every hardware decoder (NVDEC: 144x144 for HEVC, 128x128 for VP9 and AV1)
# and, like 1080p, no multiple of 16 in height, so that cropping is tried too. Twelve frames, 24 a second.
#
# The upper three quarters are eight bars of 80 pixels; assets/probe.go has their colours. The lower quarter is
# grey with a white box that moves 12 pixels a frame, which gives the frames between the keyframes something to
# predict; it is never compared.
picture="color=black:size=640x360:rate=24:duration=0.5,format=gbrp,\
drawbox=x=0:w=80:h=270:color=0xC0C0C0:t=fill,\
drawbox=x=80:w=80:h=270:color=0xC0C020:t=fill,\
drawbox=x=160:w=80:h=270:color=0x20C0C0:t=fill,\
drawbox=x=240:w=80:h=270:color=0x20C020:t=fill,\
drawbox=x=320:w=80:h=270:color=0xC020C0:t=fill,\
drawbox=x=400:w=80:h=270:color=0xC02020:t=fill,\
drawbox=x=480:w=80:h=270:color=0x2020C0:t=fill,\
drawbox=x=560:w=80:h=270:color=0x202020:t=fill,\
drawbox=y=270:h=90:w=640:color=0x808080:t=fill[bars];\
color=white:size=64x64:rate=24:duration=0.5,format=gbrp[box];\
[bars][box]overlay=x=16+n*12:y=283:format=gbrp,\
scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int"

# A keyframe at 0 and one at 0.25 s (frame 6), so that a plan has two to choose from. Nothing of the encoder's
# name, settings or the day goes into the file.
make() { # make NAME PIXEL-FORMAT ENCODER-ARGUMENTS...
	name=$1 pixels=$2
	shift 2
	ffmpeg -hide_banner -loglevel error -y -filter_complex "$picture,format=$pixels" "$@" -g 6 -threads 1 \
		-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv \
		-map_metadata -1 -fflags +bitexact -flags:v +bitexact "$name.mkv"
	ls -l "$name.mkv"
}

make h264 yuv420p -c:v libx264 -profile:v high -preset slow -crf 20 -bf 2 \
	-x264-params keyint=6:min-keyint=6:scenecut=0:open-gop=0 -bsf:v filter_units=remove_types=6
make hevc yuv420p10le -c:v libx265 -preset slow -crf 20 \
	-x265-params keyint=6:min-keyint=6:scenecut=0:open-gop=0:bframes=2:info=0:pools=none:log-level=error
make av1 yuv420p -c:v libsvtav1 -preset 6 -crf 30 -svtav1-params keyint=6:scd=0:irefresh-type=2
make vp9 yuv420p -c:v libvpx-vp9 -profile:v 0 -b:v 0 -crf 24 -keyint_min 6 -deadline good -cpu-used 2
