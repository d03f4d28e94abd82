package gpu_test

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

const (
	node  = "/dev/dri/renderD128"
	igpu  = "0000:00:02.0"
	other = "0000:03:00.0"
)

func intelMachine(more ...map[string]string) gpu.Machine {
	return linux(append([]map[string]string{pciDevice(igpu, "8086", "4680", "i915"), renderNode("renderD128", igpu)}, more...)...)
}

func TestIntelIsKnownByItsAddress(t *testing.T) {
	c := only(t, list(t, intelMachine()))
	want := preview.Device{ID: "vaapi:" + igpu, Kind: preview.VAAPI, Name: "Intel graphics (8086:4680)", Handle: node}
	if c.Device != want || c.Blocked() || !c.Integrated || c.Driver != "i915 6.1.0-18-amd64" {
		t.Errorf("got %+v", c)
	}
}

func TestNamesComeFromTheListsOfTheMachine(t *testing.T) {
	ids := "# comment\n1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t4680  Not this one\n" +
		"\t73ff  Navi 23 [Radeon RX 6600/6600 XT/6600M]\n\t\t1043 04fd  Dual\n" +
		"8086  Intel Corporation\n\t4680  AlderLake-S GT1 [UHD Graphics 770]\n\t4905  DG1\n9999  Last\n\t1234  Thing\n"
	amdgpu := "# List of AMDGPU IDs\n1.0.0\n73FF,\tC1,\tAMD Radeon RX 6600 XT\n73FF,\tC7,\tAMD Radeon RX 6600\n"
	revision := map[string]string{"/sys/devices/pci0000:00/" + other + "/revision": "0xc7\n"}
	for name, c := range map[string]struct {
		vendor, device, driver string
		files                  map[string]string
		want                   string
	}{
		"box name in Debian's list":  {"8086", "4680", "i915", map[string]string{"/usr/share/misc/pci.ids": ids}, "Intel UHD Graphics 770"},
		"box name in Fedora's list":  {"8086", "4680", "xe", map[string]string{"/usr/share/hwdata/pci.ids": ids}, "Intel UHD Graphics 770"},
		"without a box":              {"8086", "4905", "i915", map[string]string{"/usr/share/misc/pci.ids": ids}, "Intel DG1"},
		"AMD by revision":            {"1002", "73ff", "amdgpu", map[string]string{"/usr/share/libdrm/amdgpu.ids": amdgpu}, "AMD Radeon RX 6600"},
		"AMD without its own list":   {"1002", "73ff", "amdgpu", map[string]string{"/usr/share/misc/pci.ids": ids}, "AMD Radeon RX 6600/6600 XT/6600M"},
		"AMD without any":            {"1002", "73ff", "amdgpu", nil, "AMD graphics (1002:73ff)"},
		"newer than the list":        {"8086", "ffff", "xe", map[string]string{"/usr/share/misc/pci.ids": ids}, "Intel graphics (8086:ffff)"},
		"a list that is not a list":  {"8086", "4680", "xe", map[string]string{"/usr/share/misc/pci.ids": "\x00\x00\t\n\t8086"}, "Intel graphics (8086:4680)"},
		"vendor that nobody expects": {"1234", "1111", "xe", nil, "Unknown graphics (1234:1111)"},
	} {
		t.Run(name, func(t *testing.T) {
			m := linux(pciDevice(other, c.vendor, c.device, c.driver), renderNode("renderD128", other), c.files, revision)
			if got := only(t, list(t, m)).Device.Name; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTwoCardsOfAKindStayTwo(t *testing.T) {
	m := linux(
		pciDevice(other, "8086", "56a0", "i915"), renderNode("renderD129", other),
		pciDevice("0000:04:00.0", "8086", "56a0", "i915"), renderNode("renderD128", "0000:04:00.0"),
	)
	want := []string{"vaapi:" + other, "vaapi:0000:04:00.0"} // by address, however the nodes are numbered today
	var got []string
	for _, c := range list(t, m).GPUs() {
		got = append(got, c.Device.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOrderIsCUDAThenDiscreteThenIntegratedThenCPU(t *testing.T) {
	vram := func(address, bytes string) map[string]string {
		return map[string]string{"/sys/devices/pci0000:00/" + address + "/mem_info_vram_total": bytes + "\n"}
	}
	m := smi{query: gpu.Answer{Stdout: oneCard}}.on(linux(
		pciDevice(igpu, "8086", "4680", "i915"), renderNode("renderD128", igpu),
		pciDevice("0000:01:00.0", "10de", "2504", "nvidia"), renderNode("renderD129", "0000:01:00.0"),
		pciDevice(other, "1002", "73ff", "amdgpu"), renderNode("renderD130", other), vram(other, "8573157376"),
		pciDevice("0000:02:00.0", "1002", "1638", "amdgpu"), renderNode("renderD131", "0000:02:00.0"), vram("0000:02:00.0", "536870912"),
	))
	want := []string{"cuda:GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d", "vaapi:" + other, "vaapi:" + igpu, "vaapi:0000:02:00.0", "cpu"}
	var got []string
	for _, c := range list(t, m).Candidates {
		got = append(got, c.Device.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutSysTheNodesThemselvesCount(t *testing.T) {
	m := linux(map[string]string{node: "", "/dev/dri/card0": "", "/dev/dri/version": "", "/dev/dri/renderD": ""})
	c := only(t, list(t, m))
	want := preview.Device{ID: "vaapi:" + node, Kind: preview.VAAPI, Name: "Graphics device renderD128", Handle: node}
	if c.Device != want || c.Blocked() {
		t.Errorf("got %+v", c)
	}

	// The links by path tell the address, so that the device keeps its ID, and is not taken for NVIDIA's.
	byPath := map[string]string{node: "", "/dev/dri/by-path/pci-0000:01:00.0-render": "-> ../renderD128"}
	if c := only(t, list(t, linux(byPath))); c.Device.ID != "vaapi:0000:01:00.0" {
		t.Errorf("got %+v", c.Device)
	}
	if c := only(t, list(t, smi{query: gpu.Answer{Stdout: oneCard}}.on(linux(byPath)))); c.Device.Kind != preview.CUDA {
		t.Errorf("got %+v", c.Device)
	}
}

func TestGraphicsWithoutDecoderIsANote(t *testing.T) {
	for _, driver := range []string{"virtio_gpu", "virtio-pci", "vgem", "ast", "v3d"} {
		inv := list(t, linux(pciDevice(other, "1af4", "1050", driver), renderNode("renderD128", other)))
		if len(inv.GPUs()) != 0 || len(inv.Notes) != 1 {
			t.Fatalf("%s: got %+v", driver, inv)
		}
		mentions(t, inv.Notes[0].Text, node, driver, "decodes no video")
	}
	inv := list(t, linux(pciDevice(other, "10de", "1c03", "nvidia"), renderNode("renderD128", other)))
	if slices.ContainsFunc(inv.GPUs(), func(c gpu.Candidate) bool { return c.Device.Kind == preview.VAAPI }) {
		t.Errorf("NVIDIA has no VAAPI: %+v", inv.GPUs())
	}
}

func TestBarredNodeSaysWhoAndHow(t *testing.T) {
	owned := func(gid int, mode fs.FileMode) func(string) (gpu.Owner, error) {
		return func(string) (gpu.Owner, error) { return gpu.Owner{GID: gid, Mode: fs.ModeDevice | mode}, nil }
	}
	inDocker := map[string]string{"/.dockerenv": ""}
	inKubernetes := map[string]string{"/proc/1/cgroup": "0::/kubepods/burstable/pod1\n"}
	inLXC := map[string]string{"/run/systemd/container": "lxc"}
	for name, c := range map[string]struct {
		err     error
		owner   func(string) (gpu.Owner, error)
		user    string
		groups  []int
		files   map[string]string
		because []string
		hint    []string
		reason  preview.Reason
	}{
		"not in the group": {
			err: syscall.EACCES, owner: owned(105, 0o660), because: []string{"The user alice may not open " + node, "render (105)"},
			hint: []string{"sudo usermod -aG render alice", "log out and in again"},
		},
		"a group without a name": {
			err: syscall.EACCES, owner: owned(992, 0o660), because: []string{"group 992."},
			hint: []string{"sudo usermod -aG 992 alice"},
		},
		"joined, and not logged in again": {
			err: syscall.EACCES, owner: owned(105, 0o660), user: "carol", because: []string{"carol was added to its group render (105) after logging in"},
			hint: []string{"Log out and in again"},
		},
		"in docker": {
			err: syscall.EACCES, owner: owned(105, 0o660), files: inDocker, because: []string{"render (105)"},
			hint: []string{"--group-add 105", `group_add: ["105"]`},
		},
		"in kubernetes": {
			err: syscall.EACCES, owner: owned(105, 0o660), files: inKubernetes, hint: []string{"supplementalGroups: [105]"},
		},
		"in an LXC container whose group is known": {
			err: syscall.EACCES, owner: owned(105, 0o660), files: inLXC, hint: []string{"sudo usermod -aG render alice"},
		},
		"owner hidden by a user namespace": {
			err: syscall.EACCES, owner: owned(65534, 0o660), files: inLXC, hint: []string{"pct set NUMBER --dev0 " + node},
		},
		"owner hidden in podman": {
			err: syscall.EACCES, owner: owned(65534, 0o660), files: inDocker, hint: []string{"keep-groups"},
		},
		"root's own": {
			err: syscall.EACCES, owner: owned(0, 0o600), because: []string{"open to root alone"},
			hint: []string{"sudo chgrp render " + node},
		},
		"closed to its group": {
			err: syscall.EACCES, owner: owned(105, 0o600), files: inDocker, hint: []string{"on the host: sudo chgrp render " + node + " && sudo chmod g+rw"},
		},
		"in the group already": {
			err: syscall.EACCES, owner: owned(105, 0o660), groups: []int{1000, 105}, because: []string{"SELinux"},
			hint: []string{"container_use_devices"},
		},
		"nobody knows the owner": {
			err: syscall.EACCES, because: []string{"alice may not open"}, hint: []string{"ls -ln " + node},
		},
		"device rules of docker": {
			err: syscall.EPERM, files: inDocker, because: []string{"see " + node + " but not use it"},
			hint: []string{"--device /dev/dri:/dev/dri", "A volume (-v /dev/dri) is not enough."},
		},
		"device rules of systemd": {err: syscall.EPERM, hint: []string{"DeviceAllow"}},
		"not given to docker": {
			err: syscall.ENOENT, files: inDocker, because: []string{"The host has this device, but it was not given to the container."},
			hint: []string{"--device /dev/dri:/dev/dri", `devices: ["/dev/dri:/dev/dri"]`, "stat -c %g " + node},
		},
		"gone": {err: syscall.ENOENT, because: []string{"has no " + node}, hint: []string{"Restart"}, reason: preview.DeviceDriver},
		"broken": {
			err: syscall.EIO, because: []string{node + " cannot be opened: input/output error."}, hint: []string{"dmesg"},
			reason: preview.DeviceDriver,
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := intelMachine(c.files)
			m.OpenRW = func(path string) error { return &fs.PathError{Op: "open", Path: path, Err: c.err} }
			m.Owner = c.owner
			if c.user != "" {
				m.User = c.user
			}
			if c.groups != nil {
				m.Groups = c.groups
			}
			got := only(t, list(t, m))
			mentions(t, got.Because, c.because...)
			mentions(t, got.Hint, c.hint...)
			want := c.reason
			if want == "" {
				want = preview.DevicePermission
			}
			if got.Reason != want {
				t.Errorf("reason %q, want %q", got.Reason, want)
			}
		})
	}
}

func TestNodeIsOpenedForReadingAndWriting(t *testing.T) {
	var opened []string
	m := intelMachine()
	m.OpenRW = func(path string) error { opened = append(opened, path); return nil }
	m.Owner = func(string) (gpu.Owner, error) { return gpu.Owner{}, errors.New("not needed") }
	if c := only(t, list(t, m)); c.Blocked() {
		t.Errorf("got %+v", c)
	}
	if diff := cmp.Diff([]string{node}, opened); diff != "" {
		t.Error(diff)
	}
}
