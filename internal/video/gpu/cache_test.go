package gpu_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/video/gpu"
)

func TestCacheRemembersWhatWorks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "devices.json")
	c := nvidiaCard(t)
	report, _ := verify(t, c, fails{"av1": saying(preview.DeviceUnsupported, "")})

	cache := gpu.OpenCache(path)
	if _, ok := cache.Get(c, "5.1"); ok {
		t.Error("an empty cache knows nothing")
	}
	cache.Put(c, "5.1", report)
	if err := cache.Save(); err != nil {
		t.Fatal(err)
	}
	got, ok := gpu.OpenCache(path).Get(c, "5.1")
	if !ok {
		t.Fatal("forgotten")
	}
	if diff := cmp.Diff(report, got); diff != "" {
		t.Error(diff)
	}
	if rest, _ := filepath.Glob(path + ".*"); len(rest) > 0 {
		t.Errorf("left behind: %q", rest)
	}

	t.Run("not for another FFmpeg", func(t *testing.T) {
		if _, ok := gpu.OpenCache(path).Get(c, "6.0"); ok {
			t.Error("found")
		}
	})
	t.Run("not for another driver", func(t *testing.T) {
		c := c
		c.Driver = "550.1"
		if _, ok := gpu.OpenCache(path).Get(c, "5.1"); ok {
			t.Error("found")
		}
	})
	t.Run("not while the device is blocked", func(t *testing.T) {
		c := c
		c.Because = "It is raining."
		if _, ok := gpu.OpenCache(path).Get(c, "5.1"); ok {
			t.Error("found")
		}
	})
	t.Run("with today's number", func(t *testing.T) {
		c := c
		c.Device.Handle = "1"
		got, ok := gpu.OpenCache(path).Get(c, "5.1")
		if !ok || got.Device.Handle != "1" {
			t.Errorf("got %+v, %v", got.Device, ok)
		}
	})
	t.Run("until another FFmpeg is proved", func(t *testing.T) {
		cache := gpu.OpenCache(path)
		cache.Put(c, "6.0", report)
		if _, ok := cache.Get(c, "5.1"); ok {
			t.Error("the old proof is still there")
		}
	})
	t.Run("until it fails", func(t *testing.T) {
		cache := gpu.OpenCache(path)
		bad, _ := verify(t, c, fails{"h264": saying(preview.DeviceLost, "")})
		cache.Put(c, "5.1", bad)
		if err := cache.Save(); err != nil {
			t.Fatal(err)
		}
		if _, ok := gpu.OpenCache(path).Get(c, "5.1"); ok {
			t.Error("the old proof is still there")
		}
	})
}

func TestFailuresAreTriedAgainEachTime(t *testing.T) {
	c := nvidiaCard(t)
	for name, f := range map[string]fails{
		"does not":         {"h264": saying(preview.DeviceDriver, "")},
		"left one untried": {"hevc": saying(preview.DeviceBusy, "")},
	} {
		path := filepath.Join(t.TempDir(), "devices.json")
		cache := gpu.OpenCache(path)
		report, _ := verify(t, c, f)
		cache.Put(c, "5.1", report)
		if err := cache.Save(); err != nil {
			t.Fatal(err)
		}
		if _, ok := cache.Get(c, "5.1"); ok {
			t.Errorf("%s: remembered", name)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: wrote a file that says nothing", name)
		}
	}
}

func TestUnreadableCacheIsAnEmptyOne(t *testing.T) {
	dir := t.TempDir()
	c := nvidiaCard(t)
	report, _ := verify(t, c, nil)
	for name, content := range map[string]string{
		"empty":          "",
		"text":           "hello",
		"cut":            `{"version":1,"reports":{"ab":{"Device":`,
		"other version":  `{"version":99,"reports":{}}`,
		"unknown fields": `{"version":1,"colour":"blue","reports":{}}`,
		"wrong types":    `{"version":1,"reports":[1,2]}`,
		"too large":      `{"version":1,"reports":{}}` + strings.Repeat(" ", 2<<20),
		"lies": `{"version":1,"reports":{"` + gpu.Key(c.Device, "5.1", c.Driver) +
			`":{"Device":{"ID":"x","Kind":"cuda","Name":"","Handle":""},"Outcome":"works","Because":"","Hint":"","Proofs":[]}}}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		cache := gpu.OpenCache(path)
		if _, ok := cache.Get(c, "5.1"); ok {
			t.Errorf("%s: something was found", name)
		}
		cache.Put(c, "5.1", report)
		if err := cache.Save(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := gpu.OpenCache(path).Get(c, "5.1"); !ok {
			t.Errorf("%s: it cannot be written over", name)
		}
	}
	if _, ok := gpu.OpenCache(dir).Get(c, "5.1"); ok {
		t.Error("a folder is no cache")
	}
}

func TestCacheThatCannotBeWrittenSaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := nvidiaCard(t)
	report, _ := verify(t, c, nil)
	cache := gpu.OpenCache(filepath.Join(file, "devices.json"))
	cache.Put(c, "5.1", report)
	if err := cache.Save(); err == nil || !strings.HasPrefix(err.Error(), "write device cache: ") {
		t.Errorf("got %v", err)
	}
}

func TestKeyTellsDevicesApartAndForgetsTheirOrder(t *testing.T) {
	a := preview.Device{ID: "cuda:GPU-a", Kind: preview.CUDA, Name: "RTX", Handle: "0"}
	moved := a
	moved.Handle = "1"
	if gpu.Key(a, "5.1", "535") != gpu.Key(moved, "5.1", "535") {
		t.Error("a card that got another number is the same card")
	}
	b := a
	b.ID = "cuda:GPU-b"
	keys := map[string]bool{gpu.Key(a, "5.1", "535"): true, gpu.Key(b, "5.1", "535"): true, gpu.Key(a, "5.1 535", ""): true, gpu.Key(a, "6.0", "535"): true}
	if len(keys) != 4 {
		t.Errorf("got %v", keys)
	}
}
