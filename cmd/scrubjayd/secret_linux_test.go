package main

import (
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
)

// Whatever goes wrong, and with all logging on, the tokens are in the secret store and nowhere else: not on the disk, not
// in what scrubjayd says, not in what other processes show of themselves, not in an address.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	s := newSecrets(t)
	s.duringLogin()
	s.mustBeHidden("after signing in")

	for _, args := range [][]string{
		{"servers"},
		{"servers", "--json"},
		{"libraries"},
		{"libraries", "--json"},
		{"config", "show", "--origin"},
		{"config", "show", "--origin", "--json"},
		{"scan", "--dry-run"},
		{"doctor"},
	} {
		s.say(args...)
	}
	s.onBadDays()
	s.mustBeHidden("after Plex's bad days")

	s.whenFFmpegTellsAll()
	s.mustBeHidden("after FFmpeg told all that it knows")

	s.whenItCrashes()
	s.mustBeHidden("after a crash")

	if e := s.say("scan", "--json", "--regenerate"); e.status != 0 {
		t.Errorf("in the end, a scan ends with %d\n%s", e.status, tail(e.stderr))
	}
	if e := s.say("logout"); e.status != 0 {
		t.Errorf("logout ends with %d\n%s", e.status, tail(e.stderr))
	}
	s.mustBeHidden("after signing out")
	if text, err := os.ReadFile(s.store()); err == nil && s.tokenIn(string(text)) != "" {
		t.Error("the secret store has a token after signing out")
	}
}

// A token that comes by the environment is for scrubjayd and not for what it starts, and it is kept nowhere.
func TestTokenOfTheEnvironmentStaysThere(t *testing.T) {
	t.Parallel()
	for _, variable := range []string{"SCRUBJAY_PLEX_TOKEN", "SCRUBJAY_PLEX_TOKEN_FILE"} {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			s := newSecrets(t)
			value := s.fake.ServerToken()
			if strings.HasSuffix(variable, "_FILE") {
				value = filepath.Join(t.TempDir(), "token") // outside of what is searched
				s.write(value, s.fake.ServerToken()+"\n")
			}
			s.env = append(s.env, "SCRUBJAY_PLEX_URL="+s.pms, variable+"="+value)
			s.tellAll("")
			if e := s.say("scan", "--json"); e.status != 0 {
				t.Errorf("the scan ends with %d\n%s", e.status, tail(e.stderr))
			}
			s.say("config", "show", "--origin")
			s.say("libraries", "--json")
			s.mustBeHidden("after all")
			if exists(s.store()) {
				t.Error("there is a secret store, although nobody signed in")
			}
			if text := s.read(s.tool("environments")); !strings.Contains(text, "\nSCRUBJAY_PLEX_URL=") || strings.Contains(text, "\n"+variable) {
				t.Error("FFmpeg's environment is not ours without the token")
			}
			s.whole()
		})
	}
}

// secrets is a world with tokens to be found.
type secrets struct {
	*world
	tokens []string
	said   []string // by scrubjayd
}

func newSecrets(t *testing.T) *secrets {
	w := newWorld(t, library.Spec{Films: 1, Episodes: 1}, fakeplex.Options{})
	w.env = append(w.env, "SCRUBJAY_LOG_LEVEL=debug", "GOTRACEBACK=all", "HOME="+filepath.Join(w.dir, "home"))
	s := &secrets{world: w, tokens: []string{w.fake.AccountToken(), w.fake.ServerToken(), w.fake.SharedToken()}}
	s.spy()
	return s
}

// say runs scrubjayd with all logging, and keeps what it says.
func (s *secrets) say(args ...string) ending {
	s.Helper()
	return s.ended(s.start(append([]string{"--verbose"}, args...)...))
}

func (s *secrets) ended(l *living) ending {
	s.Helper()
	e := l.end()
	s.said = append(s.said, e.stdout, e.stderr)
	return e
}

