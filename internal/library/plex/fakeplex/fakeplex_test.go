package fakeplex_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/library/plex/bundle"
	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/video/bif"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a stand-in that runs, and a client of few words.
type fake struct {
	*fakeplex.Fake
	t       *testing.T
	tv, pms string
	http    http.Client
}

func start(t *testing.T, o fakeplex.Options) *fake {
	t.Helper()
	f, err := fakeplex.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &fake{Fake: f, t: t}
	transport := &http.Transport{}
	p.http.Transport = transport
	if p.tv, p.pms, err = f.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// ask sends a request with the headers given in pairs, and returns the answer with its body read.
func (p *fake) ask(method, url string, headers ...string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), method, url, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Plex-Client-Identifier", "test-client")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// owner asks the server as its owner, and wants a 200.
func (p *fake) owner(method, path string, headers ...string) string {
	p.t.Helper()
	resp, body, err := p.ask(method, p.pms+path, append([]string{"X-Plex-Token", p.ServerToken()}, headers...)...)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s: %v %v %s", method, path, resp, err, body)
	}
	return body
}

// get asks as owner and returns what stands at a path of keys and indexes in the JSON.
func (p *fake) get(path string, at ...any) any {
	p.t.Helper()
	return dig(p.t, p.owner(http.MethodGet, path), at...)
}

func dig(t *testing.T, text string, at ...any) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, key := range at {
		switch key := key.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			list, _ := v.([]any)
			if key >= len(list) {
				return nil
			}
			v = list[key]
		}
	}
	return v
}

// write puts a file, with something in it that is its own.
func write(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat(name+" ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pictures are a sound BIF of n pictures, one every 10 s, the first of a given shade.
func pictures(t *testing.T, n int, shade uint8) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.bif")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := bif.NewWriter(f, 10*time.Second, n)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		img := image.NewGray(image.Rect(0, 0, 32, 18))
		for at := range img.Pix {
			img.Pix[at] = shade + uint8(i)*20 + uint8(at%7)
		}
		img.SetGray(i, 1, color.Gray{200})
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		if err := w.Add(b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// publish puts a preview where Plex looks for that of the video.
func publish(t *testing.T, dataDir, video string, text []byte) {
	t.Helper()
	hash, _, err := bundle.HashFile(t.Context(), video)
	if err != nil {
		t.Fatal(err)
	}
	rel, err := bundle.Path(hash)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dataDir, filepath.FromSlash(rel))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
