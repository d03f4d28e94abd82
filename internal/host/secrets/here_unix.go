//go:build unix && !darwin

package secrets

import (
	"fmt"
	"os"
)

// keyringHere reports whether this process runs in somebody's desktop session. Without a screen nobody can unlock a
// keyring, and without a session bus go-keyring would start one (dbus-launch), which nobody ends.
func keyringHere(getenv func(string) string) bool {
	if getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" {
		return false
	}
	if bus := getenv("DBUS_SESSION_BUS_ADDRESS"); bus != "" {
		return bus != "autolaunch:"
	}
	_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid())) // where go-keyring looks then
	return err == nil
}
