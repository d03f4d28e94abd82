package logs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrubjay/scrubjay/internal/host/logs"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// everywhere logs a text in every way in which one gets into a line, and returns all that came out.
func everywhere(t testing.TB, text string) string {
	t.Helper()
	var all strings.Builder
	for _, format := range []logs.Format{logs.Pretty, logs.JSON} {
		var stderr bytes.Buffer
		file := filepath.Join(t.TempDir(), "scrubjay.log")
		l, err := logs.Open(logs.Options{Level: "debug", Format: format, Stderr: &stderr, Color: true, File: file})
		if err != nil {
			t.Fatal(err)
		}
		log := l.Logger("plex")
		log.Info().Msg(text)
		log.Info().Str("line", "said "+text+" and more").Str(text, "as a name").Msg("")
		log.Warn().Err(fmt.Errorf("get %q: %w", "http://host/?t="+url.QueryEscape(text)+"&u="+url.PathEscape(text), errors.New(text))).Msg("")
		log.Debug().Strs("args", []string{"-i", text}).Any("any", map[string]any{text: []string{text}}).Bytes("bytes", []byte(text)).Msg("")
		asJSON, err := json.Marshal(map[string]string{"token": text})
		if err != nil {
			t.Fatal(err)
		}
		log.Debug().RawJSON("raw", asJSON).Str("quoted", string(asJSON)).Msg("")
		log.Error().Str("stack", "goroutine 1\n"+text+"\n"+text).Msg("")
		fmt.Fprintf(log, "by the standard library: %s", text)
		if _, err := l.Write([]byte("no JSON: " + text)); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		onDisk, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(stderr.Bytes())
		all.Write(onDisk)
		for _, line := range l.Ring().Lines(0) {
			fmt.Fprintf(&all, "%+v\n%s\n", line, line)
			for _, f := range line.Fields {
				fmt.Fprintf(&all, "%s\n%s\n", f.Name, f.Value)
			}
		}
		if format != logs.JSON {
			continue
		}
		for line := range bytes.Lines(onDisk) { // what a reader of the JSON gets to see
			var got any
			if err := json.Unmarshal(line, &got); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			fmt.Fprintf(&all, "%v\n", got)
		}
	}
	return all.String()
}

func TestASecretIsNowhere(t *testing.T) {
	for _, value := range []string{
		"xXplainToken_-1234",
		"with\"quote<and>&amp",
		`back\slash\n`,
		"schlüssel mit ü",
		"line\u2028separator\x01",
		"90210424242", // as a number
		"bytes\xff\xfeno text",
	} {
		secret.New(value)
		if got := everywhere(t, value); strings.Contains(got, value) {
			t.Errorf("%q is in\n%s", value, got)
		}
	}
	var stderr bytes.Buffer
	log := open(t, logs.Options{Stderr: &stderr, Format: logs.JSON}).Logger("x")
	log.Info().Int64("frames", 90210424242).Int("pictures", 12).Msg("a number")
	if !json.Valid(stderr.Bytes()) || strings.Contains(stderr.String(), "90210424242") || !strings.Contains(stderr.String(), `"pictures":12`) {
		t.Errorf("it logs %s", stderr.String())
	}
}

func TestALongTextIsCutAfterItWasMasked(t *testing.T) {
	value := secret.New("long-token-0123456789").Reveal()
	l := open(t, logs.Options{})
	log := l.Logger("x")
	const longest = 16 << 10
	for split := range len(value) { // the cut falls into the secret
		log.Info().Str("answer", strings.Repeat("x", longest-split)+value+strings.Repeat("y", 1<<20)).Msg("long")
	}
	for _, line := range l.Ring().Lines(0) {
		if text := line.String(); len(text) > longest+200 || strings.Contains(text, "long-t") {
			t.Errorf("%d bytes, the end is %q", len(text), text[len(text)-60:])
		}
	}
}

func FuzzASecretNeverSurvives(f *testing.F) {
	for _, s := range []string{"a-token-1234", `"}{"a":`, "\\u0041bcdef", "\x1b[31mred", "tab\tand\nline", "ü\u2028\u2029&<>", "\xff\xff\xff\xff\xff\xff", "123456789", "1e1000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.TrimSpace(value)
		// What a line has anyway tells nobody anything, and neither do dots.
		if len(value) < 6 || len(value) > 200 || strings.Contains(value, "•") || strings.Contains(everywhere(t, "nothing"), value) {
			t.Skip()
		}
		secret.New(value)
		if got := everywhere(t, value); strings.Contains(got, value) {
			t.Errorf("%q is in\n%s", value, got)
		}
	})
}
