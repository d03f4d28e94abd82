package preview

// The reasons. The part before the dot says whose matter it is.
const (
	Unknown Reason = "unknown"

	// The video.
	VideoMissing     Reason = "video.missing"
	VideoUnreadable  Reason = "video.unreadable"  // permissions
	VideoReadFailed  Reason = "video.read-failed" // the drive or share gave an error
	VideoEmpty       Reason = "video.empty"
	VideoDamaged     Reason = "video.damaged"
	VideoCutOff      Reason = "video.cut-off"
	VideoNotVideo    Reason = "video.not-a-video"
	VideoNoPicture   Reason = "video.no-picture-track"
	VideoNoDuration  Reason = "video.no-duration"
	VideoChanged     Reason = "video.changed"
	VideoUnsupported Reason = "video.unsupported"
	VideoEncrypted   Reason = "video.encrypted"
	VideoDolby5      Reason = "video.dolby-vision-5"

	// FFmpeg.
	FFmpegMissing   Reason = "ffmpeg.missing"
	FFmpegTooOld    Reason = "ffmpeg.too-old"
	FFmpegLacks     Reason = "ffmpeg.lacks-feature"
	FFmpegKilled    Reason = "ffmpeg.killed"
	FFmpegStalled   Reason = "ffmpeg.stalled"
	FFmpegFailed    Reason = "ffmpeg.failed"
	FFmpegGarbage   Reason = "ffmpeg.garbage"
	FFmpegNoPicture Reason = "ffmpeg.no-pictures"

	// The device.
	DeviceBusy        Reason = "device.busy"
	DeviceMemory      Reason = "device.memory"
	DeviceLost        Reason = "device.lost"
	DevicePermission  Reason = "device.permission"
	DeviceDriver      Reason = "device.driver"
	DeviceUnsupported Reason = "device.unsupported" // this device does not decode this video
	DeviceWrong       Reason = "device.wrong-pictures"

	// The machine.
	MemoryFull Reason = "machine.memory"

	// The preview.
	PreviewUnsound  Reason = "preview.unsound"
	PreviewDamaged  Reason = "preview.damaged" // a file that should be a BIF
	PreviewTooLarge Reason = "preview.too-large"
	PreviewFresh    Reason = "preview.fresh" // nothing to do
	TargetReadOnly  Reason = "target.read-only"
	TargetMissing   Reason = "target.missing"
	TargetExists    Reason = "target.exists"
	TargetForeign   Reason = "target.foreign"
	TargetClash     Reason = "target.clash"
	TargetName      Reason = "target.name" // too long, or with characters that the disk does not take
	DiskFull        Reason = "target.disk-full"

	// The person.
	Cancelled Reason = "cancelled"
)

var catalogue = map[Reason]struct{ text, hint string }{
	Unknown: {"Something went wrong that Scrubjay does not know.", "Run again with --verbose and report what it prints."},

	VideoMissing:     {"The video is not there.", "Check the path, and that the drive or share is mounted."},
	VideoUnreadable:  {"The video cannot be opened by this user.", "Give this user the right to read the file."},
	VideoReadFailed:  {"The video could not be read: its drive or share gave an error.", "Check the drive, its cable or the connection to the share, then run again."},
	VideoEmpty:       {"The file is empty.", "Copy or download the video again."},
	VideoDamaged:     {"The video is damaged.", "Play it to see whether it is whole, or replace the file."},
	VideoCutOff:      {"The video ends before its time; the file was cut off.", "Copy or download the video again."},
	VideoNotVideo:    {"The file is not a video.", "Check whether the file was renamed or its download broke off."},
	VideoNoPicture:   {"The file has no moving pictures, only sound or cover art.", ""},
	VideoNoDuration:  {"The video does not say how long it is, and no pictures were found to tell.", "Remux it, for example with mkvmerge."},
	VideoChanged:     {"The video changed while it was read; the result was dropped.", "Run again when the file is no longer being written."},
	VideoUnsupported: {"FFmpeg cannot decode this kind of video.", "Use an FFmpeg build with more decoders."},
	VideoEncrypted:   {"The video is encrypted.", ""},
	VideoDolby5: {
		"Dolby Vision profile 5 needs a GPU and an FFmpeg build that can show its colours; without them it would come out green.",
		"Use jellyfin-ffmpeg, or an FFmpeg with libplacebo and a GPU with Vulkan.",
	},

	FFmpegMissing:   {"FFmpeg was not found.", "Install FFmpeg 5.1 or newer (Debian, Ubuntu: apt install ffmpeg), or name it with SCRUBJAY_FFMPEG."},
	FFmpegTooOld:    {"This FFmpeg is too old.", "Install FFmpeg 5.1 or newer."},
	FFmpegLacks:     {"This FFmpeg was built without something that the video needs.", "Use a full build of FFmpeg; scrubjayd doctor says what is missing."},
	FFmpegKilled:    {"FFmpeg was killed by the system.", "Look whether the machine ran out of memory."},
	FFmpegStalled:   {"FFmpeg stopped making progress and was ended.", "Look at the drive or share that holds the video, then run again."},
	FFmpegFailed:    {"FFmpeg failed.", "Run again with --verbose to see what FFmpeg said."},
	FFmpegGarbage:   {"FFmpeg answered something that cannot be understood.", "Check that the configured ffmpeg and ffprobe are really FFmpeg's."},
	FFmpegNoPicture: {"FFmpeg gave no pictures.", "Play the video to see whether it is whole."},

	DeviceBusy:        {"The device has no decoder free.", "Lower the number of slots of this device."},
	DeviceMemory:      {"The device ran out of memory.", "Lower the number of slots of this device."},
	DeviceLost:        {"The device vanished while it worked.", "In a container: restart the container. Otherwise check the driver."},
	DevicePermission:  {"This user may not open the device.", "Run scrubjayd devices to see the group that is missing."},
	DeviceDriver:      {"The device's driver did not start.", "Run scrubjayd devices to see what the driver says."},
	DeviceUnsupported: {"The device does not decode this kind of video.", ""},
	DeviceWrong:       {"The device decodes to a wrong picture: green, garbage or false colours.", "Update the graphics driver."},

	MemoryFull: {"The machine ran out of memory.", "Run fewer videos at once."},

	PreviewFresh:   {"The preview is there already, sound and up to date.", "Use --force to make it again."},
	PreviewUnsound: {"The pictures that came out are not a sound preview.", "Play the video to see whether its picture is whole."},
	PreviewDamaged: {"The preview file is damaged, or is not a BIF at all.", "Make it again from its video."},
	PreviewTooLarge: {
		"The preview would pass 4 GiB, the most that a BIF can hold.",
		"Choose a longer interval, a smaller width or a higher quality number.",
	},
	TargetReadOnly: {"The target folder cannot be written by this user.", "Give this user the right to write there, or choose another place with --out."},
	TargetMissing:  {"The target folder is not there.", "Create it, or choose another place with --out."},
	TargetExists:   {"The target is a folder where a file should be, or the other way round.", "Choose another place with --out."},
	TargetForeign:  {"There is a file at the target that is not a preview; it was left alone.", "Choose another place with --out, or remove that file."},
	TargetClash:    {"Another video of this run has its preview at the same place.", "Rename one of the two, or run them one by one with --out."},
	TargetName:     {"The disk does not take the name of the preview; it is too long or has a character that is not allowed there.", "Rename the video, or choose another place with --out."},
	DiskFull:       {"The disk is full.", "Free some space, then run again."},

	Cancelled: {"It was cancelled.", ""},
}
