package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
	"github.com/scrubjay/scrubjay/internal/video/render"
)

// What others say may quote a token: FFmpeg an address, a server what it was sent.
func TestNoTokenIsPrinted(t *testing.T) {
	token := secret.New("zbTokenOfTheOwner77").Reveal()
	w := newWorld(t)
	w.renderer.do = func(_ context.Context, r render.Request) (render.Result, error) {
		err := preview.Because(preview.FFmpegFailed, "ffmpeg: http://plex/file?X-Plex-Token=%s: 404", token)
		return render.Result{Attempts: []render.Attempt{{Recipe: "select", Device: r.Device, Err: err}}}, err
	}
	if got := w.run(t, "generate", "--verbose", "--json", "--device", "cpu", w.file(t, "film.mkv")); got != exitSomeFailed {
		t.Errorf("exit status %d", got)
	}
	want(t, "stderr", w.err.String(), "X-Plex-Token=•••")
	want(t, "stdout", w.out.String(), "X-Plex-Token=•••")
	a := &app{Env: w.Env, stderr: newScreen(w.Env.Stderr, w.Screen)}
	a.end(t.Context(), nil, errors.New("ask http://plex/?X-Plex-Token="+token+": refused"))
	a.end(t.Context(), nil, usage("--server: there is no %q", token))
	s := newScanned(t)
	_ = s.happens(t.Context(), nil, job(preview.JobFailed, preview.PlexToken, "GET /?X-Plex-Token="+token)) // that it fails is another test
	for _, printed := range []string{w.err.String(), w.out.String(), s.err.String(), s.out.String()} {
		if strings.Contains(printed, token) {
			t.Errorf("it prints the token: %s", printed)
		}
	}
}
