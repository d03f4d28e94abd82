package cli

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/scrubjay/scrubjay/internal/library/plex/fakeplex"
	"github.com/scrubjay/scrubjay/internal/testkit/library"
)

// stage is the Plex of one script.
type stage struct {
	fake *fakeplex.Fake
	keys []string // of its libraries
}

type stageKey struct{}

// plexCommand is what scripts do with their Plex:
//
//	plex start [-damaged] [-never] [-shared]  begin one named Attic, with three films and two episodes of real video
//	                                          below media, and set the environment in which scrubjayd finds it
//	                                          (-damaged: a fourth film is broken; -never: nobody signs in, and codes
//	                                          run out after a second; -shared: the server is somebody else's)
//	plex away tv|server                       plex.tv, or the server, answers nothing any more
//	plex back                                 all is well again
//	plex revoke                               tokens that were handed out are void
//	plex rescan                               the server looks at its files
func plexCommand(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) == 0 {
			ts.Fatalf("usage: plex VERB ...")
		}
		s := ts.Value(stageKey{}).(*stage)
		switch args[0] {
		case "start":
			s.start(t, ts, args[1:])
		case "away":
			s.fake.Break(fakeplex.Fault{TV: args[1] == "tv", Drop: true})
		case "back":
			s.fake.Mend()
		case "revoke":
			s.fake.Revoke()
		case "rescan":
			for _, key := range s.keys {
				s.fake.Scan(key)
			}
		default:
			ts.Fatalf("plex knows no %q", args[0])
		}
	}
}

func (s *stage) start(t *testing.T, ts *testscript.TestScript, flags []string) {
	o := fakeplex.Options{DataDir: ts.MkAbs("plex"), AutoApprove: 1}
	content := library.Spec{Films: 3, Episodes: 2}
	for _, flag := range flags {
		switch flag {
		case "-damaged":
			content.Damaged = true
		case "-never":
			o.AutoApprove, o.PINLife = 0, time.Second
		case "-shared":
			o.Shared = true
		default:
			ts.Fatalf("plex start knows no %q", flag)
		}
	}
	library.Make(t, ts.MkAbs("media"), content)
	fake, err := fakeplex.New(o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(fake.Close()) }) // each of them: a script may begin another
	s.fake, s.keys = fake, nil
	for _, l := range []fakeplex.Library{
		{Title: "Films", Type: "movie", Folders: []fakeplex.Folder{{Path: ts.MkAbs(filepath.Join("media", library.Movies))}}},
		{Title: "Shows", Type: "show", Folders: []fakeplex.Folder{{Path: ts.MkAbs(filepath.Join("media", library.Shows))}}},
	} {
		key, err := s.fake.AddLibrary(l)
		ts.Check(err)
		s.keys = append(s.keys, key)
	}
	tv, pms, err := s.fake.Start()
	ts.Check(err)
	ts.Setenv("PMS", pms)
	ts.Setenv("TOKEN", s.fake.ServerToken())
	ts.Setenv("SCRUBJAY_CONFIG_DIR", ts.MkAbs("settings")) // and no keyring
	ts.Setenv("SCRUBJAY_PLEX_TV_URL", tv)
	ts.Setenv("SCRUBJAY_PLEX_DATA_DIR", ts.MkAbs("plex"))
	ts.Setenv("SCRUBJAY_INTERVAL", "1s")
	ts.Setenv("SCRUBJAY_GPU_SLOTS", "0") // the same everywhere
}
