package gpu

import (
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// smiTrouble reads why nvidia-smi lists no card. The samples that the words come from are in smi_test.go.
func (m Machine) smiTrouble(a Answer) trouble {
	said := a.Stdout + "\n" + a.Stderr
	for _, row := range []struct {
		words string
		meant func(Machine) trouble
	}{
		{"Driver/library version mismatch", Machine.updatedDriver},
		{"couldn't communicate with the NVIDIA driver", Machine.unloadedDriver},
		{"couldn't find libnvidia-ml.so", Machine.noLibrary},
		{"No devices were found", Machine.noCard},
		{"GPU access blocked by the operating system", Machine.blockedByWindows},
		{"Insufficient Permissions", Machine.mayNotOpen},
		{"GPU is lost", Machine.lostCard},
		{"Unable to determine the device handle", Machine.lostCard},
		{"Failed to initialize NVML: Unknown Error", Machine.lostCard},
	} {
		if strings.Contains(said, row.words) {
			return row.meant(m)
		}
	}
	t := trouble{
		preview.DeviceDriver,
		"nvidia-smi answered something that cannot be understood.",
		"Run nvidia-smi in a terminal to see what is wrong.",
	}
	if a.Code != 0 {
		t.because = "nvidia-smi ended with exit status " + strconv.Itoa(a.Code)
		if line := clip(firstLine(said)); line != "" {
			t.because += ": " + line
		} else {
			t.because += "."
		}
	}
	return t
}

func (m Machine) updatedDriver() trouble {
	t := trouble{
		preview.DeviceDriver,
		"NVIDIA's driver was updated while the old one still runs.",
		"Restart the machine.",
	}
	if m.container() != "" {
		t.because = "The container's NVIDIA libraries are of another version than the host's driver."
		t.hint = "Restart the host if its driver was just updated, else the container."
	}
	return t
}

func (m Machine) unloadedDriver() trouble {
	t := trouble{preview.DeviceDriver, "NVIDIA's driver is installed and does not run.", installNVIDIA}
	switch {
	case m.wsl():
		t.because = "WSL does not reach NVIDIA's driver of Windows."
		t.hint = "Install NVIDIA's newest driver in Windows, then run in Windows: wsl --update, and wsl --shutdown"
	case m.container() != "":
		t.because = "The container does not reach NVIDIA's driver of the host."
		t.hint = m.container().nvidiaLines() + "\nIf it has the card already, run nvidia-smi on the host."
	case m.GOOS == "windows":
		t.hint = "Install NVIDIA's newest driver, then restart."
	}
	return t
}

func (m Machine) noLibrary() trouble {
	t := trouble{preview.DeviceDriver, "Parts of NVIDIA's driver are missing (libnvidia-ml).", installNVIDIA}
	if c := m.container(); c != "" {
		t.because = "The container has only parts of NVIDIA's driver."
		t.hint = c.nvidiaLines()
	}
	return t
}

func (m Machine) noCard() trouble {
	t := trouble{
		preview.DeviceDriver,
		"NVIDIA's driver runs and finds no card that it can use.",
		"See what the kernel says: sudo dmesg | grep NVRM. A card may be too old for this driver, lack power, or be kept " +
			"for a virtual machine.",
	}
	switch c := m.container(); {
	case c != "":
		t.because, t.hint = "NVIDIA's driver runs, but no card was given to the container.", c.nvidiaLines()
	case m.GOOS == "windows":
		t.hint = "See in the Device Manager whether the card is switched off or reports an error."
	}
	return t
}

func (m Machine) blockedByWindows() trouble {
	return trouble{
		preview.DevicePermission,
		"Windows keeps the NVIDIA card from WSL.",
		"Install NVIDIA's newest driver in Windows, then run in Windows: wsl --update, and wsl --shutdown",
	}
}

func (m Machine) mayNotOpen() trouble {
	hint := "See who may: ls -l /dev/nvidia*. As a rule all users may read and write them."
	if m.User != "" {
		hint = "Let " + m.User + " read and write /dev/nvidia0 and /dev/nvidiactl; as a rule all users may."
	}
	return trouble{preview.DevicePermission, "This user may not open the NVIDIA card.", hint}
}

func (m Machine) lostCard() trouble {
	t := trouble{
		preview.DeviceLost,
		"The NVIDIA card no longer answers.",
		"Restart the machine. If it happens again, look at the card's power and temperature.",
	}
	if m.container() != "" {
		t.because, t.hint = "The container has lost the NVIDIA card.", lostInContainer
	}
	return t
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// clip shortens what a program said to what fits a sentence, and keeps control characters out of it.
func clip(s string) string {
	const most = 160
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return s
}
