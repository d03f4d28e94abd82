package gpu

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// nvidia adds the NVIDIA cards of Linux. They are asked of nvidia-smi and not looked for in /dev/dri, where a container
// has none of them. What nvidia-smi does not list is asked of the kernel, so that it can be said what is wrong with it.
func (inv *Inventory) nvidia(ctx context.Context, m Machine) {
	inv.Looked = append(inv.Looked, "nvidia-smi")
	known := m.nvidiaCards()

	program, ok := m.findSMI()
	if !ok {
		inv.withoutSMI(m, known)
		return
	}
	cards, t := m.askSMI(ctx, program)
	inv.add(m, cards)
	if t != nil && len(known) == 0 {
		inv.Notes = append(inv.Notes, t.note())
	}
	for _, k := range known {
		if slices.ContainsFunc(cards, func(c Candidate) bool { return c.PCI == k.pci }) {
			continue
		}
		why := t
		switch {
		case why != nil:
		case m.container() != "":
			continue // given to others
		default:
			why = &trouble{
				preview.DeviceDriver,
				"NVIDIA's driver does not offer this card.",
				"Restart the machine. If that does not help, see what the kernel says: sudo dmesg | grep NVRM",
			}
		}
		inv.unusable(m, k, *why)
	}
}

// withoutSMI adds what the kernel knows of NVIDIA cards where there is no nvidia-smi.
func (inv *Inventory) withoutSMI(m Machine, known []nvidiaCard) {
	if len(known) == 0 && m.exists("dev/dxg") {
		inv.Notes = append(inv.Notes, Note{
			"WSL passes the GPU of Windows on, but not in a way that decodes: only NVIDIA's can, and its driver is not there.",
			"With an NVIDIA card: install its driver in Windows, then run in Windows: wsl --shutdown. " +
				"With Intel or AMD: run Scrubjay in Windows itself.",
		})
	}
	var cards []Candidate
	for _, k := range known {
		switch {
		case k.driver == "nvidia" && m.exists("dev/nvidiactl") && k.given(m):
			cards = append(cards, k.candidate(m, len(cards)))
		case m.container() != "":
			inv.unusable(m, k, trouble{
				preview.DeviceDriver,
				"The host has this card, but it was not given to the container.",
				m.container().nvidiaLines(),
			})
		default:
			inv.unusable(m, k, trouble{preview.DeviceDriver, "NVIDIA's driver is not installed.", installNVIDIA})
		}
	}
	inv.add(m, cards)
}

const installNVIDIA = "Install NVIDIA's driver, then restart. Ubuntu: sudo ubuntu-drivers install. " +
	"Debian: sudo apt install nvidia-driver. With Secure Boot its module must be signed."

// unusable adds a card that the kernel sees and nobody can decode on.
func (inv *Inventory) unusable(m Machine, k nvidiaCard, t trouble) {
	switch k.driver {
	case "vfio-pci":
		inv.Notes = append(inv.Notes, Note{Text: k.name(m) + " at " + k.pci + " is kept for a virtual machine (vfio-pci)."})
		return
	case "nouveau":
		t = trouble{
			preview.DeviceDriver,
			"The card runs with the driver nouveau, which hardly decodes video.",
			installNVIDIA,
		}
	}
	c := k.candidate(m, 0)
	c.Device.ID, c.Device.Handle = "cuda:"+k.pci, ""
	inv.Candidates = append(inv.Candidates, c.blocked(t))
}

// add adds cards that CUDA can reach, as far as CUDA_VISIBLE_DEVICES does not hide them.
func (inv *Inventory) add(m Machine, cards []Candidate) {
	if len(cards) == 0 {
		return
	}
	if choice, ok := m.env("CUDA_VISIBLE_DEVICES"); ok {
		cards = visible(cards, choice)
		if len(cards) == 0 {
			inv.Notes = append(inv.Notes, Note{
				"CUDA_VISIBLE_DEVICES is set to \"" + choice + "\", which hides every NVIDIA card.",
				"Unset it, or name the cards to use by their numbers in nvidia-smi.",
			})
		}
	}
	for _, c := range cards {
		c.remedies = m.nvidiaRemedies(c)
		inv.Candidates = append(inv.Candidates, c)
	}
	if m.GOOS != "linux" || len(cards) == 0 {
		return
	}
	// Drivers 570 to 579 crash in Vulkan, which tone mapping of Dolby Vision 5 uses; 580 mended it
	// (github.com/stevezau/media_preview_generator, commit 3a1a65e).
	if major := majorOf(cards[0].Driver); major >= 570 && major < 580 {
		inv.Notes = append(inv.Notes, Note{
			"NVIDIA's driver " + cards[0].Driver + " has a fault in Vulkan, which Dolby Vision profile 5 needs.",
			"Update the driver to 580 or newer.",
		})
	}
}

// visible applies CUDA_VISIBLE_DEVICES: a list of numbers or of beginnings of UUIDs, valid up to the first that names
// no card. CUDA numbers what is left anew, in the list's order. Slices of cards are named by UUID alone, and Env
// overrules the variable for them.
func visible(cards []Candidate, choice string) []Candidate {
	var out []Candidate
	for word := range strings.SplitSeq(choice, ",") {
		word = strings.TrimSpace(word)
		i := slices.IndexFunc(cards, func(c Candidate) bool {
			id := strings.TrimPrefix(c.Device.ID, "cuda:")
			if strings.HasPrefix(id, "MIG-") {
				return strings.HasPrefix(word, "MIG-") && strings.HasPrefix(id, word)
			}
			return c.Device.Handle == word || strings.HasPrefix(word, "GPU-") && strings.HasPrefix(id, word)
		})
		if i < 0 {
			break
		}
		c := cards[i]
		if !strings.HasPrefix(c.Device.ID, "cuda:MIG-") && !c.Blocked() {
			c.Device.Handle = strconv.Itoa(len(out))
		}
		out = append(out, c)
	}
	return out
}

