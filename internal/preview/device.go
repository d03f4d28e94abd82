package preview

// DeviceKind is the way FFmpeg reaches a device. Its text is stored and shown, so a value never changes.
type DeviceKind string

// The kinds of device, with the operating systems that have them.
const (
	CPU          DeviceKind = "cpu"          // everywhere
	CUDA         DeviceKind = "cuda"         // NVIDIA on Linux, WSL2 and Windows
	VAAPI        DeviceKind = "vaapi"        // Intel and AMD on Linux
	D3D11VA      DeviceKind = "d3d11va"      // every vendor on Windows
	VideoToolbox DeviceKind = "videotoolbox" // macOS
)

// Device is a GPU or the CPU of this machine. It is a candidate until a picture was decoded on it.
type Device struct {
	// ID is stable over restarts and reorderings: "cpu", or the kind and what the hardware calls itself,
	// such as "cuda:GPU-1c6f…" (UUID) or "vaapi:0000:03:00.0" (PCI address).
	ID string
	// Kind is the way FFmpeg reaches it.
	Kind DeviceKind
	// Name is for people: "NVIDIA GeForce RTX 3060". Two cards may share it.
	Name string
	// Handle is what FFmpeg wants after -hwaccel_device: a CUDA index ("0"), a render node
	// ("/dev/dri/renderD128"), a DXGI adapter index; empty for the CPU and VideoToolbox.
	Handle string
}

// CPUDevice is the device that every machine has.
func CPUDevice() Device { return Device{ID: "cpu", Kind: CPU, Name: "CPU"} }

// GPU reports whether the device is something other than the CPU.
func (d Device) GPU() bool { return d.Kind != CPU }

// Outcome is what a test of a device came to.
type Outcome string

// The outcomes. What was not tried is neither good nor bad, and is never shown as either.
const (
	Works     Outcome = "works"
	DoesNot   Outcome = "does not"
	NotTried  Outcome = "not tried"
	NoDecoder Outcome = "not supported" // the device is fine, this codec is not for it
)

// Proof is what decoding one short clip on a device came to.
type Proof struct {
	Codec   string // as FFmpeg names it: "h264", "hevc", "av1", "vp9"
	Outcome Outcome
	Because string // one plain sentence; empty when it works
}

// DeviceReport is a device with its proofs, as screens show it.
type DeviceReport struct {
	Device  Device
	Outcome Outcome // Works when at least one codec works
	Because string  // one plain sentence; empty when it works
	Hint    string  // what to do about it, with names and the command; may be empty
	Proofs  []Proof
}

// Decodes reports whether the device was seen decoding the codec (FFmpeg's name).
func (r DeviceReport) Decodes(codec string) bool {
	for _, p := range r.Proofs {
		if p.Codec == codec {
			return p.Outcome == Works
		}
	}
	return false
}
