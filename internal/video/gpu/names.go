package gpu

import (
	"bufio"
	"strings"
)

// PCI vendor IDs.
const (
	intel  = "8086"
	amd    = "1002"
	nvidia = "10de"
)

var vendors = map[string]string{intel: "Intel", amd: "AMD", nvidia: "NVIDIA"}

// pciName names a graphics device for people: "Intel UHD Graphics 770". Where no list on this machine has it, it is
// "Intel graphics (8086:4680)". The IDs are in lower-case hexadecimal; revision may be empty.
func (m Machine) pciName(vendor, device, revision string) string {
	maker := vendors[vendor]
	if vendor == amd {
		if name := m.amdName(device, revision); name != "" {
			return withMaker(maker, name)
		}
	}
	for _, list := range []string{"usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"} {
		if name := m.pciIDs(list, vendor, device); name != "" {
			return withMaker(maker, name)
		}
	}
	if maker == "" {
		maker = "Unknown"
	}
	return maker + " graphics (" + vendor + ":" + device + ")"
}

func withMaker(maker, name string) string {
	if maker == "" || strings.HasPrefix(strings.ToLower(name), strings.ToLower(maker)) {
		return name
	}
	return maker + " " + name
}

// amdName looks in libdrm's list, which tells AMD's cards apart by revision. It comes with every Mesa. Its lines are
// "73FF,	C7,	AMD Radeon RX 6600".
func (m Machine) amdName(device, revision string) string {
	for line := range m.lines("usr/share/libdrm/amdgpu.ids") {
		f := strings.SplitN(line, ",", 3)
		if len(f) == 3 && strings.EqualFold(strings.TrimSpace(f[0]), device) && strings.EqualFold(strings.TrimSpace(f[1]), revision) {
			return strings.TrimSpace(f[2])
		}
	}
	return ""
}

// pciIDs looks in the PCI ID repository's list: "8086  Intel Corporation", below it "<tab>4680  AlderLake-S GT1 [UHD
// Graphics 770]". What stands in brackets is the name on the box.
func (m Machine) pciIDs(list, vendor, device string) string {
	var ours bool
	for line := range m.lines(list) {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, "\t"):
			if ours {
				return ""
			}
			ours = strings.HasPrefix(line, vendor+"  ")
		case ours && strings.HasPrefix(line, "\t"+device+"  "):
			name := strings.TrimSpace(line[len(device)+3:])
			if _, after, ok := strings.Cut(name, "["); ok && strings.HasSuffix(after, "]") {
				return strings.TrimSuffix(after, "]")
			}
			return name
		}
	}
	return ""
}

// lines yields a file's lines, or none.
func (m Machine) lines(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		if m.Files == nil {
			return
		}
		f, err := m.Files.Open(name)
		if err != nil {
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if !yield(lines.Text()) {
				return
			}
		}
	}
}
