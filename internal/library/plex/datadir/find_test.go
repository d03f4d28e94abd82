package datadir_test

import (
	"context"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/library/plex/datadir"
	"github.com/scrubjay/scrubjay/internal/preview"
)

func paths(all []datadir.Candidate) []string {
	var got []string
	for _, c := range all {
		got = append(got, c.Path)
	}
	return got
}

func TestFindKnowsThePlaces(t *testing.T) {
	const usual = "/Library/Application Support/Plex Media Server"
	for _, dir := range []string{
		"/var/lib/plexmediaserver" + usual,
		"/var/lib/plex/Plex Media Server",
		"/var/snap/plexmediaserver/common" + usual,
		"/home/ann/.var/app/tv.plex.PlexMediaServer/config" + usual,
		"/volume3/PlexMediaServer/AppData/Plex Media Server",
		"/volume1/Plex" + usual,
		"/share/CACHEDEV2_DATA/.qpkg/PlexMediaServer/Library/Plex Media Server",
		"/usr/local/plexdata/Plex Media Server",
		"/mnt/user/appdata/Plex-Media-Server" + usual,
		"/mnt/user/appdata/binhex-plexpass/Plex Media Server",
		"/mnt/cache/appdata/hotio-plex",
		"/mnt/.ix-apps/app_mounts/plex/config" + usual,
		"/opt/plex/config" + usual,
		"/home/ann/docker/plex/config" + usual,
		"/plex" + usual,
		"/var/lib/docker/volumes/media_plex_config/_data" + usual,
	} {
		t.Run(dir, func(t *testing.T) {
			b := machine(t, "linux")
			b.Home = "/home/ann"
			b.plex(dir)
			all := b.Find(t.Context())
			if diff := cmp.Diff([]string{dir}, paths(all)); diff != "" {
				t.Error(diff)
			}
			if len(all) > 0 && (all[0].From == "" || all[0].Err != nil) {
				t.Errorf("got %+v", all[0])
			}
		})
	}
}

func TestFindBelievesWhatIsWritten(t *testing.T) {
	const name = "PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR"
	for _, c := range []struct{ file, text, want string }{
		{"/etc/default/plexmediaserver", "# moved\n#" + name + "=/old\nexport " + name + "=/data/my\\ plex\n", "/data/my plex"},
		{"/etc/default/plexmediaserver", name + "=\"/data/my plex\" # ours\n", "/data/my plex"},
		{"/etc/default/plexmediaserver", name + "=/first\n" + name + "='/data/my plex'\r\n", "/data/my plex"},
		{"/etc/systemd/system/plexmediaserver.service.d/override.conf", "[Service]\nEnvironment=\"" + name + "=/data/my plex\" \"OTHER=/x\"\n", "/data/my plex"},
		{"/etc/systemd/system/plexmediaserver.service.d/override.conf", "[Service]\nEnvironment=" + name + "=/data/plex OTHER=/x\n", "/data/plex"},
		{"/usr/lib/systemd/system/plexmediaserver.service", "[Service]\nEnvironment='" + name + "=/data/my plex'\n", "/data/my plex"},
	} {
		b := machine(t, "linux")
		b.put(c.file, c.text)
		b.plex("/var/lib/plexmediaserver/Library/Application Support/Plex Media Server")
		b.plex(c.want + "/Plex Media Server")
		want := []string{c.want + "/Plex Media Server", "/var/lib/plexmediaserver/Library/Application Support/Plex Media Server"}
		got := b.Find(t.Context())
		if diff := cmp.Diff(want, paths(got)); diff != "" {
			t.Error(c.text, diff)
		} else if got[0].From != "named in "+c.file {
			t.Errorf("from %s", got[0].From)
		}
	}

	b := machine(t, "linux")
	b.put("/etc/default/plexmediaserver", name+"=\"$HOME/x\"\n"+name+"=/*\n"+name+"=relative\n"+name+"=\n"+name)
	if got := b.Find(t.Context()); len(got) != 0 {
		t.Errorf("got %+v", got)
	}

	b = machine(t, "linux")
	b.put("/etc/config/qpkg.conf", "[Other]\nInstall_Path = /share/X\n[PlexMediaServer]\nName = Plex\nInstall_Path = /share/MD0_DATA/odd/Plex\n")
	b.plex("/share/MD0_DATA/odd/Plex/Library/Plex Media Server")
	if got := paths(b.Find(t.Context())); len(got) != 1 || got[0] != "/share/MD0_DATA/odd/Plex/Library/Plex Media Server" {
		t.Errorf("got %q", got)
	}
}

