package gpu

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"syscall"

	"github.com/scrubjay/scrubjay/internal/preview"
)

// barred opens a render node for reading and writing, as drivers do, and says why it cannot be opened; nil when it can.
func (m Machine) barred(node string) *trouble {
	if m.OpenRW == nil {
		return nil
	}
	err := m.OpenRW(node)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPERM):
		// Not the file's rights but the container's list of devices.
		t := trouble{
			preview.DevicePermission,
			"The system does not let this process use " + node + ".",
			"Look for a security rule on devices, such as DeviceAllow of a systemd service.",
		}
		if c := m.container(); c != "" {
			t.because = "The container may see " + node + " but not use it."
			t.hint = c.nodeLines(node)
			if c == docker {
				t.hint += "\nA volume (-v /dev/dri) is not enough."
			}
		}
		return &t
	case errors.Is(err, fs.ErrPermission):
		t := m.permission(node)
		return &t
	case errors.Is(err, fs.ErrNotExist):
		t := trouble{
			preview.DeviceDriver,
			"The device has no " + node + ".",
			"Restart the machine; if that does not help, reinstall the graphics driver.",
		}
		if c := m.container(); c != "" {
			t = trouble{
				preview.DevicePermission,
				"The host has this device, but it was not given to the container.",
				c.nodeLines(node),
			}
			if lines := c.groupLines("GROUP"); lines != "" {
				t.hint += "\n" + lines + "\nwhere GROUP is what this prints on the host: stat -c %g " + node
			}
		}
		return &t
	}
	return &trouble{
		preview.DeviceDriver,
		node + " cannot be opened: " + reasonOnly(err) + ".",
		"Restart the machine; if that does not help, see what the kernel says: sudo dmesg | grep drm",
	}
}

// nobodysGroup is what the owner of a file looks like when the user namespace of a container does not know it.
const nobodysGroup = 65534

// permission says whose the node is and how this user gets to it.
func (m Machine) permission(node string) trouble {
	t := trouble{preview.DevicePermission, m.user() + " may not open " + node + ".", ""}
	inside := m.container()
	owner, err := m.owner(node)
	if err != nil {
		t.hint = "See who may: ls -ln " + node
		return t
	}
	id := strconv.Itoa(owner.GID)
	name := m.groupName(owner.GID)
	group := name
	if group == "" {
		group = id
	}
	both := group
	if name != "" {
		both += " (" + id + ")"
	}
	mayGroup := owner.Mode.Perm()&0o060 == 0o060
	switch {
	case owner.GID == nobodysGroup:
		t.hint = "The container hides who owns the node. " + m.hiddenOwner(inside, node)
	case owner.GID == 0 || !mayGroup:
		// Nobody should join root's group for this.
		where := ""
		if inside != "" {
			where = " on the host"
		}
		t.because += " It is open to root alone."
		t.hint = "Give it to a group" + where + ": sudo chgrp render " + node + " && sudo chmod g+rw " + node
	case slices.Contains(m.Groups, owner.GID):
		t.because += " " + m.user() + " is in its group " + both + "; a security module such as SELinux or AppArmor forbids it."
		t.hint = "With SELinux: sudo setsebool -P container_use_devices=true. Else see the log: sudo journalctl -g denied"
	case inside != "" && inside.groupLines(id) != "":
		t.because += " It belongs to the group " + both + "."
		t.hint = inside.groupLines(id)
	case m.joined(owner.GID):
		t.because += " " + m.user() + " was added to its group " + both + " after logging in."
		t.hint = "Log out and in again, or restart the service."
	default:
		t.because += " It belongs to the group " + both + "."
		t.hint = "Run: sudo usermod -aG " + group + " " + m.account() + " - then log out and in again, or restart the service."
	}
	return t
}

func (m Machine) hiddenOwner(inside container, node string) string {
	if inside == lxc || inside == "" {
		return "In Proxmox, on the host: pct set NUMBER --dev0 " + node + ",gid=GROUP with the number of the group render " +
			"inside the container."
	}
	return "Run it without a user namespace (docker run --userns=host; Podman: --group-add keep-groups)."
}

// user is the user at the beginning of a sentence, account as an argument.
func (m Machine) user() string {
	if m.User == "" {
		return "This user"
	}
	return "The user " + m.User
}

func (m Machine) account() string {
	if m.User == "" {
		return "$USER"
	}
	return m.User
}

func (m Machine) owner(path string) (Owner, error) {
	if m.Owner == nil {
		return Owner{}, errNone
	}
	return m.Owner(path)
}

// reasonOnly is the system's word without the path, which stands in the sentence already.
func reasonOnly(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
