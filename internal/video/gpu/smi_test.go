package gpu_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

const (
	oneCard  = "0, GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d, 00000000:01:00.0, NVIDIA GeForce RTX 3060, 535.161.07, 12288, [N/A]\n"
	twoCards = oneCard +
		"1, GPU-83b7e2d1-0c5f-4d58-8b1f-7f3a2b1c0d9e, 00000000:41:00.0, NVIDIA GeForce RTX 3060, 535.161.07, 12288, [N/A]\n"
	migCard = "0, GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77, 00000000:07:00.0, NVIDIA A100-SXM4-40GB, 535.161.07, 40960, Enabled\n"
)

func devices(inv gpu.Inventory) []preview.Device {
	var out []preview.Device
	for _, c := range inv.GPUs() {
		if !c.Blocked() {
			out = append(out, c.Device)
		}
	}
	return out
}

func TestNVIDIACardsAreListedByUUIDAndIndex(t *testing.T) {
	rtx := func(uuid, index string) preview.Device {
		return preview.Device{ID: "cuda:" + uuid, Kind: preview.CUDA, Name: "NVIDIA GeForce RTX 3060", Handle: index}
	}
	first := rtx("GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d", "0")
	second := rtx("GPU-83b7e2d1-0c5f-4d58-8b1f-7f3a2b1c0d9e", "1")
	for name, c := range map[string]struct {
		smi  smi
		want []preview.Device
	}{
		"one card":                   {smi{query: gpu.Answer{Stdout: oneCard}}, []preview.Device{first}},
		"two of the same stay two":   {smi{query: gpu.Answer{Stdout: twoCards}}, []preview.Device{first, second}},
		"lines of Windows":           {smi{query: gpu.Answer{Stdout: oneCard[:len(oneCard)-1] + "\r\n"}}, []preview.Device{first}},
		"a warning before the cards": {smi{query: gpu.Answer{Stdout: "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n" + oneCard}}, []preview.Device{first}},
		"too old to know MIG": {
			smi{strict: true, query: gpu.Answer{Stdout: "0, GPU-aa, 0000:01:00.0, Quadro P400, 390.157, 1998\n"}},
			[]preview.Device{{ID: "cuda:GPU-aa", Kind: preview.CUDA, Name: "Quadro P400", Handle: "0"}},
		},
		"without a UUID the address counts": {
			smi{query: gpu.Answer{Stdout: "0, [N/A], 00000000:01:00.0, GeForce GT 710, 390.157, [N/A], [N/A]\n"}},
			[]preview.Device{{ID: "cuda:0000:01:00.0", Kind: preview.CUDA, Name: "GeForce GT 710", Handle: "0"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inv := list(t, c.smi.on(linux()))
			if diff := cmp.Diff(c.want, devices(inv)); diff != "" {
				t.Error(diff)
			}
			if len(inv.Notes) > 0 {
				t.Errorf("nothing is wrong, but: %+v", inv.Notes)
			}
		})
	}
}

func TestCardTellsDriverMemoryAndAddress(t *testing.T) {
	c := only(t, list(t, smi{query: gpu.Answer{Stdout: oneCard}}.on(linux())))
	if c.Driver != "535.161.07" || c.Memory != 12288<<20 || c.PCI != "0000:01:00.0" {
		t.Errorf("got driver %q, memory %d, address %q", c.Driver, c.Memory, c.PCI)
	}
}

func TestVisibleDevicesRenumber(t *testing.T) {
	for choice, want := range map[string]map[string]string{ // UUID's beginning to handle
		"0":                  {"GPU-1c6f": "0"},
		"1":                  {"GPU-83b7": "0"},
		"1,0":                {"GPU-83b7": "0", "GPU-1c6f": "1"},
		" GPU-83b7e2d1 ,0":   {"GPU-83b7": "0", "GPU-1c6f": "1"},
		"0,7,1":              {"GPU-1c6f": "0"},
		"1,-1":               {"GPU-83b7": "0"},
		"0,1":                {"GPU-1c6f": "0", "GPU-83b7": "1"},
		"GPU-83b7e2d1-0c5f-": {"GPU-83b7": "0"},
	} {
		m := smi{query: gpu.Answer{Stdout: twoCards}}.on(linux())
		m.Env = env(map[string]string{"CUDA_VISIBLE_DEVICES": choice})
		got := map[string]string{}
		for _, d := range devices(list(t, m)) {
			got[d.ID[len("cuda:"):len("cuda:GPU-1c6f")]] = d.Handle
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", choice, diff)
		}
	}
}

func TestHiddenCardsAreToldOf(t *testing.T) {
	m := smi{query: gpu.Answer{Stdout: oneCard}}.on(linux())
	m.Env = env(map[string]string{"CUDA_VISIBLE_DEVICES": "-1"})
	inv := list(t, m)
	if len(inv.GPUs()) != 0 || len(inv.Notes) != 1 {
		t.Fatalf("got %+v", inv)
	}
	mentions(t, inv.Notes[0].Text, "CUDA_VISIBLE_DEVICES", `"-1"`)
	mentions(t, inv.Notes[0].Hint, "Unset")
}

func TestSlicesOfACardAreDevices(t *testing.T) {
	inv := list(t, smi{
		query: gpu.Answer{Stdout: migCard},
		list: gpu.Answer{Stdout: "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)\n" +
			"  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)\n" +
			"  MIG 3g.20gb     Device  1: (UUID: MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb)\n" +
			"GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaaaaaa-d33d-2b2c-524d-9e3d8d2b8a77)\n" +
			"  MIG 1g.5gb      Device  0: (UUID: MIG-ffffffff-42e4-5de3-91c7-45d71c87eb3f)\n"},
	}.on(linux()))
	want := []preview.Device{
		{ID: "cuda:MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", Kind: preview.CUDA, Name: "NVIDIA A100-SXM4-40GB, slice 3g.20gb", Handle: "0"},
		{ID: "cuda:MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb", Kind: preview.CUDA, Name: "NVIDIA A100-SXM4-40GB, slice 3g.20gb", Handle: "0"},
	}
	if diff := cmp.Diff(want, devices(inv)); diff != "" {
		t.Fatal(diff)
	}
}

func TestMIGWithoutSlices(t *testing.T) {
	s := smi{query: gpu.Answer{Stdout: migCard}, list: gpu.Answer{Stdout: "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5b)\n"}}
	c := only(t, list(t, s.on(linux())))
	mentions(t, c.Because, "MIG mode", "no slice")
	mentions(t, c.Hint, "sudo nvidia-smi -i 0 -mig 0")

	c = only(t, list(t, s.on(linux(map[string]string{"/.dockerenv": ""}))))
	mentions(t, c.Hint, `--gpus '"device=0:0"'`)
}

// The texts are what NVIDIA's program prints, with its exit status.
var (
	mismatch   = gpu.Answer{Stdout: "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.54\n", Code: 18}
	noDriver   = gpu.Answer{Stdout: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n\n", Code: 9}
	noDevices  = gpu.Answer{Stdout: "No devices were found\n", Code: 6}
	noLibrary  = gpu.Answer{Stdout: "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is properly installed and present in your system.\nPlease also try adding directory that contains libnvidia-ml.so to your system PATH.\n", Code: 12}
	unknownErr = gpu.Answer{Stdout: "Failed to initialize NVML: Unknown Error\n", Code: 255}
	byWindows  = gpu.Answer{Stdout: "Failed to initialize NVML: GPU access blocked by the operating system\n", Code: 17}
	rights     = gpu.Answer{Stdout: "Failed to initialize NVML: Insufficient Permissions\n", Code: 4}
	lost       = gpu.Answer{Stderr: "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system to recover this GPU\n", Code: 15}
	garbage    = gpu.Answer{Stdout: "\x00\x01<html>,,,,,,\n1,2,3,4,5,6,7\n"}
	segfault   = gpu.Answer{Stderr: "nvidia-smi: symbol lookup error: undefined symbol: nvmlInit\n", Code: 127}
)

func TestWhatNvidiaSmiSaysBecomesASentenceAndAHint(t *testing.T) {
	card := pciDevice("0000:01:00.0", "10de", "2504", "nvidia")
	inDocker := map[string]string{"/.dockerenv": ""}
	inWSL := map[string]string{"/dev/dxg": "", "/proc/sys/kernel/osrelease": "5.15.153.1-microsoft-standard-WSL2"}
	for name, c := range map[string]struct {
		smi     smi
		files   map[string]string
		because string
		hint    string
		reason  preview.Reason
	}{
		"mismatch":             {smi{query: mismatch}, nil, "NVIDIA's driver was updated while the old one still runs.", "Restart the machine.", preview.DeviceDriver},
		"mismatch, container":  {smi{query: mismatch}, inDocker, "of another version than the host's", "Restart the host", preview.DeviceDriver},
		"no driver":            {smi{query: noDriver}, nil, "NVIDIA's driver is installed and does not run.", "sudo ubuntu-drivers install", preview.DeviceDriver},
		"no driver, container": {smi{query: noDriver}, inDocker, "does not reach NVIDIA's driver of the host", "--gpus all", preview.DeviceDriver},
		"no driver, WSL":       {smi{query: noDriver}, inWSL, "WSL does not reach", "wsl --shutdown", preview.DeviceDriver},
		"no devices":           {smi{query: noDevices}, nil, "finds no card", "dmesg | grep NVRM", preview.DeviceDriver},
		"no devices, container": {
			smi{query: noDevices}, inDocker, "no card was given to the container", "capabilities: [gpu]", preview.DeviceDriver,
		},
		"no library":            {smi{query: noLibrary}, nil, "Parts of NVIDIA's driver are missing", "sudo apt install nvidia-driver", preview.DeviceDriver},
		"no library, container": {smi{query: noLibrary}, inDocker, "only parts of NVIDIA's driver", "NVIDIA_DRIVER_CAPABILITIES=all", preview.DeviceDriver},
		"daemon-reload":         {smi{query: unknownErr}, inDocker, "The container has lost the NVIDIA card.", "Restart the container", preview.DeviceLost},
		"blocked by Windows":    {smi{query: byWindows}, inWSL, "Windows keeps the NVIDIA card from WSL.", "wsl --update", preview.DevicePermission},
		"rights":                {smi{query: rights}, nil, "may not open the NVIDIA card", "Let alice read and write /dev/nvidia0", preview.DevicePermission},
		"lost":                  {smi{query: lost}, nil, "no longer answers", "Restart the machine.", preview.DeviceLost},
		"garbage":               {smi{query: garbage}, nil, "cannot be understood", "Run nvidia-smi", preview.DeviceDriver},
		"nothing":               {smi{}, nil, "cannot be understood", "Run nvidia-smi", preview.DeviceDriver},
		"fails":                 {smi{query: segfault}, nil, "exit status 127: nvidia-smi: symbol lookup error", "Run nvidia-smi", preview.DeviceDriver},
		"cannot be run":         {smi{err: errors.New("exec format error")}, nil, "cannot be run: exec format error.", "Run nvidia-smi", preview.DeviceDriver},
	} {
		t.Run(name, func(t *testing.T) {
			// With the card in sight, the card is shown with what is wrong.
			got := only(t, list(t, c.smi.on(linux(card, c.files))))
			mentions(t, got.Because, c.because)
			mentions(t, got.Hint, c.hint)
			if got.Reason != c.reason {
				t.Errorf("reason %q, want %q", got.Reason, c.reason)
			}
			if got.Device.ID != "cuda:0000:01:00.0" || got.Device.Name != "NVIDIA graphics (10de:2504)" {
				t.Errorf("got device %+v", got.Device)
			}
			// Without, it is a note.
			inv := list(t, c.smi.on(linux(c.files)))
			if len(inv.GPUs()) != 0 || len(inv.Notes) != 1 {
				t.Fatalf("got %+v", inv)
			}
			mentions(t, inv.Notes[0].Text, c.because)
			mentions(t, inv.Notes[0].Hint, c.hint)
		})
	}
}

func TestHangingNvidiaSmiIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := only(t, list(t, smi{hangs: true}.on(linux(pciDevice("0000:01:00.0", "10de", "2504", "nvidia")))))
		mentions(t, c.Because, "did not answer within 15 s", "driver hangs")
		mentions(t, c.Hint, "Restart the machine.")
	})
}

