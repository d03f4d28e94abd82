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
	TargetOutside   Reason = "target.outside"
	TargetInUse     Reason = "target.in-use"
	DiskFull        Reason = "target.disk-full"

	// Plex's account.
	AccountSignedOut Reason = "account.signed-out" // plex.tv refuses the token
	AccountExpired   Reason = "account.pin-expired"
	AccountBusy      Reason = "account.busy" // plex.tv asks us to slow down
	AccountAway      Reason = "account.away" // plex.tv does not answer: says nothing about the token
	AccountNoServer  Reason = "account.no-server"

	// The Plex server.
	PlexAway        Reason = "plex.away" // does not answer at any of its addresses
	PlexName        Reason = "plex.name" // its name is not known to the network
	PlexRefused     Reason = "plex.refused"
	PlexTLS         Reason = "plex.certificate"
	PlexNotPlex     Reason = "plex.not-plex"
	PlexAddress     Reason = "plex.address"      // what was entered is no address
	PlexIdentity    Reason = "plex.other-server" // another server answers at the address
	PlexToken       Reason = "plex.token"
	PlexNotOwner    Reason = "plex.not-owner"
	PlexBusy        Reason = "plex.busy"
	PlexFailed      Reason = "plex.failed"
	PlexIncomplete  Reason = "plex.incomplete" // it listed fewer videos than it said it has
	PlexNoLibrary   Reason = "plex.no-library"
	PlexNotYet      Reason = "plex.not-yet" // it does not know the file yet
	PlexNotShown    Reason = "plex.not-shown"
	PlexDataMissing Reason = "plex.data-missing"
	PlexDataForeign Reason = "plex.data-of-another"
	PlexDataDenied  Reason = "plex.data-denied" // it is there, and this user may not look into it
	PlexNoFile      Reason = "plex.no-file"     // a part without a file: an online source

	// Where the videos are.
	MountMissing  Reason = "mount.missing"
	MountEmpty    Reason = "mount.empty"
	PathUnmapped  Reason = "path.not-mapped"
	PathOutside   Reason = "path.outside" // no library of Plex holds it
	NothingChosen Reason = "nothing-chosen"

	// Scrubjay itself.
	EngineNoDevice   Reason = "engine.no-device" // no device with a slot can take it
	EngineResting    Reason = "engine.resting"
	EnginePanic      Reason = "engine.internal"
	ConfigDamaged    Reason = "config.damaged"
	ConfigInvalid    Reason = "config.invalid" // it can be read, and says something that cannot be
	ConfigNewer      Reason = "config.newer"
	ConfigReadOnly   Reason = "config.read-only"
	StoreDamaged     Reason = "store.damaged"
	StoreNewer       Reason = "store.newer"
	StoreLocked      Reason = "store.locked"
	StoreReadOnly    Reason = "store.read-only"
	StoreFailed      Reason = "store.failed" // an error of the disk, or a mistake of ours
	NoJob            Reason = "job.unknown"
	SecretsLocked    Reason = "secrets.locked"
	SecretsReadOnly  Reason = "secrets.read-only"
	SecretsDamaged   Reason = "secrets.damaged" // the file with them cannot be read, or is not what we wrote
	AnotherIsRunning Reason = "another-is-running"
	NotSignedIn      Reason = "not-signed-in"

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
	TargetReadOnly: {"The target folder cannot be written by this user.", "Give this user the right to write there; generate can write elsewhere with --out."},
	TargetMissing:  {"The target folder is not there.", "Create it, or choose another place with --out."},
	TargetExists:   {"The target is a folder where a file should be, or the other way round.", "Choose another place with --out."},
	TargetForeign:  {"There is a file at the target that is not a preview; it was left alone.", "Choose another place with --out, or remove that file."},
	TargetClash:    {"Another video of this run has its preview at the same place.", "Rename one of the two, or run them one by one with --out."},
	TargetName:     {"The disk does not take the name of the preview; it is too long or has a character that is not allowed there.", "Rename the video, or choose another place with --out."},
	TargetOutside:  {"A link in the target folder leads out of it; nothing was written there.", "Remove the link, or replace it by the folder itself."},
	TargetInUse:    {"Another program has the old preview open, and it could not be replaced.", "Run again when nobody watches the video."},
	DiskFull:       {"The disk is full.", "Free some space, then run again."},

	AccountSignedOut: {"plex.tv does not accept the sign-in any more.", "Sign in again with scrubjayd login."},
	AccountExpired:   {"The code for signing in ran out before it was used.", "Run scrubjayd login again and open the address within its time."},
	AccountBusy:      {"plex.tv asks for a pause.", "Wait a few minutes, then try again."},
	AccountAway:      {"plex.tv does not answer.", "Check the connection to the internet; the sign-in is kept."},
	AccountNoServer:  {"This Plex account has no server.", "Sign in with the account that owns the server."},

	PlexAway:        {"The Plex server does not answer.", "Check that it runs and that this machine can reach it."},
	PlexName:        {"The name of the Plex server is not known to this network.", "Check the address; in a container, use the machine's address instead of its name."},
	PlexRefused:     {"There is no Plex server at this address.", "Check address and port (usually 32400), and that Plex runs; inside a container, localhost is the container itself."},
	PlexTLS:         {"The certificate of the Plex server cannot be trusted.", "Use the address that plex.tv lists for the server, or pin its certificate in the settings."},
	PlexNotPlex:     {"Something other than a Plex server answers at this address.", "Check address and port (usually 32400)."},
	PlexAddress:     {"This is not the address of a Plex server.", "Give it like http://192.168.1.10:32400."},
	PlexIdentity:    {"Another Plex server answers at the address of this one; the token was not sent to it.", "Check the address, or sign in again."},
	PlexToken:       {"The Plex server does not accept the token.", "Sign in again with scrubjayd login."},
	PlexNotOwner:    {"This Plex server belongs to somebody else, and only its owner may have it show previews.", "Sign in as the owner of the server."},
	PlexBusy:        {"The Plex server is starting or busy with its database.", "Nothing needs to be done; it is asked again."},
	PlexFailed:      {"The Plex server answered with an error.", "Look into Plex's own log; it is asked again with the next scan."},
	PlexIncomplete:  {"Plex listed fewer videos than it said it has.", "Scan again; what was listed was worked on."},
	PlexNoLibrary:   {"Plex has no such library of films or shows.", "See scrubjayd libraries for those it has."},
	PlexNotYet:      {"Plex does not know the file yet; it was asked to look.", "Nothing needs to be done; it is tried again later."},
	PlexNotShown:    {"The preview is in place, but Plex does not show it yet.", "Nothing needs to be done; Plex is asked again with the next scan."},
	PlexDataMissing: {"Plex's data folder is not there, or is not a Plex data folder.", "Name the folder called \"Plex Media Server\" with SCRUBJAY_PLEX_DATA_DIR or in the settings."},
	PlexDataDenied:  {"Plex's data folder cannot be opened by this user.", "Run Scrubjay as the user that Plex runs as, or give this user the right to read and write there."},
	PlexDataForeign: {"The data folder belongs to another Plex server; nothing was written.", "Name the data folder of this server."},
	PlexNoFile:      {"Plex lists no file for it.", ""},

	MountMissing:  {"The folder that holds the videos is not there.", "Mount the drive or share, or map its path in the settings."},
	MountEmpty:    {"The folder that holds the videos is empty, as when a drive or share is not mounted.", "Mount the drive or share, then scan again."},
	PathOutside:   {"No library of Plex holds this path.", "Check its spelling, or add its folder to a library in Plex."},
	PathUnmapped:  {"Plex's path to the video does not exist on this machine.", "Map it in the settings or with SCRUBJAY_PATH_MAP."},
	NothingChosen: {"Nothing was chosen.", "Name a library, a folder or a file."},

	EngineNoDevice:   {"None of the devices that may be used can decode this video.", "Give the CPU a slot, or update the graphics driver."},
	EngineResting:    {"It failed three times and rests until its file changes.", "Look at the reason, then try again with scrubjayd retry."},
	EnginePanic:      {"Scrubjay made a mistake.", "Please report it with the log."},
	ConfigDamaged:    {"The settings file cannot be read.", "Repair it, or delete it to begin with the defaults; scrubjayd config show names the line."},
	ConfigInvalid:    {"A setting has a value that it cannot have, or a name that Scrubjay does not know.", "Correct it; scrubjayd config show names the setting and where it is."},
	ConfigNewer:      {"The settings were written by a newer Scrubjay.", "Update Scrubjay."},
	ConfigReadOnly:   {"The settings cannot be saved.", "Give this user the right to write to the settings folder."},
	StoreDamaged:     {"The queue's database is damaged.", "It is kept aside and made anew from the library."},
	StoreNewer:       {"The queue's database was written by a newer Scrubjay.", "Update Scrubjay."},
	StoreLocked:      {"The queue's database is in use by another program.", "End the other program, then try again."},
	StoreReadOnly:    {"The queue's database cannot be written.", "Give this user the right to write to the data folder."},
	StoreFailed:      {"The queue's database gave an error.", "Look into the log, and check the disk that holds the data folder."},
	NoJob:            {"There is no such job.", "See scrubjayd jobs for those that there are."},
	SecretsLocked:    {"The keyring is locked.", "Unlock it, then try again."},
	SecretsReadOnly:  {"The token cannot be kept.", "Give this user the right to write to the data folder."},
	SecretsDamaged:   {"The file with the tokens cannot be read.", "Give this user the right to read it, or sign in again with scrubjayd login."},
	AnotherIsRunning: {"Another Scrubjay works with these settings already.", "Use that one, or end it first."},
	NotSignedIn:      {"No Plex server is set up.", "Sign in with scrubjayd login, or set SCRUBJAY_PLEX_URL and SCRUBJAY_PLEX_TOKEN."},

	Cancelled: {"It was cancelled.", ""},
}
