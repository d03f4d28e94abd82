package fakeplex_test

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
)

func TestBadDays(t *testing.T) {
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Many", Type: "movie", Synthetic: 30}); err != nil {
		t.Fatal(err)
	}
	list := func() (int, string, error) {
		resp, body, err := p.ask("GET", p.pms+"/library/sections/1/all?type=1", "X-Plex-Token", p.ServerToken())
		if err != nil {
			return 0, body, err
		}
		return resp.StatusCode, body, nil
	}
	const here = "GET /library/sections/*/all"

	p.Break(fakeplex.Fault{On: here, After: 1, Times: 2, Status: 503})
	for n, want := range []int{200, 503, 503, 200} {
		if got, body, err := list(); got != want || err != nil {
			t.Errorf("answer %d is %d, %v", n, got, err)
		} else if want == 503 && !strings.Contains(body, `title="Maintenance"`) {
			t.Error(body)
		}
	}
	p.Mend()

	p.Break(fakeplex.Fault{After: 1, Status: 401})
	p.owner("GET", "/activities")
	if got, _, err := list(); got != 401 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	p.Mend()

	mend := p.Break(fakeplex.Fault{On: here, Cut: 300})
	if _, body, err := list(); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 300 {
		t.Errorf("got %d bytes, %v", len(body), err)
	}
	mend()
	mend = p.Break(fakeplex.Fault{On: here, Drop: true})
	if got, _, err := list(); err == nil {
		t.Errorf("got %d", got)
	}
	mend()
	mend = p.Break(fakeplex.Fault{On: here, Short: 7, Total: 5})
	_, body, err := list()
	if err != nil || dig(t, body, "MediaContainer", "size") != 7.0 || dig(t, body, "MediaContainer", "totalSize") != 35.0 {
		t.Error(err, body[:200])
	}
	mend()
	mend = p.Break(fakeplex.Fault{On: "/identity", Identity: "somebody-else"})
	if got := p.get("/identity", "MediaContainer", "machineIdentifier"); got != "somebody-else" {
		t.Errorf("it is %v", got)
	}
	mend()
	mend = p.Break(fakeplex.Fault{On: "/", Body: "<html>Welcome to the router</html>"})
	if got := p.owner("GET", "/"); got != "<html>Welcome to the router</html>" {
		t.Error(got)
	}
	mend()
	if got, _, err := list(); got != 200 || err != nil {
		t.Errorf("it is not over: %d, %v", got, err)
	}
}

func TestABadDayEndsByTheClock(t *testing.T) {
	now := time.Unix(1000, 0)
	p := start(t, fakeplex.Options{Now: func() time.Time { return now }})
	p.Break(fakeplex.Fault{For: time.Minute, Status: 503})
	if resp, _, err := p.ask("GET", p.pms+"/identity"); err != nil || resp.StatusCode != 503 {
		t.Error(resp, err)
	}
	now = now.Add(61 * time.Second)
	p.owner("GET", "/identity")
}

func TestSlowAnswersEndWithTheServer(t *testing.T) {
	f, err := fakeplex.New(fakeplex.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, pms, err := f.Start()
	if err != nil {
		t.Fatal(err)
	}
	p := &fake{Fake: f, t: t}
	f.Break(fakeplex.Fault{Slow: time.Hour})
	done := make(chan error)
	go func() {
		_, _, err := p.ask("GET", pms+"/identity")
		done <- err
	}()
	for f.Count("/identity") == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("it answered")
	}
}

func TestTheLogSaysWhatWasAsked(t *testing.T) {
	p := start(t, fakeplex.Options{})
	p.owner("GET", "/library/sections")
	if got := p.Leaks(); len(got) != 0 {
		t.Error(got)
	}
	got := p.Requests()
	if len(got) != 1 || got[0].Token != fakeplex.ServerToken || got[0].Client != "test-client" || got[0].Path != "/library/sections" || got[0].Status != 200 {
		t.Errorf("got %+v", got)
	}
	for _, url := range []string{
		p.pms + "/library/sections?X-Plex-Token=" + p.ServerToken(),
		p.pms + "/library/" + p.AccountToken(),
		p.pms + "/?next=" + strings.Replace(p.ServerToken(), "s", "%73", 1),
		p.tv + "/api/v2/ping?token=" + p.SharedToken(),
	} {
		p.ForgetRequests()
		if _, _, err := p.ask("GET", url); err != nil {
			t.Fatal(err)
		}
		if got := p.Leaks(); len(got) != 1 || strings.Contains(got[0], p.ServerToken()) {
			t.Errorf("%q", got)
		}
	}
	p.ForgetRequests()
	if _, _, err := p.ask("GET", p.tv+"/api/v2/user", "X-Plex-Token", p.ServerToken()); err != nil || len(p.Leaks()) != 1 {
		t.Error("a server's token at plex.tv", err)
	}
}

// A library of 100,000 costs the stand-in so little that a client's own time is what is measured: one page is made at a
// time.
func TestAHundredThousandArePagesOnly(t *testing.T) {
	p := start(t, fakeplex.Options{})
	if _, err := p.AddLibrary(fakeplex.Library{Title: "Many", Type: "show", Synthetic: 100_000, Shown: 100_000}); err != nil {
		t.Fatal(err)
	}
	for start := 99_500; start > 0; start -= 25_000 {
		body := p.owner("GET", "/library/sections/1/all?type=4&sort=addedAt:desc", "X-Plex-Container-Start", strconv.Itoa(start), "X-Plex-Container-Size", "1000")
		if got, want := strings.Count(body, `"indexes":"sd"`), min(1000, 100_000-start); got != want {
			t.Errorf("%d shown, want %d", got, want)
		}
		if want := fmt.Sprintf("Episode %06d", 100_000-start); dig(t, body, "MediaContainer", "Metadata", 0, "title") != want {
			t.Errorf("the page from %d does not begin with %s", start, want)
		}
	}
}