func TestLostCardLeavesTheOtherOne(t *testing.T) {
	inv := list(t, smi{query: gpu.Answer{Stdout: "0, [Unknown Error], 00000000:01:00.0, [Unknown Error], 535.161.07, [Unknown Error], [N/A]\n" +
		"1, GPU-83b7e2d1-0c5f-4d58-8b1f-7f3a2b1c0d9e, 00000000:41:00.0, NVIDIA GeForce RTX 3060, 535.161.07, 12288, [N/A]\n"}}.on(linux()))
	gpus := inv.GPUs()
	if len(gpus) != 2 {
		t.Fatalf("got %+v", gpus)
	}
	mentions(t, gpus[0].Because, "no longer answers")
	if gpus[1].Blocked() || gpus[1].Device.Handle != "1" {
		t.Errorf("the second card is well, got %+v", gpus[1])
	}
}

func TestNvidiaSmiOfWSLIsFoundOutsideThePath(t *testing.T) {
	m := linux(map[string]string{"/dev/dxg": "", "/dev/dri/version": "", "/proc/sys/kernel/osrelease": "5.15.153.1-microsoft-standard-WSL2"})
	m.Look = where("/usr/lib/wsl/lib/nvidia-smi")
	m.Run = smi{query: gpu.Answer{Stdout: oneCard}}.run
	if c := only(t, list(t, m)); c.Blocked() || c.Device.Kind != preview.CUDA {
		t.Errorf("got %+v", c)
	}
}

func FuzzNvidiaSmi(f *testing.F) {
	for _, a := range []gpu.Answer{{Stdout: twoCards}, {Stdout: migCard}, mismatch, noDriver, lost, garbage} {
		f.Add(a.Stdout, a.Stderr, a.Code)
	}
	f.Fuzz(func(t *testing.T, stdout, stderr string, code int) {
		a := gpu.Answer{Stdout: stdout, Stderr: stderr, Code: code}
		inv := gpu.List(t.Context(), smi{query: a, list: a}.on(linux()), full())
		if len(inv.GPUs())+len(inv.Notes) == 0 {
			t.Error("neither a card nor a word about it")
		}
		for _, c := range inv.GPUs() {
			if c.Device.ID == "cuda:" || c.Device.Name == "" || c.Device.Handle == "" {
				t.Errorf("device without a name, a number or an ID: %+v", c.Device)
			}
		}
	})
}
