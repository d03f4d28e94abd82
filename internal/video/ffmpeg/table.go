package ffmpeg

import "github.com/scrubjay/scrubjay/internal/preview"

// table is what FFmpeg's words mean. FFmpeg never translates them: it does not call setlocale.
//
// "Invalid data found when processing input" alone means little. On opening it says that no demuxer knows the file,
// while decoding that the video is damaged, on pipe:0 that our own stream was not understood.
var table = []row{
	// The video, on opening.
	{
		preview.VideoMissing,
		[]string{"\nfile:", ": No such file or directory"},
		"5.1",
		"file:s/missing.mkv: No such file or directory",
	},
	{
		preview.VideoMissing,
		[]string{"Error opening input: No such file or directory"},
		"7.1",
		"[in#0 @ 0x563a] Error opening input: No such file or directory\nError opening input file file:s/missing.mkv.\nError opening input files: No such file or directory",
	},
	{
		preview.VideoMissing,
		[]string{"\nfile:", ": Not a directory"},
		"5.1",
		"file:s/ok.mkv/x: Not a directory",
	},
	{
		preview.VideoMissing,
		[]string{"Error opening input: Not a directory"},
		"7.1",
		"[in#0 @ 0x55f9] Error opening input: Not a directory\nError opening input file file:s/ok.mkv/x.\nError opening input files: Not a directory",
	},
	{
		preview.VideoUnreadable,
		[]string{"\nfile:", ": Permission denied"},
		"5.1",
		"file:/tmp/s/noperm.mkv: Permission denied",
	},
	{
		preview.VideoUnreadable,
		[]string{"Error opening input: Permission denied"},
		"7.1",
		"[in#0 @ 0x5595] Error opening input: Permission denied\nError opening input file file:/tmp/s/noperm.mkv.\nError opening input files: Permission denied",
	},
	{
		preview.VideoNotVideo,
		[]string{"\nfile:", ": Is a directory"},
		"5.1",
		"file:s: Is a directory",
	},
	{
		preview.VideoNotVideo,
		[]string{"Error opening input: Is a directory"},
		"7.1",
		"[in#0 @ 0x561c] Error opening input: Is a directory\nError opening input file file:s.\nError opening input files: Is a directory",
	},
	{
		preview.VideoNotVideo,
		[]string{"\nfile:", ": Invalid data found when processing input"},
		"5.1",
		"file:notes.txt: Invalid data found when processing input",
	},
	{
		preview.VideoNotVideo,
		[]string{"Error opening input: Invalid data found when processing input"},
		"7.1",
		"[in#0 @ 0x55b1] Error opening input: Invalid data found when processing input\nError opening input file file:s/ok.mpg.\nError opening input files: Invalid data found when processing input",
	},
	{
		preview.VideoNotVideo,
		[]string{"EBML header parsing failed", "Invalid data found when processing input"},
		"5.1",
		"Truncating packet of size 10611 to 42\n[matroska,webm @ 0x5567] EBML header parsing failed\nfile:s/text.mkv: Invalid data found when processing input",
	},
	{
		// A text file named .mp4 gets the same words; so does a download that a program has laid out but not filled.
		preview.VideoCutOff,
		[]string{"moov atom not found", ": Invalid data found when processing input"},
		"5.1",
		"[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55c9] moov atom not found\nfile:s/cut.mp4: Invalid data found when processing input",
	},
	{
		preview.VideoCutOff,
		[]string{"moov atom not found", "Error opening input: Invalid data found when processing input"},
		"7.1",
		"[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5623] moov atom not found\n[in#0 @ 0x5623] Error opening input: Invalid data found when processing input\nError opening input file file:s/cut.mp4.\nError opening input files: Invalid data found when processing input",
	},
	{
		preview.FFmpegFailed,
		[]string{"EBML header parsing failed", "\npipe:0: Invalid data found when processing input"},
		"5.1",
		"[matroska,webm @ 0x5640] EBML header parsing failed\npipe:0: Invalid data found when processing input",
	},
	{
		preview.FFmpegFailed,
		[]string{"Error opening input: Invalid data found when processing input", "Error opening input file pipe:0"},
		"7.1",
		"[matroska,webm @ 0x55c9] EBML header parsing failed\n[in#0 @ 0x55c9] Error opening input: Invalid data found when processing input\nError opening input file pipe:0.\nError opening input files: Invalid data found when processing input",
	},
	{
		preview.VideoNoPicture,
		[]string{"matches no streams"},
		"5.1",
		"Stream map '0:v:0' matches no streams.\nTo ignore this, add a trailing '?' to the map.",
	},
	{
		preview.VideoNoPicture,
		[]string{"matches no streams", "Failed to set value", "for option 'map'"},
		"7.1",
		"Stream map '' matches no streams.\nTo ignore this, add a trailing '?' to the map.\nFailed to set value '0:v:0' for option 'map': Invalid argument\nError parsing options for output file -.\nError opening output files: Invalid argument",
	},

	// The video, on decoding.
	{
		preview.VideoDamaged,
		[]string{"Invalid data found when processing input"},
		"5.1",
		"[h264 @ 0x5627] Error splitting the input into NAL units.\nError while decoding stream #0:0: Invalid data found when processing input",
	},
	{
		preview.VideoDamaged,
		[]string{"decoder: Invalid data found when processing input"},
		"7.1",
		"[h264 @ 0x55b5] Error splitting the input into NAL units.\n[vist#0:0/h264 @ 0x55b5] [dec:h264 @ 0x55b5] Error submitting packet to decoder: Invalid data found when processing input",
	},
	{
		preview.VideoCutOff,
		[]string{"File ended prematurely"},
		"5.1, 7.1",
		"[matroska,webm @ 0x55b7] File ended prematurely",
	},
	{
		preview.VideoUnsupported,
		[]string{"Decoder (codec ", ") not found for input stream"},
		"5.1",
		"Decoder (codec none) not found for input stream #0:0",
	},
	{
		preview.VideoUnsupported,
		[]string{"Decoding requested, but no decoder found for"},
		"7.1",
		"[vist#0:0/none @ 0x55df] Decoding requested, but no decoder found for: none\nError opening output file /dev/null.\nError opening output files: Invalid argument",
	},

	// The build.
	{
		preview.FFmpegLacks,
		[]string{"Unrecognized option '", "Error splitting the argument list: Option not found"},
		"5.1, 7.1",
		"Unrecognized option 'nosuchoption'.\nError splitting the argument list: Option not found",
	},
	{
		preview.FFmpegLacks,
		[]string{"Option '", "' not found", "Error initializing filter '"},
		"5.1",
		"[Parsed_scale_0 @ 0x5582] Option 'nosuch' not found\n[AVFilterGraph @ 0x5582] Error initializing filter 'scale' with args 'w=320:nosuch=1'\nError reinitializing filters!\nFailed to inject frame into filter network: Option not found\nError while processing the decoded data for stream #0:0",
	},
	{
		preview.FFmpegLacks,
		[]string{"Error applying option '", "': Option not found"},
		"7.1",
		"Error applying option 'nosuch' to filter 'zscale': Option not found\nError opening output file /dev/null.\nError opening output files: Option not found",
	},
	{
		preview.FFmpegLacks,
		[]string{"No such filter: '"},
		"5.1, 7.1",
		"[AVFilterGraph @ 0x55f2] No such filter: 'zscale'\nError reinitializing filters!\nFailed to inject frame into filter network: Invalid argument",
	},
	{
		preview.FFmpegLacks,
		[]string{"Unknown decoder '"},
		"5.1, 7.1",
		"Unknown decoder 'libdav1d'\nError opening input file file:s/ok.mkv.\nError opening input files: Decoder not found",
	},
	{
		preview.FFmpegLacks,
		[]string{"Unknown encoder '"},
		"5.1, 7.1",
		"[vost#0:0 @ 0x5644] Unknown encoder 'mjpeg'\n[vost#0:0 @ 0x5644] Error selecting an encoder\nError opening output files: Encoder not found",
	},
	{
		preview.FFmpegLacks,
		[]string{"Requested output format '"},
		"5.1, 7.1",
		"[AVFormatContext @ 0x5643] Requested output format 'matroska' is not known.\n[out#0 @ 0x5643] Error initializing the muxer for pipe:: Invalid argument",
	},
	{
		preview.FFmpegLacks,
		[]string{"Unrecognized hwaccel: "},
		"GyanD/codexffmpeg#117",
		"[vist#0:0/h264 @ 000001a2282bedc0] Unrecognized hwaccel: d3d13va.\n[vist#0:0/h264 @ 000001a2282bedc0] Supported hwaccels: cuda vaapi dxva2 qsv d3d11va opencl vulkan",
	},
	{
		// No memory is short here: ENOMEM is what a kind of device that the build lacks gets.
		preview.FFmpegLacks,
		[]string{"Device creation failed: -12.", "Cannot allocate memory"},
		"5.1, 7.1",
		"Device creation failed: -12.\n[h264 @ 0x55b4] No device available for decoder: device type videotoolbox needed for codec h264.\nDevice setup failed for decoder on input stream #0:0 : Cannot allocate memory",
	},

	// The device: driver.
	{
		preview.DeviceDriver,
		[]string{"Device creation failed: "},
		"5.1",
		"Device creation failed: -542398533.\n[h264 @ 0x5655] No device available for decoder: device type vaapi needed for codec h264.\nDevice setup failed for decoder on input stream #0:0 : Generic error in an external library",
	},
	{
		preview.DeviceDriver,
		[]string{"Could not dynamically load CUDA", "Device creation failed: "},
		"5.1, 7.1",
		"[AVHWDeviceContext @ 0x55ea] Cannot load libcuda.so.1\n[AVHWDeviceContext @ 0x55ea] Could not dynamically load CUDA\nDevice creation failed: -1.\n[h264 @ 0x55ea] No device available for decoder: device type cuda needed for codec h264.\nDevice setup failed for decoder on input stream #0:0 : Operation not permitted",
	},
	{
		preview.DeviceDriver,
		[]string{"Cannot load libcuda.so.1"},
		"5.1, 7.1",
		"[h264_nvenc @ 0x5636] Cannot load libcuda.so.1\nError initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed loading nvcuvid."},
		"5.1",
		"[h264_cuvid @ 0x5575] Cannot load libnvcuvid.so.1\n[h264_cuvid @ 0x5575] Failed loading nvcuvid.\nError while opening decoder for input stream #0:0 : Operation not permitted",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed loading nvcuvid.", "hwaccel initialisation returned error"},
		"mpv-player/mpv#6777",
		"[ffmpeg/video] h264: Cannot load cuvidGetDecodeStatus\n[ffmpeg/video] h264: Failed loading nvcuvid.\n[ffmpeg/video] h264: Failed setup for format cuda: hwaccel initialisation returned error.",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed to initialise VAAPI connection", "Device creation failed: "},
		"linuxserver/docker-ffmpeg#80",
		"[AVHWDeviceContext @ 0x55ca6d404d80] Failed to initialise VAAPI connection: -1 (unknown libva error).\nDevice creation failed: -5.\nFailed to set value '/dev/dri/renderD128' for option 'vaapi_device': Input/output error\nError parsing global options: Input/output error",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed to create Direct3D device"},
		"mdhiggins/sickbeard_mp4_automator#1336",
		"[AVHWDeviceContext @ 000002056bc6eac0] Failed to create Direct3D device\nDevice creation failed: -1313558101.\n[hevc @ 000002056c0c46c0] No device available for decoder: device type dxva2 needed for codec hevc.\nDevice setup failed for decoder on input stream #0:2 : Unknown error occurred",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed to get number of OpenCL platforms"},
		"5.1",
		"[AVHWDeviceContext @ 0x561c] Failed to get number of OpenCL platforms: -1001.\nDevice creation failed: -19.\nFailed to set value 'opencl=ocl' for option 'init_hw_device': No such device\nError parsing global options: No such device",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed creating Vulkan device!"},
		"BtbN/FFmpeg-Builds#378",
		"[libplacebo @ 0x55e3] Failed initializing vulkan device\n[libplacebo @ 0x55e3] Failed creating Vulkan device!\n[Parsed_libplacebo_0 @ 0x55e3] Query format failed for 'Parsed_libplacebo_0': Generic error in an external library",
	},
	{
		preview.DeviceDriver,
		[]string{"Failed importing Vulkan device!"},
		"haasn/libplacebo#290",
		"[libplacebo @ 0x7e50] Missing device feature: hostQueryReset\n[libplacebo @ 0x7e50] Failed importing vulkan device\n[libplacebo @ 0x7e50] Failed importing Vulkan device!",
	},

	// The device: rights, loss, memory, slots.
	{
		// Said when the node cannot be opened; why not, FFmpeg says at -loglevel verbose only.
		preview.DevicePermission,
		[]string{"No VA display found for device", "Device creation failed: "},
		"5.1, node of another user",
		"[AVHWDeviceContext @ 0x5620] No VA display found for device /dev/dri/renderD128.\nDevice creation failed: -22.\nFailed to set value 'vaapi=va:/dev/dri/renderD128' for option 'init_hw_device': Invalid argument\nError parsing global options: Invalid argument",
	},
	{
		preview.DevicePermission,
		[]string{"Device creation failed: -13.", "Permission denied"},
		"5.1, node of another user",
		"Device creation failed: -13.\nFailed to set value 'drm=dr:/dev/dri/renderD128' for option 'init_hw_device': Permission denied\nError parsing global options: Permission denied",
	},
	{
		preview.DeviceLost,
		[]string{"Device creation failed: -2.", "No such file or directory"},
		"5.1",
		"Device creation failed: -2.\nFailed to set value 'drm=dr:/dev/dri/renderD128' for option 'init_hw_device': No such file or directory\nError parsing global options: No such file or directory",
	},
	{
		preview.DeviceLost,
		[]string{"CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected"},
		"HaveAGitGat/Tdarr#630",
		"[AVHWDeviceContext @ 0x5602766c0000] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected\nError while opening decoder for input stream #0:0 : Unknown error occurred",
	},
	{
		// In a container whose GPU was taken away by a daemon-reload (NVIDIA/nvidia-container-toolkit#48).
		preview.DeviceLost,
		[]string{"cu->cuInit(0) failed -> CUDA_ERROR_UNKNOWN: unknown error"},
		"a Jellyfin container's log",
		"cu->cuInit(0) failed -> CUDA_ERROR_UNKNOWN: unknown error",
	},
	{
		preview.DeviceMemory,
		[]string{"CUDA_ERROR_OUT_OF_MEMORY"},
		"a log of h264_cuvid on an A30",
		"[h264_cuvid @ 0x561fe81efea0] ctx->cvdl->cuvidCreateDecoder(&cudec, &cuinfo) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory",
	},
	{
		preview.DeviceMemory,
		[]string{"CUDA_ERROR_OUT_OF_MEMORY", "hwaccel initialisation returned error"},
		"a log of 8.0",
		"decoder->cvdl->cuvidCreateDecoder(&decoder->decoder, &cuinfo) failed -> CUDA_ERROR_OUT_OF_MEMORY: out of memory\nFailed setup for format cuda: hwaccel initialisation returned error.",
	},
	{
		preview.DeviceMemory,
		[]string{"VK_ERROR_OUT_OF_DEVICE_MEMORY"},
		"k4yt3x/video2x#1447",
		"[libplacebo @ 000002aeb0a20480] Allocation of size  126M failed: VK_ERROR_OUT_OF_DEVICE_MEMORY!",
	},
	{
		preview.DeviceBusy,
		[]string{"No NVENC capable devices found"},
		"valkjsaaa/auto-bilibili-recorder#9",
		"[h264_nvenc @ 0x5601aa5b40c0] OpenEncodeSessionEx failed: out of memory (10)\n[h264_nvenc @ 0x5601aa5b40c0] No NVENC capable devices found",
	},
	{
		preview.DeviceBusy,
		[]string{"OpenEncodeSessionEx failed: out of memory"},
		"roflcoopter/viseron#539",
		"[hevc_nvenc @ 0x55f45f5f5cc0] OpenEncodeSessionEx failed: out of memory (10): (no details)\n[hevc_nvenc @ 0x55f45f5f5cc0] No capable devices found",
	},
	{
		preview.DeviceBusy,
		[]string{"No decoder surfaces left"},
		"libavcodec/nvdec.c",
		"[hevc @ 0x5566] No decoder surfaces left\n[hevc @ 0x5566] get_buffer() failed",
	},
	{
		preview.DeviceBusy,
		[]string{"No decoder surfaces left", ": Invalid data found when processing input"},
		"libavcodec/nvdec.c",
		"[hevc @ 0x5566] No decoder surfaces left\nError while decoding stream #0:0: Invalid data found when processing input",
	},

	// The device: what it cannot decode.
	{
		preview.DeviceUnsupported,
		[]string{"hwaccel initialisation returned error"},
		"pulsejet/memories#1408",
		"[hevc @ 0x55de534219c0] No support for codec hevc profile 1.\n[hevc @ 0x55de534219c0] Failed setup for format vaapi: hwaccel initialisation returned error.",
	},
	{
		preview.DeviceUnsupported,
		[]string{"Hardware is lacking required capabilities"},
		"meta-pytorch/torchcodec#350",
		"[hevc @ 0x555ae51e4900] Hardware is lacking required capabilities\n[hevc @ 0x555ae51e4900] Failed setup for format cuda: hwaccel initialisation returned error.",
	},
	{
		preview.DeviceUnsupported,
		[]string{"VideoToolbox decoder for this format not found"},
		"valbok/QtAVPlayer#434",
		"[mpeg4 @ 0x13cf04970] VideoToolbox decoder for this format not found.\n[mpeg4 @ 0x13cf04970] Failed setup for format videotoolbox_vld: hwaccel initialisation returned error.",
	},
	{
		preview.DeviceUnsupported,
		[]string{"hardware accelerator failed to decode picture"},
		"jellyfin/jellyfin-ffmpeg#588",
		"[hevc @ 0x142e1f580] vt decoder cb: output image buffer is null: -17694\n[hevc @ 0x142e1f580] hardware accelerator failed to decode picture",
	},
	{
		preview.DeviceUnsupported,
		[]string{"hardware accelerator failed to decode picture", ": Invalid data found when processing input"},
		"5.1's words for it",
		"[hevc @ 0x142e] hardware accelerator failed to decode picture\nError while decoding stream #0:0: Invalid data found when processing input",
	},
	{
		preview.DeviceUnsupported,
		[]string{"the requested VAProfile is not supported"},
		"jellyfin/jellyfin#4012",
		"[Parsed_scale_vaapi_2 @ 0x55738651b] Failed to create processing pipeline config: 12 (the requested VAProfile is not supported).",
	},
	{
		// Frames came from the software decoder where the filters want the device's.
		preview.DeviceUnsupported,
		[]string{"Impossible to convert between the formats supported by the filter"},
		"5.1, 7.1",
		"Impossible to convert between the formats supported by the filter 'graph 0 input from stream 0:0' and the filter 'auto_scale_0'\nError reinitializing filters!\nFailed to inject frame into filter network: Function not implemented\nError while processing the decoded data for stream #0:0",
	},

	// The machine.
	{
		preview.MemoryFull,
		[]string{"Cannot allocate memory"},
		"5.1, 7.1 under ulimit -v",
		"Error while filtering: Cannot allocate memory\nFailed to inject frame into filter network: Cannot allocate memory\nError while processing the decoded data for stream #0:0",
	},
	{
		preview.DiskFull,
		[]string{"No space left on device"},
		"5.1, 7.1",
		"[out#0/matroska @ 0x55e7] Error writing trailer: No space left on device\n[out#0/matroska @ 0x55e7] Error closing file: No space left on device",
	},
	{
		preview.FFmpegKilled,
		[]string{"Exiting normally, received signal "},
		"5.1, 7.1 at -loglevel info",
		"Exiting normally, received signal 15.",
	},
	{
		preview.FFmpegMissing,
		[]string{"error while loading shared libraries: "},
		"alfg/docker-nginx-rtmp#88",
		"ffmpeg: error while loading shared libraries: libwebpmux.so.3: cannot open shared object file: No such file or directory",
	},
}
