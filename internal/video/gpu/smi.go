package gpu

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// smiLimit is how long nvidia-smi may take. Half a second is usual, several are seen on machines with many cards that
// sleep; a driver that hangs never answers.
const smiLimit = 15 * time.Second

// findSMI returns where nvidia-smi is. WSL and older drivers on Windows keep it out of the PATH.
func (m Machine) findSMI() (string, bool) {
	names := []string{"nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"}
	if m.GOOS == "windows" {
		names = []string{
			"nvidia-smi.exe",
			`C:\Windows\System32\nvidia-smi.exe`,
			`C:\Program Files\NVIDIA Corporation\NVSMI\nvidia-smi.exe`,
		}
	}
	for _, name := range names {
		if p, err := m.look(name); err == nil {
			return p, true
		}
	}
	return "", false
}

// smiFields are what nvidia-smi is asked for. The last one came with driver 450.
const smiFields = "index,uuid,pci.bus_id,name,driver_version,memory.total"

// askSMI lists the cards that nvidia-smi sees, or says what is wrong. Cards that it lists and has lost are among the
// candidates, blocked.
func (m Machine) askSMI(ctx context.Context, program string) ([]Candidate, *trouble) {
	ctx, cancel := context.WithTimeout(ctx, smiLimit)
	defer cancel()
	query := func(fields string) (Answer, error) {
		return m.run(ctx, program, "--query-gpu="+fields, "--format=csv,noheader,nounits")
	}
	answer, err := query(smiFields + ",mig.mode.current")
	if err == nil && strings.Contains(answer.Stdout+answer.Stderr, "is not a valid field") {
		answer, err = query(smiFields)
	}
	if err != nil {
		return nil, m.smiUnable(ctx, err)
	}

	var cards []Candidate
	for line := range strings.Lines(answer.Stdout) {
		r, ok := parseSMI(line)
		switch {
		case !ok:
		case r.mig:
			parts, t := m.migSlices(ctx, program, r)
			if t != nil {
				parts = []Candidate{r.candidate().blocked(*t)}
			}
			cards = append(cards, parts...)
		case r.lost:
			cards = append(cards, r.candidate().blocked(m.lostCard()))
		default:
			cards = append(cards, r.candidate())
		}
	}
	if len(cards) == 0 {
		t := m.smiTrouble(answer)
		return nil, &t
	}
	return cards, nil
}

// smiUnable says why nvidia-smi gave no answer at all.
func (m Machine) smiUnable(ctx context.Context, err error) *trouble {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &trouble{
			preview.DeviceDriver,
			"nvidia-smi did not answer within " + strconv.Itoa(int(smiLimit.Seconds())) + " s; NVIDIA's driver hangs.",
			"Restart the machine.",
		}
	case ctx.Err() != nil:
		return &trouble{preview.Cancelled, preview.Cancelled.Text(), ""}
	}
	return &trouble{
		preview.DeviceDriver,
		"nvidia-smi cannot be run: " + err.Error() + ".",
		"Run nvidia-smi in a terminal to see what is wrong.",
	}
}

// smiRow is one line of nvidia-smi's answer.
type smiRow struct {
	index, uuid, pci, name, driver string
	memory                         int64 // bytes, 0 when unknown
	mig                            bool  // the card is cut into slices
	lost                           bool  // the card is on the list and does not answer
}

// parseSMI reads lines like
//
//	0, GPU-1c6f9a3e-7b0e-4c1c-9a5e-0d2f3b4a5c6d, 00000000:01:00.0, NVIDIA GeForce RTX 3060, 535.161.07, 12288, [N/A]
//
// with or without the last field. What nvidia-smi does not know stands in brackets: "[N/A]", "[Unknown Error]".
func parseSMI(line string) (smiRow, bool) {
	f := strings.Split(strings.TrimSpace(line), ",")
	if len(f) != 6 && len(f) != 7 {
		return smiRow{}, false
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	r := smiRow{index: f[0], uuid: f[1], pci: normalPCI(f[2]), name: f[3], driver: f[4]}
	if _, err := strconv.ParseUint(r.index, 10, 16); err != nil {
		return smiRow{}, false
	}
	if strings.Count(r.pci, ":") != 2 && !strings.HasPrefix(r.uuid, "GPU-") {
		return smiRow{}, false // nothing to know the card by again
	}
	if mib, err := strconv.ParseInt(f[5], 10, 32); err == nil {
		r.memory = mib << 20
	}
	r.mig = len(f) == 7 && f[6] == "Enabled"
	for _, v := range f {
		r.lost = r.lost || v == "[Unknown Error]" || v == "[GPU is lost]" || v == "[GPU requires reset]"
	}
	return r, true
}

func (r smiRow) candidate() Candidate {
	id := r.pci
	if strings.HasPrefix(r.uuid, "GPU-") {
		id = r.uuid
	}
	name := r.name
	if strings.HasPrefix(name, "[") || name == "" {
		name = "NVIDIA card " + r.index
	}
	return Candidate{
		Device: preview.Device{ID: "cuda:" + id, Kind: preview.CUDA, Name: name, Handle: r.index},
		Driver: r.driver,
		PCI:    r.pci,
		Memory: r.memory,
	}
}

// migSlices lists the slices of a card in MIG mode, each of which is a device of its own to CUDA. "nvidia-smi -L" says
//
//	GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)
//	  MIG 3g.20gb     Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)
func (m Machine) migSlices(ctx context.Context, program string, r smiRow) ([]Candidate, *trouble) {
	answer, err := m.run(ctx, program, "-L")
	if err != nil {
		return nil, m.smiUnable(ctx, err)
	}
	var out []Candidate
	var ours bool
	for line := range strings.Lines(answer.Stdout) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "GPU ") {
			ours = strings.HasPrefix(line, "GPU "+r.index+":")
			continue
		}
		profile, rest, ok := strings.Cut(strings.TrimPrefix(line, "MIG "), " ")
		_, uuid, named := strings.Cut(rest, "(UUID: ")
		if !ours || !ok || !named || !strings.HasPrefix(uuid, "MIG-") {
			continue
		}
		c := r.candidate()
		c.Device.ID = "cuda:" + strings.TrimSuffix(uuid, ")")
		c.Device.Name += ", slice " + profile
		c.Device.Handle = "0" // the only one that Env leaves to see
		c.Memory = 0
		out = append(out, c)
	}
	if len(out) > 0 {
		return out, nil
	}
	t := trouble{
		preview.DeviceDriver,
		"The card is in MIG mode, and there is no slice of it to use.",
		"Make a slice, or leave MIG mode: sudo nvidia-smi -i " + r.index + " -mig 0",
	}
	if m.container() != "" {
		t.hint = "Give a slice to the container, with docker run: --gpus '\"device=" + r.index + ":0\"'"
	}
	return nil, &t
}
