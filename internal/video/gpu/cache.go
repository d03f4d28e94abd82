package gpu

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/scrubjay/scrubjay/assets"
	"github.com/scrubjay/scrubjay/internal/preview"
)

// cacheVersion is raised when Verify asks more of a device than before.
const cacheVersion = 1

// Cache remembers which devices were seen decoding which codecs, in a file, so that not every start of the program
// tests them again. It keeps only reports of devices that work and of which every codec was tried: what fails is tried
// again each time, since people mend what they were told of. It is not for use by several goroutines at once.
type Cache struct {
	path    string
	reports map[string]preview.DeviceReport
	dirty   bool
}

type cacheFile struct {
	Version int                             `json:"version"`
	Reports map[string]preview.DeviceReport `json:"reports"`
}

// cacheMost is how large a cache file may be: far above any real one.
const cacheMost = 1 << 20

// OpenCache reads the cache at path. A file that is missing or cannot be read is an empty cache.
func OpenCache(path string) *Cache {
	c := &Cache{path: path, reports: map[string]preview.DeviceReport{}}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > cacheMost {
		return c
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return c
	}
	var f cacheFile
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields() // a file of another version of the program means something else
	if err := dec.Decode(&f); err != nil || f.Version != cacheVersion {
		return c
	}
	for key, r := range f.Reports {
		if lasting(r) {
			c.reports[key] = r
		}
	}
	return c
}

// Key is what a proof is valid for: this device, with this driver, this FFmpeg (its banner) and these clips. It does
// not depend on the order in which the system found its devices today.
func Key(d preview.Device, banner, driver string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", d.ID, banner, driver)
	for _, codec := range assets.ProbeCodecs() {
		fmt.Fprintf(h, " %s %x", codec, sha256.Sum256(assets.ProbeClip(codec)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Get returns what is known of the device, with the device as it is named today. A blocked one has nothing.
func (c *Cache) Get(dev Candidate, banner string) (preview.DeviceReport, bool) {
	if dev.Blocked() {
		return preview.DeviceReport{}, false
	}
	r, ok := c.reports[Key(dev.Device, banner, dev.Driver)]
	if !ok {
		return preview.DeviceReport{}, false
	}
	r.Device = dev.Device
	r.Proofs = slices.Clone(r.Proofs)
	return r, true
}

// Put notes a report that came from Verify. One that says anything but that the device works takes back what was known.
func (c *Cache) Put(dev Candidate, banner string, r preview.DeviceReport) {
	key := Key(dev.Device, banner, dev.Driver)
	if !lasting(r) {
		if _, ok := c.reports[key]; ok {
			delete(c.reports, key)
			c.dirty = true
		}
		return
	}
	// What was known of the device with another driver or FFmpeg is of no use any more.
	for old, o := range c.reports {
		if o.Device.ID == dev.Device.ID {
			delete(c.reports, old)
		}
	}
	c.reports[key] = r
	c.dirty = true
}

// Save writes the cache, whole or not at all, if anything in it has changed. It makes the folder.
func (c *Cache) Save() error {
	if !c.dirty {
		return nil
	}
	b, err := json.MarshalIndent(cacheFile{cacheVersion, c.reports}, "", "\t")
	if err != nil {
		return fmt.Errorf("write device cache: %w", err)
	}
	dir := filepath.Dir(c.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write device cache: %w", err)
	}
	f, err := os.CreateTemp(dir, filepath.Base(c.path)+".*.part")
	if err != nil {
		return fmt.Errorf("write device cache: %w", err)
	}
	defer os.Remove(f.Name()) // it is gone when all went well
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path)
	}
	if err != nil {
		return fmt.Errorf("write device cache: %w", err)
	}
	c.dirty = false
	return nil
}

// lasting reports whether a report is worth keeping: the device works, and nothing was left untried.
func lasting(r preview.DeviceReport) bool {
	return r.Outcome == preview.Works && len(r.Proofs) == len(assets.ProbeCodecs()) &&
		!slices.ContainsFunc(r.Proofs, func(p preview.Proof) bool { return p.Outcome == preview.NotTried })
}
