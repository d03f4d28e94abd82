package gpu_test

import (
	"testing"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

// module is what NVIDIA's driver shows of itself, and of a card, in /proc.
func module(address, minor string) map[string]string {
	return map[string]string{
		"/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.07  Sat Feb 17 22:55:48 UTC 2024\nGCC version:  gcc version 12.2.0\n",
		"/proc/driver/nvidia/gpus/" + address + "/information": "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 138\n" +
			"GPU UUID: \t GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d\nVideo BIOS: \t 94.06.14.00.9b\nBus Type: \t PCIe\n" +
			"Bus Location: \t " + address + "\nDevice Minor: \t " + minor + "\nGPU Excluded:\t No\n",
	}
}

func TestContainerWithoutTheHostsCardPrintsTheLines(t *testing.T) {
	host := []map[string]string{pciDevice("0000:01:00.0", "10de", "2504", "nvidia"), module("0000:01:00.0", "0")}
	for name, c := range map[string]struct {
		mark map[string]string
		env  map[string]string
		want []string
	}{
		"docker":     {mark: map[string]string{"/.dockerenv": ""}, want: []string{"--gpus all -e NVIDIA_DRIVER_CAPABILITIES=all", "capabilities: [gpu]", "Container Toolkit"}},
		"podman":     {mark: map[string]string{"/run/.containerenv": ""}, want: []string{"--gpus all"}},
		"cgroup v1":  {mark: map[string]string{"/proc/1/cgroup": "12:memory:/docker/0123abcd\n"}, want: []string{"--gpus all"}},
		"kubernetes": {env: map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, want: []string{"nvidia.com/gpu: 1"}},
		"proxmox":    {mark: map[string]string{"/run/systemd/container": "lxc\n"}, want: []string{"/dev/nvidia0", "same version"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := linux(append(host, c.mark)...)
			m.Env = env(c.env)
			got := only(t, list(t, m))
			mentions(t, got.Because, "The host has this card, but it was not given to the container.")
			mentions(t, got.Hint, c.want...)
			if got.Device.Name != "NVIDIA GeForce RTX 3060" {
				t.Errorf("name %q", got.Device.Name)
			}
		})
	}
}

func TestCardWithoutNvidiaSmiIsKnownFromTheDriver(t *testing.T) {
	// NVIDIA_DRIVER_CAPABILITIES=video gives decoding without nvidia-smi.
	m := linux(module("0000:01:00.0", "0"), map[string]string{"/dev/nvidiactl": "", "/dev/nvidia0": "", "/.dockerenv": ""})
	c := only(t, list(t, m))
	want := preview.Device{ID: "cuda:GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d", Kind: preview.CUDA, Name: "NVIDIA GeForce RTX 3060", Handle: "0"}
	if c.Device != want || c.Blocked() {
		t.Errorf("got %+v", c)
	}
	if c.Driver != "535.161.07" {
		t.Errorf("driver %q", c.Driver)
	}
}

func TestOnlyGivenCardsAreCounted(t *testing.T) {
	second := module("0000:41:00.0", "1")
	m := linux(module("0000:01:00.0", "0"), second, map[string]string{"/dev/nvidiactl": "", "/dev/nvidia1": "", "/.dockerenv": ""})
	for _, c := range list(t, m).GPUs() {
		switch c.PCI {
		case "0000:41:00.0":
			if c.Blocked() || c.Device.Handle != "0" {
				t.Errorf("the given card is CUDA's first: %+v", c)
			}
		default:
			mentions(t, c.Because, "not given to the container")
		}
	}
}

func TestCardsThatNvidiasDriverDoesNotHave(t *testing.T) {
	for driver, want := range map[string]string{
		"nouveau": "nouveau, which hardly decodes",
		"":        "NVIDIA's driver is not installed.",
	} {
		c := only(t, list(t, linux(pciDevice("0000:01:00.0", "10de", "2504", driver))))
		mentions(t, c.Because, want)
		mentions(t, c.Hint, "sudo apt install nvidia-driver", "sudo ubuntu-drivers install")
	}
}

func TestCardOfAVirtualMachineIsANote(t *testing.T) {
	inv := list(t, linux(pciDevice("0000:01:00.0", "10de", "2504", "vfio-pci")))
	if len(inv.GPUs()) != 0 || len(inv.Notes) != 1 {
		t.Fatalf("got %+v", inv)
	}
	mentions(t, inv.Notes[0].Text, "0000:01:00.0", "virtual machine")
}

func TestCardThatNvidiaSmiPassesOverIsShown(t *testing.T) {
	files := []map[string]string{pciDevice("0000:01:00.0", "10de", "2504", "nvidia"), pciDevice("0000:41:00.0", "10de", "2504", "nvidia")}
	s := smi{query: gpu.Answer{Stdout: oneCard}}
	gpus := list(t, s.on(linux(files...))).GPUs()
	if len(gpus) != 2 || gpus[0].Blocked() || !gpus[1].Blocked() {
		t.Fatalf("got %+v", gpus)
	}
	mentions(t, gpus[1].Because, "does not offer this card")

	// In a container the other card was given to somebody else, and is nobody's trouble.
	only(t, list(t, s.on(linux(append(files, map[string]string{"/.dockerenv": ""})...))))
}

func TestAudioOfANVIDIACardIsNoCard(t *testing.T) {
	sound := pciDevice("0000:01:00.1", "10de", "228e", "snd_hda_intel")
	sound["/sys/devices/pci0000:00/0000:01:00.1/class"] = "0x040300\n"
	if inv := list(t, linux(sound)); len(inv.GPUs()) != 0 {
		t.Errorf("got %+v", inv.GPUs())
	}
}

func TestDriversWithTheVulkanFaultAreNoted(t *testing.T) {
	for driver, noted := range map[string]bool{"565.90": false, "570.86.15": true, "575.51.02": true, "580.65.06": false} {
		inv := list(t, smi{query: gpu.Answer{Stdout: "0, GPU-aa, 0000:01:00.0, RTX, " + driver + ", 8192, [N/A]\n"}}.on(linux()))
		if got := len(inv.Notes) == 1; got != noted {
			t.Errorf("driver %s: notes %+v", driver, inv.Notes)
		} else if noted {
			mentions(t, inv.Notes[0].Text, driver, "Vulkan")
			mentions(t, inv.Notes[0].Hint, "580")
		}
	}
}

func TestWSLWithoutNVIDIASaysWhy(t *testing.T) {
	inv := list(t, linux(map[string]string{"/dev/dxg": "", "/dev/dri/version": ""}))
	if len(inv.GPUs()) != 0 || len(inv.Notes) != 1 {
		t.Fatalf("got %+v", inv)
	}
	mentions(t, inv.Notes[0].Text, "WSL")
	mentions(t, inv.Notes[0].Hint, "wsl --shutdown", "run Scrubjay in Windows itself")
}