func (s *secrets) read(path string) string {
	s.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

// store is the file with the tokens.
func (s *secrets) store() string { return filepath.Join(s.dir, "settings", "data", "secrets.json") }

// tokenIn returns the piece of a token that a text has, plain or encoded; empty when it has none. A piece of twelve
// characters is too much: who cuts a text may cut a token in two, so that nobody knows it for one.
func (s *secrets) tokenIn(text string) string {
	const piece = 12
	for _, token := range s.tokens {
		for at := 0; at+piece <= len(token); at++ {
			if part := token[at : at+piece]; strings.Contains(text, part) {
				return part
			}
		}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			if code := strings.TrimRight(encoding.EncodeToString([]byte(token)), "="); strings.Contains(text, code) {
				return code
			}
		}
	}
	return ""
}

// spy looks all the time at what the system shows of scrubjayd and of what it started.
func (s *secrets) spy() {
	s.Helper()
	self, err := os.Executable()
	if err != nil {
		s.Fatal(err)
	}
	seen := map[string]bool{}
	look := func() {
		for _, p := range processes(s.dir) {
			program, _, _ := strings.Cut(p.command, "\x00")
			seen[program] = true
			shows := p.command
			if program != self { // scrubjayd was given what is in its environment
				shows += p.environment
			}
			if s.tokenIn(shows) != "" {
				s.Errorf("a process shows a token: %s", strings.ReplaceAll(p.command, "\x00", " "))
			}
		}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				look()
			}
		}
	})
	s.Cleanup(func() {
		close(done)
		wg.Wait()
		if len(seen) < 2 {
			s.Errorf("only these processes were ever seen: %v", seen)
		}
	})
}

// mustBeHidden checks all that was written or said so far.
func (s *secrets) mustBeHidden(when string) {
	s.Helper()
	files := 0
	for path := range s.files(s.dir) {
		files++
		if path == s.store() {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				s.Errorf("%s, the secret store has mode %v (%v)", when, info.Mode(), err)
			}
			continue
		}
		if text := s.read(path); s.tokenIn(text) != "" {
			at := strings.Index(text, s.tokenIn(text))
			s.Errorf("%s, %s has a token: ...%q...", when, path, text[max(0, at-300):min(len(text), at+60)])
		}
	}
	if files < 5 {
		s.Errorf("%s, only %d files were looked at", when, files)
	}
	for _, text := range s.said {
		if s.tokenIn(text) != "" {
			at := strings.Index(text, s.tokenIn(text))
			s.Errorf("%s, scrubjayd has said a token: ...%q...", when, text[max(0, at-300):min(len(text), at+60)])
		}
	}
	if leaks := s.fake.Leaks(); len(leaks) > 0 {
		s.Errorf("%s: %s", when, strings.Join(slices.Compact(leaks), "\n"))
	}
}

// quoting is a text that quotes a token, as servers do that tell what they were sent; so often that it has to be cut
// somewhere.
func quoting(before, token, after string) string {
	return before + strings.Repeat(token+" ", 100) + after
}

// duringLogin signs in while plex.tv has a bad day, and then while it has a good one.
func (s *secrets) duringLogin() {
	s.Helper()
	token := s.fake.AccountToken()
	for _, bad := range []fakeplex.Fault{
		{On: "POST /api/v2/pins", Status: http.StatusInternalServerError},
		{On: "GET /api/v2/pins/*", Cut: 450},
		{On: "GET /api/v2/user", Status: http.StatusUnauthorized, Body: quoting(`{"errors":[{"code":1001,"message":"bad token `, token, `"}]}`)},
		{On: "GET /api/v2/user", Body: quoting(`{"id":"`, token, `"}`)},
		{On: "GET /api/v2/resources", Status: http.StatusBadGateway, Body: quoting("<html>", token, "</html>")},
		{On: "GET /api/v2/resources", Body: quoting(`[{"name":"Attic","provides":"server","connections":[{"uri":"http://127.0.0.1:1/?X-Plex-Token=`, token, `"}]}]`)},
	} {
		bad.TV, bad.Times = true, 1
		mend := s.fake.Break(bad)
		s.say("login", "--no-browser")
		mend()
	}
	if e := s.say("login", "--no-browser"); e.status != 0 {
		s.Fatalf("login ends with %d\n%s", e.status, tail(e.stderr))
	}
	if text := s.read(s.store()); !strings.Contains(text, s.tokens[0]) || !strings.Contains(text, s.tokens[1]) {
		s.Error("the secret store lacks a token")
	}
}