func TestFindOnWindows(t *testing.T) {
	b := machine(t, "windows")
	b.env["LOCALAPPDATA"] = `C:\Users\Ann\AppData\Local`
	b.env["SystemDrive"] = "C:"
	b.Registry = func() []datadir.Registry {
		return []datadir.Registry{
			{AppData: `C:\Users\Ann\AppData\Local`, Machine: "not this one"},
			{Moved: `D:\Plex Daten\`, Identity: identity, AppData: `C:\Users\Service\AppData\Local`},
			{},
		}
	}
	b.plex(`D:\Plex Daten\Plex Media Server`)
	b.plex(`C:\Users\Ben\AppData\Local\Plex Media Server`)
	got := b.Find(t.Context())
	want := []string{`D:\Plex Daten\Plex Media Server`, `C:\Users\Ben\AppData\Local\Plex Media Server`}
	if diff := cmp.Diff(want, paths(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[0].Identity != identity || got[1].Identity != "" {
		t.Errorf("the identities are %q and %q", got[0].Identity, got[1].Identity)
	}
	if d, err := b.Open(`D:\Plex Daten`); err != nil || d.Identity != identity {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestFindOnMacOS(t *testing.T) {
	b := machine(t, "darwin")
	b.Home = "/Users/ann"
	b.plex("/Users/ann/Library/Application Support/Plex Media Server")
	b.put("/Users/ann/Library/Preferences/com.plexapp.plexmediaserver.plist", string(plist("ProcessedMachineIdentifier", identity)))
	want := []datadir.Candidate{{
		Dir:  datadir.Dir{Path: "/Users/ann/Library/Application Support/Plex Media Server", Identity: identity},
		From: "the usual place on macOS",
	}}
	if diff := cmp.Diff(want, b.Find(t.Context())); diff != "" {
		t.Error(diff)
	}
}

func TestFindSearchesBelowRoots(t *testing.T) {
	b := machine(t, "linux")
	b.plex("/pool/tank/apps/media/server/Plex Media Server")
	b.plex("/pool/one/two/three/four/five/six/seven/Plex Media Server") // too deep
	b.plex("/pool/.hidden/Plex Media Server")
	b.put("/pool/films/Media/notlocalhost", "")
	for i := range 300 {
		b.put("/films/Film "+strconv.Itoa(i)+"/", "")
	}
	got := b.Find(t.Context(), "/films", "/nowhere", "/pool")
	if diff := cmp.Diff([]string{"/pool/tank/apps/media/server/Plex Media Server"}, paths(got)); diff != "" {
		t.Error(diff)
	}
}

func TestFindInAContainerLooksAtItsMounts(t *testing.T) {
	b := machine(t, "linux")
	b.put("/.dockerenv", "")
	b.put("/etc/hosts", "")
	b.put("/proc/self/mountinfo", strings.Join([]string{
		`1 0 0:1 / / rw - overlay overlay rw`,
		`2 1 0:2 / /proc rw - proc proc rw`,
		`3 1 8:1 /hosts /etc/hosts rw - ext4 /dev/sda1 rw`,
		`4 1 8:1 /srv/px /my\040data rw,relatime master:1 - ext4 /dev/sda1 rw`,
		`broken`, `5 1 8:1 / /gone rw - ext4 /dev/sda1 rw`, `- ext4`,
	}, "\n"))
	b.plex("/my data/Library/Application Support/Plex Media Server")
	if got := paths(b.Find(t.Context())); len(got) != 1 || got[0] != "/my data/Library/Application Support/Plex Media Server" {
		t.Errorf("got %q", got)
	}
}

func TestFindNamesEachOnce(t *testing.T) {
	b := machine(t, "linux")
	b.plex("/var/lib/plexmediaserver/Library/Application Support/Plex Media Server")
	if err := os.Symlink(b.real("/var/lib/plexmediaserver"), b.real("/plex")); err != nil {
		t.Fatal(err)
	}
	if got := paths(b.Find(t.Context(), "/var/lib", "/plex")); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

func TestFindTellsOfFoldersThatItMayNotOpen(t *testing.T) {
	b := machine(t, "linux")
	stat := b.Stat
	b.Stat = func(path string) (os.FileInfo, error) {
		if strings.HasPrefix(path, "/var/lib/plexmediaserver/") {
			return nil, &os.PathError{Op: "stat", Path: path, Err: os.ErrPermission}
		}
		return stat(path)
	}
	got := b.Find(t.Context())
	if len(got) != 1 || preview.ReasonOf(got[0].Err) != preview.PlexDataDenied || got[0].Path != "/var/lib/plexmediaserver" {
		t.Errorf("got %+v", got)
	}
}

// A share that does not answer holds a system call for minutes.
func TestFindEndsWithItsContext(t *testing.T) {
	b := machine(t, "linux")
	b.plex("/var/lib/plex/Plex Media Server")
	hang, entered := make(chan struct{}), make(chan struct{})
	defer close(hang)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	b.ReadDir = func(path string) ([]fs.DirEntry, error) {
		if path == "/dead" {
			close(entered)
			<-hang
		}
		return nil, fs.ErrNotExist
	}
	go func() {
		<-entered
		cancel()
	}()
	if got := paths(b.Find(ctx, "/dead")); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

// This machine has no Plex, most likely; looking for one must do no harm.
func TestFindOnThisMachine(t *testing.T) {
	for _, c := range datadir.Host().Find(t.Context(), t.TempDir()) {
		if c.Path == "" || c.From == "" {
			t.Errorf("got %+v", c)
		}
	}
}
