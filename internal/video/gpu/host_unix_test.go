//go:build !windows

package gpu_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHostRunsPrograms(t *testing.T) {
	sh, err := gpu.Host().Look("sh")
	if err != nil {
		t.Skip("no shell")
	}
	got, err := gpu.Host().Run(t.Context(), sh, "-c", "echo out; echo err >&2; exit 3")
	if diff := cmp.Diff(gpu.Answer{Stdout: "out\n", Stderr: "err\n", Code: 3}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := gpu.Host().Run(t.Context(), filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gpu.Host().Run(ctx, sh, "-c", "sleep 600"); err == nil {
		t.Error("a program that was given up has no answer")
	}
}

func TestHostOpensAndTellsOwners(t *testing.T) {
	name := filepath.Join(t.TempDir(), "node")
	m := gpu.Host()
	if err := m.OpenRW(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := m.Owner(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(name, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := m.OpenRW(name); err != nil {
		t.Error(err)
	}
	if o, err := m.Owner(name); err != nil || o.UID != os.Getuid() || o.Mode.Perm() != 0o640 {
		t.Errorf("got %+v, %v", o, err)
	}
}

// A script in the PATH plays nvidia-smi, so that what we ask is asked of a real program once.
func TestHostAsksTheNvidiaSmiInThePath(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\n" +
		"[ \"$*\" = \"--query-gpu=index,uuid,pci.bus_id,name,driver_version,memory.total,mig.mode.current --format=csv,noheader,nounits\" ] || exit 2\n" +
		"echo '" + strings.TrimSpace(oneCard) + "'\n"
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	m := gpu.Host()
	m.GOOS, m.Files = "linux", files() // nothing else of this machine
	m.Env = nil
	if c := only(t, list(t, m)); c.Device.Name != "NVIDIA GeForce RTX 3060" || c.Blocked() {
		t.Errorf("got %+v", c)
	}
}
