package pathmap

import (
	"os"

	"golang.org/x/sys/windows"
)

// mounted returns the drives but the system's.
func mounted() []string {
	set, err := windows.GetLogicalDrives() // asks no drive, so a share that is away makes nobody wait
	if err != nil {
		return nil
	}
	var out []string
	for i := range 26 {
		if root := string(rune('A'+i)) + `:\`; set&(1<<i) != 0 && !Same(root, wholes()[0]) {
			out = append(out, root)
		}
	}
	return out
}

// wholes are the roots of whole systems, which are searched last.
func wholes() []string {
	if drive := os.Getenv("SystemDrive"); kindOf(drive) != neither {
		return []string{drive + `\`}
	}
	return []string{`C:\`}
}
