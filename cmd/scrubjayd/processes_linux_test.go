package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is one that runs.
type process struct {
	id                   int
	command, environment string // as the system has them, with zeros between the words
}

// processes returns those of a world. One that has ended and is not waited for by anybody has no environment any more.
func processes(dir string) (all []process) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		environment, err := os.ReadFile(filepath.Join(folder, "environ"))
		if err != nil || !strings.Contains("\x00"+string(environment), "\x00"+marker+"="+dir+"\x00") {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		id, _ := strconv.Atoi(filepath.Base(folder))
		all = append(all, process{id, string(command), string(environment)})
	}
	return all
}
