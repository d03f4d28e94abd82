package ffmpeg

import "github.com/scrubjay/scrubjay/internal/preview"

func reasonIn(stderr []byte) (preview.Reason, bool) { return "", false }
