package gpu

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// The layouts and numbers are those of dxgi.h, dxgicommon.h and d3dkmthk.h of the Windows SDK.

// hresult is what COM calls return; it has failed when it is negative.
type hresult uint32

const dxgiErrorNotFound hresult = 0x887A0002

func (h hresult) failed() bool { return int32(h) < 0 }

func (h hresult) Error() string { return fmt.Sprintf("error %08X", uint32(h)) }

type guid struct {
	a    uint32
	b, c uint16
	d    [8]byte
}

type luid struct {
	low  uint32
	high int32
}

// adapterDesc is DXGI_ADAPTER_DESC1.
type adapterDesc struct {
	description         [128]uint16
	vendor, device      uint32
	subsystem, revision uint32
	videoMemory         uintptr
	systemMemory        uintptr
	sharedMemory        uintptr
	luid                luid
	flags               uint32
}

const adapterFlagSoftware = 2 // DXGI_ADAPTER_FLAG_SOFTWARE

// Slots in the tables of methods: IUnknown has 3, IDXGIObject 4 more, then IDXGIAdapter has EnumOutputs, GetDesc,
// CheckInterfaceSupport and IDXGIAdapter1 GetDesc1; IDXGIFactory has 5 of its own, then IDXGIFactory1 EnumAdapters1.
const (
	methodRelease               = 2
	methodCheckInterfaceSupport = 9
	methodGetDesc1              = 10
	methodEnumAdapters1         = 12
)

// object is a COM object: a pointer to its table of methods.
type object struct{ methods *[32]uintptr }

// call calls a method. What the arguments point at is kept on the heap, where nothing moves, until it returns.
//
//go:uintptrescapes
func (o *object) call(method int, args ...uintptr) hresult {
	r, _, _ := syscall.SyscallN(o.methods[method], append([]uintptr{uintptr(unsafe.Pointer(o))}, args...)...)
	return hresult(r)
}

func (o *object) release() { o.call(methodRelease) }

// system loads a library of Windows from where Windows keeps it, never from beside our program.
func system(name string) *syscall.LazyDLL {
	root := os.Getenv("SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return syscall.NewLazyDLL(filepath.Join(root, "System32", name))
}

// adapters lists the graphics adapters by DXGI, in the order in which FFmpeg counts them.
func adapters() ([]Adapter, error) {
	create := system("dxgi.dll").NewProc("CreateDXGIFactory1")
	if err := create.Find(); err != nil {
		return nil, fmt.Errorf("load dxgi.dll: %w", err)
	}
	// IID_IDXGIFactory1
	iid := &guid{0x770aae78, 0xf26f, 0x4dba, [8]byte{0xa8, 0x29, 0x25, 0x3c, 0x83, 0xd1, 0xb3, 0x87}}
	var factory *object
	r, _, _ := create.Call(uintptr(unsafe.Pointer(iid)), uintptr(unsafe.Pointer(&factory)))
	if h := hresult(r); h.failed() || factory == nil {
		return nil, fmt.Errorf("create DXGI factory: %w", h)
	}
	defer factory.release()

	var out []Adapter
	for index := range 64 {
		a := new(*object)
		h := factory.call(methodEnumAdapters1, uintptr(index), uintptr(unsafe.Pointer(a)))
		if h == dxgiErrorNotFound {
			break
		}
		if h.failed() || *a == nil {
			return out, fmt.Errorf("list adapter %d: %w", index, h)
		}
		described, err := describe(*a, index)
		(*a).release()
		if err != nil {
			return out, err
		}
		out = append(out, described)
	}
	return out, nil
}

func describe(a *object, index int) (Adapter, error) {
	d := new(adapterDesc)
	if h := a.call(methodGetDesc1, uintptr(unsafe.Pointer(d))); h.failed() {
		return Adapter{}, fmt.Errorf("describe adapter %d: %w", index, h)
	}
	return Adapter{
		Index:     index,
		Name:      syscall.UTF16ToString(d.description[:]),
		Vendor:    d.vendor,
		Device:    d.device,
		Subsystem: d.subsystem,
		Revision:  d.revision,
		Memory:    int64(d.videoMemory),
		Software:  d.flags&adapterFlagSoftware != 0,
		PCI:       addressOf(d.luid),
		Driver:    driverOf(a),
	}, nil
}

// driverOf returns the version of the adapter's driver, or "".
func driverOf(a *object) string {
	// IID_IDXGIDevice
	iid := &guid{0x54ec77fa, 0x1377, 0x44e6, [8]byte{0x8c, 0x32, 0x88, 0xfd, 0x5f, 0x44, 0xc8, 0x4c}}
	version := new(uint64)
	if h := a.call(methodCheckInterfaceSupport, uintptr(unsafe.Pointer(iid)), uintptr(unsafe.Pointer(version))); h.failed() || *version == 0 {
		return ""
	}
	v := *version
	return fmt.Sprintf("%d.%d.%d.%d", v>>48, v>>32&0xFFFF, v>>16&0xFFFF, v&0xFFFF)
}

// addressOf asks the kernel for an adapter's PCI address, or returns "". DXGI itself has only a LUID, which is another
// one after each restart.
func addressOf(id luid) string {
	type openFromLUID struct { // D3DKMT_OPENADAPTERFROMLUID
		luid   luid
		handle uint32
	}
	type address struct{ bus, device, function uint32 } // D3DKMT_ADAPTERADDRESS
	type query struct {                                 // D3DKMT_QUERYADAPTERINFO
		handle uint32
		kind   uint32
		data   *address
		size   uint32
	}
	const adapterAddress = 6 // KMTQAITYPE_ADAPTERADDRESS

	gdi := system("gdi32.dll")
	open, ask, end := gdi.NewProc("D3DKMTOpenAdapterFromLuid"), gdi.NewProc("D3DKMTQueryAdapterInfo"), gdi.NewProc("D3DKMTCloseAdapter")
	if open.Find() != nil || ask.Find() != nil || end.Find() != nil {
		return ""
	}
	o := &openFromLUID{luid: id}
	if status, _, _ := open.Call(uintptr(unsafe.Pointer(o))); int32(status) < 0 {
		return ""
	}
	handle := &o.handle // D3DKMT_CLOSEADAPTER is the handle alone
	defer end.Call(uintptr(unsafe.Pointer(handle)))

	a := new(address)
	q := &query{handle: o.handle, kind: adapterAddress, data: a, size: uint32(unsafe.Sizeof(*a))}
	if status, _, _ := ask.Call(uintptr(unsafe.Pointer(q))); int32(status) < 0 {
		return ""
	}
	if a.bus > 0xFF || a.device > 0x1F || a.function > 7 {
		return "" // what is on no PCI bus says 0xFFFFFFFF
	}
	return fmt.Sprintf("0000:%02x:%02x.%x", a.bus, a.device, a.function)
}
