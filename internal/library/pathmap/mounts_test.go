package pathmap

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMountsOfALinuxMachine(t *testing.T) {
	const table = `sysfs /sys sysfs rw 0 0
proc /proc proc rw 0 0
/dev/nvme0n1p2 / ext4 rw,relatime 0 0
/dev/nvme0n1p1 /boot/efi vfat rw 0 0
tmpfs /run tmpfs rw 0 0
//nas/media /mnt/My\040Films\134x cifs rw 0 0
10.0.0.2:/volume1/tv /mnt/tv nfs4 rw 0 0
mergerfs /mnt/user fuse.mergerfs rw 0 0
/dev/sdb1 /run/media/ann/STICK exfat rw 0 0
/dev/sda1 /etc/hosts ext4 rw 0 0
overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
odd
`
	want := []string{`/mnt/My Films\x`, "/mnt/tv", "/mnt/user", "/run/media/ann/STICK"}
	if diff := cmp.Diff(want, mountsOf(strings.NewReader(table))); diff != "" {
		t.Error(diff)
	}
}