// nvidiaRemedies say what helps when a card that is listed does not decode.
func (m Machine) nvidiaRemedies(c Candidate) map[preview.Reason]string {
	r := map[preview.Reason]string{
		preview.DevicePermission: "See the rights of /dev/nvidia0 and /dev/nvidiactl; as a rule all users may read and write them.",
		preview.DeviceLost:       "Restart the machine. If it happens again, look at the card's power and temperature.",
	}
	inside := m.container()
	if inside != "" {
		r[preview.DeviceLost] = lostInContainer
	}
	switch {
	case m.GOOS == "windows":
		r[preview.DeviceDriver] = "Install NVIDIA's newest driver."
		delete(r, preview.DevicePermission)
	case m.wsl():
		r[preview.DeviceDriver] = "Install NVIDIA's newest driver in Windows, then run in Windows: wsl --shutdown"
	case inside != "":
		r[preview.DeviceDriver] = inside.nvidiaLines()
	default:
		hint := "Install NVIDIA's driver with its library for decoding, libnvcuvid."
		if major := majorOf(c.Driver); major > 0 {
			hint += " Ubuntu: sudo apt install libnvidia-decode-" + strconv.Itoa(major) + ". Debian: sudo apt install libnvcuvid1."
		}
		r[preview.DeviceDriver] = hint
	}
	return r
}

// A "systemctl daemon-reload" on the host takes the device nodes from running containers
// (github.com/NVIDIA/nvidia-container-toolkit/issues/48).
const lostInContainer = "Restart the container. If it happens again: a \"systemctl daemon-reload\" on the host takes cards from " +
	"running containers; pass the nodes on by --device /dev/nvidia0 --device /dev/nvidiactl --device /dev/nvidia-uvm as well."

// majorOf returns 535 of "535.161.07", or 0.
func majorOf(version string) int {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// nvidiaCard is an NVIDIA card as the kernel shows it.
type nvidiaCard struct {
	pci    string // address
	driver string // "nvidia", "nouveau", "vfio-pci", or empty
	device string // PCI device ID, "2504"
	model  string // empty without NVIDIA's driver
	uuid   string // empty without NVIDIA's driver
	minor  string // N of /dev/nvidiaN; empty without NVIDIA's driver
}

// nvidiaCards returns the NVIDIA cards that the kernel shows, by address. Containers see those of the host, whether
// they were given them or not.
func (m Machine) nvidiaCards() []nvidiaCard {
	cards := map[string]nvidiaCard{}
	for _, address := range m.list("sys/bus/pci/devices") {
		dir := "sys/bus/pci/devices/" + address + "/"
		// Class 03 is display: 0300 with a monitor, 0302 without.
		if m.read(dir+"vendor") != "0x"+nvidia || !strings.HasPrefix(m.read(dir+"class"), "0x03") {
			continue
		}
		cards[address] = nvidiaCard{
			pci:    address,
			driver: m.link(dir + "driver"),
			device: strings.TrimPrefix(m.read(dir+"device"), "0x"),
		}
	}
	// NVIDIA's driver has its own list, also where /sys is hidden.
	for _, name := range m.list("proc/driver/nvidia/gpus") {
		address := normalPCI(name)
		k := cards[address]
		k.pci, k.driver = address, "nvidia"
		for line := range strings.Lines(m.read("proc/driver/nvidia/gpus/" + name + "/information")) {
			key, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			switch strings.TrimSpace(key) {
			case "Model":
				k.model = value
			case "GPU UUID":
				// A card that nobody used since the start has "GPU-????????-????-????-????-????????????".
				if !strings.Contains(value, "?") {
					k.uuid = value
				}
			case "Device Minor":
				k.minor = value
			}
		}
		cards[address] = k
	}
	out := make([]nvidiaCard, 0, len(cards))
	for _, k := range cards {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b nvidiaCard) int { return cmp.Compare(a.pci, b.pci) })
	return out
}

// given reports whether the card's device node is here.
func (k nvidiaCard) given(m Machine) bool { return k.minor != "" && m.exists("dev/nvidia"+k.minor) }

func (k nvidiaCard) name(m Machine) string {
	switch {
	case k.model != "":
		return k.model
	case k.device != "":
		return m.pciName(nvidia, k.device, "")
	}
	return "NVIDIA card"
}

// candidate is the card as CUDA's number index.
func (k nvidiaCard) candidate(m Machine, index int) Candidate {
	id := k.uuid
	if id == "" {
		id = k.pci
	}
	return Candidate{
		Device: preview.Device{ID: "cuda:" + id, Kind: preview.CUDA, Name: k.name(m), Handle: strconv.Itoa(index)},
		Driver: m.nvidiaModule(),
		PCI:    k.pci,
	}
}

// nvidiaModule is the version of NVIDIA's loaded kernel module, from a line such as
// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.07  Sat Feb 17 22:55:48 UTC 2024", or "".
func (m Machine) nvidiaModule() string {
	line, _, _ := strings.Cut(m.read("proc/driver/nvidia/version"), "\n")
	for word := range strings.FieldsSeq(line) {
		if majorOf(word) > 0 && strings.Contains(word, ".") {
			return word
		}
	}
	return ""
}

// normalPCI writes a PCI address as Linux does: nvidia-smi says "00000000:01:00.0" for "0000:01:00.0".
func normalPCI(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if domain, rest, ok := strings.Cut(address, ":"); ok && len(domain) == 8 && strings.HasPrefix(domain, "0000") {
		return domain[4:] + ":" + rest
	}
	return address
}
