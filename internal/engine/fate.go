package engine

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// fate is what becomes of a task that could not be done.
type fate int

const (
	strike  fate = iota // the video's fault: three of these, and it rests
	giveUp              // it failed, and the file is not to blame
	another             // another device may do better
	putOff              // another time may do better
	stopAll             // none of its job can be done
)

// fateOf says what becomes of a task after a reason.
func fateOf(r preview.Reason) fate {
	switch {
	case stopsJob(r):
		return stopAll
	case r == preview.VideoMissing, r == preview.VideoChanged, r == preview.MemoryFull, away(r):
		return putOff
	case r == preview.PathUnmapped, r == preview.PlexNoFile, r == preview.PlexNotYet:
		return giveUp
	case devices(r), onlySome(r):
		return another
	}
	return strike
}

// stopsJob reports whether a reason holds for every video of a job.
func stopsJob(r preview.Reason) bool {
	return slices.Contains([]preview.Reason{
		preview.TargetReadOnly, preview.DiskFull, preview.TargetMissing,
		preview.PlexDataMissing, preview.PlexDataForeign, preview.PlexDataDenied,
		preview.PlexToken, preview.PlexNotOwner, preview.PlexIdentity, preview.PlexNoLibrary,
		preview.AccountSignedOut, preview.NotSignedIn,
		preview.MountMissing, preview.MountEmpty, preview.NothingChosen,
		preview.FFmpegMissing, preview.FFmpegTooOld,
	}, r)
}

// away reports whether a server does not answer now, and may later.
func away(r preview.Reason) bool {
	return slices.Contains([]preview.Reason{
		preview.PlexAway, preview.PlexBusy, preview.PlexName, preview.PlexRefused, preview.PlexTLS, preview.PlexNotPlex,
	}, r)
}

// devices reports whether a reason may be the device's and not the video's.
func devices(r preview.Reason) bool {
	return strings.HasPrefix(string(r), "device.") || slices.Contains([]preview.Reason{
		preview.FFmpegStalled, preview.FFmpegKilled, preview.FFmpegFailed, preview.FFmpegGarbage, preview.FFmpegNoPicture,
		preview.PreviewUnsound,
	}, r)
}

// onlySome reports whether a reason says that only some devices can do a video, the CPU not being among the best.
func onlySome(r preview.Reason) bool {
	return r == preview.DeviceUnsupported || r == preview.VideoDolby5
}

// tires reports whether a reason says that something is wrong with the device itself. A device that does not decode a
// kind of video is fine.
func tires(r preview.Reason) bool {
	return slices.Contains([]preview.Reason{
		preview.DeviceBusy, preview.DeviceMemory, preview.DeviceLost, preview.DeviceDriver, preview.DevicePermission,
		preview.DeviceWrong, preview.FFmpegStalled,
	}, r)
}

// laters is how long a task is put off, by how often it was.
var laters = [...]time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

// dueAfter returns when a task that was put off comes up again: at a whole second, for a store may round.
func dueAfter(now time.Time, wait time.Duration) time.Time {
	return now.Add(wait + time.Second - 1).Truncate(time.Second)
}

// detailLimit bounds what is kept of an error.
const detailLimit = 600

// detailOf is what is kept of an error beside its reason.
func detailOf(err error) string {
	if err == nil {
		return ""
	}
	text := secret.Mask(err.Error())
	if f, ok := errors.AsType[*preview.Fault](err); ok && f.Err == nil {
		return ""
	}
	if len(text) > detailLimit {
		text = strings.ToValidUTF8(text[:detailLimit], "") + " ..."
	}
	return text
}