// onBadDays has the server quote the token in whatever it answers, or cut it off: while it lists, and while it shows.
func (s *secrets) onBadDays() {
	s.Helper()
	token := s.fake.ServerToken()
	for n, requests := range [][]string{
		{"GET /library/metadata/*", "PUT /library/metadata/*/analyze"},
		{"GET /library/sections", "GET /library/sections/*/all"},
	} {
		faults := []fakeplex.Fault{
			{Status: http.StatusUnauthorized, Body: quoting("<html><body>401 Unauthorized: X-Plex-Token=", token, "</body></html>")},
			{Status: http.StatusInternalServerError, Body: quoting("stack trace of ", token, "")},
			{Status: http.StatusBadRequest, Body: quoting(`<?xml version="1.0"?><Response code="1000" status="`, token, `"/>`)},
			{Body: quoting(`{"MediaContainer":{"size":"`, token, `"}}`)},
			{Body: quoting(`<MediaContainer `, token, `/>`)},
			{Cut: 30},
		}
		if n == 0 { // what is not shown is asked for again, in some seconds
			faults = faults[:3]
		}
		for _, bad := range faults {
			s.deletePreviews()
			before := 0
			for _, on := range requests {
				bad.On, bad.Times = on, 1
				before += s.fake.Count(on)
				s.fake.Break(bad)
			}
			s.say("scan", "--json")
			for _, on := range requests {
				before -= s.fake.Count(on)
			}
			if before == 0 {
				s.Errorf("%v never came", requests)
			}
			s.fake.Mend()
		}
	}
}

// deletePreviews deletes all, so that there is something to be shown.
func (s *secrets) deletePreviews() {
	s.Helper()
	for _, library := range []string{"1", "2"} {
		r, err := http.NewRequestWithContext(s.Context(), http.MethodDelete, s.pms+"/library/sections/"+library+"/indexes", http.NoBody)
		if err != nil {
			s.Fatal(err)
		}
		r.Header.Set("X-Plex-Token", s.fake.ServerToken())
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			s.Fatal(err)
		}
		answer.Body.Close()
	}
	if n := len(s.shown()); n > 0 {
		s.Errorf("%d previews are still shown", n)
	}
}

// tellAll has what plays ffprobe write down what it knows, and for videos of a name print that, with all tokens that it
// can lay its hands on, and fail.
func (s *secrets) tellAll(name string) {
	s.write(s.tool("poison"), strings.NewReplacer("DIR", s.tool(""), "STORE", s.store(), "NAME", name).Replace(`
{ env; tr '\0' '\n' </proc/$PPID/cmdline; } >>'DIR/environments'
case $last in *NAME)
	if [ -n 'NAME' ]; then
		{ env; cat 'STORE'; echo "http://plex:32400/?X-Plex-Token=$(tr -d ' \n' <'STORE')"; } >&2
		exit 1
	fi
esac
`))
}

// whenFFmpegTellsAll has FFmpeg fail and quote all that it can find out.
func (s *secrets) whenFFmpegTellsAll() {
	s.Helper()
	s.tellAll("S01E01.mkv")
	for _, args := range [][]string{
		{"scan", "--json", "--regenerate"},
		{"retry", "--json"},
		{"retry", "--failed"},
		{"scan", "--regenerate"},
		{"scan", "--regenerate"},
		{"jobs"},
		{"jobs", "--json"},
		{"attention"},
		{"attention", "--json"},
	} {
		s.say(args...)
	}
	if !strings.Contains(s.said[len(s.said)-2], "S01E01.mkv") {
		s.Error("the video that FFmpeg failed with does not rest")
	}
	if log := s.read(filepath.Join(s.dir, "settings", "state", "scrubjay.log")); !strings.Contains(log, "X-Plex-Token=") {
		s.Error("the log has nothing of what FFmpeg told")
	}
	os.Remove(s.tool("poison"))
	s.say("retry", "--failed")
}

// whenItCrashes has scrubjayd print all its goroutines and end, as it does in a panic.
func (s *secrets) whenItCrashes() {
	s.Helper()
	release := s.hold()
	l := s.start("--verbose", "scan", "--json", "--regenerate")
	s.held()
	if err := l.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		s.Fatal(err)
	}
	if e := s.ended(l); !strings.Contains(e.stderr, "goroutine ") {
		s.Errorf("there is no crash to look at:\n%s", tail(e.stderr))
	}
	release()
}
