package gpu_test

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/scrubjay/scrubjay/internal/video/ffmpeg"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

// files makes a file system. A value that begins with "-> " is a symbolic link.
func files(maps ...map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, m := range maps {
		for name, content := range m {
			name = strings.TrimPrefix(name, "/")
			if target, ok := strings.CutPrefix(content, "-> "); ok {
				out[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
				continue
			}
			out[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
		}
	}
	return out
}

// pciDevice is a graphics device on the PCI bus, and renderNode the node that its driver made, as /sys shows them.
func pciDevice(address, vendor, device, driver string) map[string]string {
	dir := "/sys/devices/pci0000:00/" + address + "/"
	m := map[string]string{
		dir + "vendor": "0x" + vendor + "\n",
		dir + "device": "0x" + device + "\n",
		dir + "class":  "0x030000\n",
		dir + "uevent": "DRIVER=" + driver + "\nPCI_CLASS=30000\nPCI_ID=" + strings.ToUpper(vendor+":"+device) +
			"\nPCI_SUBSYS_ID=1043:8694\nPCI_SLOT_NAME=" + address + "\nMODALIAS=pci:v\n",
		"/sys/bus/pci/devices/" + address: "-> ../../../devices/pci0000:00/" + address,
	}
	if driver != "" {
		m[dir+"driver"] = "-> ../../../bus/pci/drivers/" + driver
	}
	return m
}

func renderNode(name, address string) map[string]string {
	return map[string]string{
		"/sys/class/drm/" + name + "/dev":    "226:128\n",
		"/sys/class/drm/" + name + "/device": "-> ../../../devices/pci0000:00/" + address,
		"/dev/dri/" + name:                   "",
	}
}

// smi is a fake nvidia-smi: what it answers to a query, and to -L.
type smi struct {
	query, list gpu.Answer
	err         error
	strict      bool // too old to know MIG
	hangs       bool
}

func (s smi) run(ctx context.Context, program string, args ...string) (gpu.Answer, error) {
	switch {
	case !strings.Contains(program, "nvidia-smi"):
		return gpu.Answer{}, errors.New("no such program")
	case s.hangs:
		<-ctx.Done()
		return gpu.Answer{}, ctx.Err()
	case s.err != nil:
		return gpu.Answer{}, s.err
	case args[0] == "-L":
		return s.list, nil
	case s.strict && strings.Contains(args[0], "mig.mode.current"):
		return gpu.Answer{Stdout: "Field \"mig.mode.current\" is not a valid field to query.\n\n", Code: 2}, nil
	}
	return s.query, nil
}

// where makes a Look that finds one program.
func where(program string) func(string) (string, error) {
	return func(name string) (string, error) {
		if name == program {
			return program, nil
		}
		return "", exec.ErrNotFound
	}
}

func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func linux(maps ...map[string]string) gpu.Machine {
	base := map[string]string{
		"/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
		"/etc/group":                 "root:x:0:\nvideo:x:44:bob\nrender:x:105:carol\nalice:x:1000:\n",
	}
	return gpu.Machine{
		GOOS:   "linux",
		Files:  files(append([]map[string]string{base}, maps...)...),
		User:   "alice",
		Groups: []int{1000},
	}
}

func (s smi) on(m gpu.Machine) gpu.Machine {
	m.Look, m.Run = where("nvidia-smi"), s.run
	return m
}

// full are the features of an FFmpeg that has everything.
func full() ffmpeg.Features {
	return ffmpeg.Features{HWAccels: map[string]bool{"cuda": true, "vaapi": true, "d3d11va": true, "videotoolbox": true}}
}

func list(t *testing.T, m gpu.Machine) gpu.Inventory {
	t.Helper()
	return gpu.List(t.Context(), m, full())
}

// only returns the one GPU of an inventory.
func only(t *testing.T, inv gpu.Inventory) gpu.Candidate {
	t.Helper()
	gpus := inv.GPUs()
	if len(gpus) != 1 {
		t.Fatalf("want one GPU, got %d: %+v, notes %+v", len(gpus), gpus, inv.Notes)
	}
	return gpus[0]
}

func mentions(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in %q", w, text)
		}
	}
}
