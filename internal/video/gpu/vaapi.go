package gpu

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// renderNodes adds what Linux reaches by VAAPI: the render nodes of Intel and AMD.
func (inv *Inventory) renderNodes(m Machine) {
	inv.Looked = append(inv.Looked, "/sys/class/drm", "/dev/dri")
	for _, n := range m.nodes() {
		switch n.driver {
		case "i915", "xe", "amdgpu", "radeon":
		case "nvidia", "nvidia-drm", "nouveau":
			continue // nvidia has seen them
		case "":
			// Without /sys, as in containers of TrueNAS and Kubernetes, nobody tells whose the node is. Where CUDA has
			// a card at the same address it is that card's; else trying will tell.
			if n.pci != "" && slices.ContainsFunc(inv.Candidates, func(c Candidate) bool { return c.PCI == n.pci }) {
				continue
			}
		default:
			inv.Notes = append(inv.Notes, Note{Text: n.path() + " belongs to " + n.driver + ", which decodes no video here."})
			continue
		}
		c := n.candidate(m)
		if t := m.barred(n.path()); t != nil {
			c = c.blocked(*t)
		}
		inv.Candidates = append(inv.Candidates, c)
	}
}

// node is a render node of the kernel's graphics drivers.
type node struct {
	name     string // "renderD128"
	driver   string // "i915"; empty without /sys
	pci      string // address; empty for what is not on a PCI bus, and where nobody tells
	vendor   string // PCI vendor ID, "8086"; empty likewise
	device   string // PCI device ID, "4680"
	revision string // "0c"
	vram     int64  // bytes; 0 where the driver does not tell (only amdgpu does)
}

func (n node) path() string { return "/dev/dri/" + n.name }

// nodes returns the render nodes of /sys and of /dev/dri: by address, and by name where they have none. Either folder
// may be missing.
func (m Machine) nodes() []node {
	var out []node
	for _, name := range m.list("sys/class/drm") {
		if isRenderNode(name) {
			out = append(out, m.node(name))
		}
	}
	// by-path holds links such as "pci-0000:03:00.0-render" to "../renderD128".
	addresses := map[string]string{}
	for _, name := range m.list("dev/dri/by-path") {
		if address, ok := strings.CutSuffix(strings.TrimPrefix(name, "pci-"), "-render"); ok {
			addresses[m.link("dev/dri/by-path/"+name)] = address
		}
	}
	for _, name := range m.list("dev/dri") {
		if isRenderNode(name) && !slices.ContainsFunc(out, func(n node) bool { return n.name == name }) {
			out = append(out, node{name: name, pci: addresses[name]})
		}
	}
	slices.SortFunc(out, func(a, b node) int { return cmp.Or(cmp.Compare(a.pci, b.pci), cmp.Compare(a.name, b.name)) })
	return out
}

func isRenderNode(name string) bool {
	number, ok := strings.CutPrefix(name, "renderD")
	if !ok {
		return false
	}
	_, err := strconv.ParseUint(number, 10, 16)
	return err == nil
}

// node reads what /sys tells of a render node. Its "uevent" has lines like DRIVER=i915, PCI_ID=8086:4680 and
// PCI_SLOT_NAME=0000:00:02.0.
func (m Machine) node(name string) node {
	n := node{name: name}
	dir := "sys/class/drm/" + name + "/device/"
	for line := range strings.Lines(m.read(dir + "uevent")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "DRIVER":
			n.driver = value
		case "PCI_SLOT_NAME":
			n.pci = value
		case "PCI_ID":
			vendor, device, _ := strings.Cut(strings.ToLower(value), ":")
			n.vendor, n.device = vendor, device
		}
	}
	if n.driver == "" {
		n.driver = m.link(dir + "driver")
	}
	if n.vendor == "" {
		n.vendor = strings.TrimPrefix(m.read(dir+"vendor"), "0x")
		n.device = strings.TrimPrefix(m.read(dir+"device"), "0x")
	}
	n.revision = strings.TrimPrefix(m.read(dir+"revision"), "0x")
	n.vram, _ = strconv.ParseInt(m.read(dir+"mem_info_vram_total"), 10, 64)
	return n
}

func (n node) candidate(m Machine) Candidate {
	id := n.pci
	if id == "" {
		id = n.path()
	}
	return Candidate{
		Device:     preview.Device{ID: "vaapi:" + id, Kind: preview.VAAPI, Name: n.title(m), Handle: n.path()},
		Driver:     strings.TrimSpace(n.driver + " " + m.kernel()),
		PCI:        n.pci,
		Memory:     n.vram,
		Integrated: n.integrated(),
		remedies:   n.remedies(m),
	}
}

func (n node) title(m Machine) string {
	if n.vendor == "" {
		return "Graphics device " + n.name
	}
	return m.pciName(n.vendor, n.device, n.revision)
}

// integrated reports whether the GPU is part of the processor, as far as it shows: Intel's always sits at 00:02.0, and
// AMD's has no more than a few GiB of main memory set aside. It only decides about the order.
func (n node) integrated() bool {
	switch n.vendor {
	case intel:
		return strings.HasSuffix(n.pci, ":00:02.0")
	case amd:
		return n.vram > 0 && n.vram <= 4<<30
	}
	return false
}

// remedies say what helps when the device does not decode. VA-API drivers are libraries: a container brings its own.
func (n node) remedies(m Machine) map[preview.Reason]string {
	var hint string
	switch n.vendor {
	case intel:
		hint = "Install Intel's VA-API driver. Debian and Ubuntu: sudo apt install intel-media-va-driver " +
			"(for processors before 2015: i965-va-driver). Fedora: sudo dnf install intel-media-driver."
	case amd:
		hint = "Install Mesa's VA-API driver. Debian and Ubuntu: sudo apt install mesa-va-drivers. " +
			"Fedora, from RPM Fusion: sudo dnf install mesa-va-drivers-freeworld."
	default:
		hint = "Install the VA-API driver of the card. Debian and Ubuntu: sudo apt install va-driver-all."
	}
	if m.container() != "" {
		hint = "The driver must be inside the container; the host's does not count. " + hint
	}
	if name, ok := m.env("LIBVA_DRIVER_NAME"); ok {
		hint = "LIBVA_DRIVER_NAME is set to \"" + name + "\"; unset it first. " + hint
	}
	lost := "Restart the machine. If it happens again, look at what the kernel says: sudo dmesg | grep drm"
	return map[preview.Reason]string{
		preview.DeviceDriver: hint,
		// The node opened, or the device would not have been tried: "No VA display found" is the driver's doing then.
		preview.DevicePermission: hint,
		preview.DeviceLost:       lost,
	}
}
