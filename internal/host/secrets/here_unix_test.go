//go:build unix && !darwin

package secrets

import "testing"

func TestOnlyADesktopHasAKeyring(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  vars
		want bool
	}{
		{"X11", vars{"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}, true},
		{"Wayland", vars{"WAYLAND_DISPLAY": "wayland-0", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}, true},
		{"over SSH", vars{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/1000/bus"}, false},
		{"a bus would be started", vars{"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}, false},
		{"a container", vars{}, false},
	} {
		if got := keyringHere(tt.env.get); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
