package datadir

import "strings"

// place is where a way of installing Plex puts its data folder, or a folder above it.
type place struct{ pattern, from string }

// places are those of the machine's system.
func (m Machine) places() []place {
	switch m.GOOS {
	case "windows":
		return m.placesOfWindows()
	case "darwin":
		return append(m.below(m.Home, place{"/Library/Application Support/" + name, "the usual place on macOS"}),
			place{"/Users/*/Library/Application Support/" + name, "another user's place on macOS"})
	}
	return m.placesOfUnix()
}

func (m Machine) placesOfWindows() []place {
	var all []place
	if m.Registry != nil {
		for _, r := range m.Registry() {
			if dir := r.dir(m); dir != "" {
				all = append(all, place{dir, "named in the Windows registry"})
			}
		}
	}
	if local := m.env("LOCALAPPDATA"); local != "" {
		all = append(all, place{m.join(local, name), "the usual place on Windows"})
	}
	if root := m.env("SystemRoot"); root != "" { // Plex as a service
		all = append(all,
			place{m.join(root, "ServiceProfiles", "LocalService", "AppData", "Local", name), "the place of a Windows service"},
			place{m.join(root, "System32", "config", "systemprofile", "AppData", "Local", name), "the place of a Windows service"})
	}
	if drive := m.env("SystemDrive"); drive != "" {
		all = append(all, place{m.join(drive, "Users", "*", "AppData", "Local", name), "another user's place on Windows"})
	}
	return all
}

// placesOfUnix are those of Linux, of NAS systems and of FreeBSD. They differ by what is installed, not by the system:
// one list, in which few exist anywhere.
func (m Machine) placesOfUnix() []place {
	all := m.written()
	all = append(all,
		place{"/var/lib/plexmediaserver", "the usual place of the Linux package"},
		place{"/var/lib/plex", "the usual place on Arch and NixOS"},
		place{"/var/snap/plexmediaserver/common", "the place of the snap"},
	)
	all = append(all, m.below(m.Home, place{"/.var/app/tv.plex.PlexMediaServer/config", "the place of the flatpak"})...)
	all = append(all,
		place{"/volume*/PlexMediaServer/AppData", "the usual place on Synology DSM 7"},
		place{"/var/packages/PlexMediaServer/shares/PlexMediaServer/AppData", "the usual place on Synology DSM 7"},
		place{"/volume*/Plex", "the usual place on Synology DSM 6 and Asustor"},
		place{"/share/*/.qpkg/PlexMediaServer", "the usual place on QNAP"},
		place{"/c/.plex", "the usual place on ReadyNAS"},
		place{"/raid0/data/module/Plex/sys", "the usual place on Thecus"},
		place{"/usr/local/plexdata", "the usual place on FreeBSD"},
		place{"/usr/local/plexdata-plexpass", "the usual place on FreeBSD"},
		place{"/var/db/plexdata", "the usual place on old FreeNAS"},

		place{"/mnt/user/appdata/*plex*", "a container on Unraid"},
		place{"/mnt/cache/appdata/*plex*", "a container on Unraid"},
		place{"/mnt/.ix-apps/app_mounts/*plex*", "the app on TrueNAS"},
		place{"/mnt/*/ix-applications/releases/*plex*/volumes/ix_volumes/*", "the app on TrueNAS"},
	)
	const container = "where containers are often kept"
	for _, folder := range []string{"/", "/opt", "/srv", "/data", "/docker", "/appdata", "/opt/docker", "/opt/appdata", "/srv/docker", "/volume1/docker"} {
		all = append(all, place{m.join(folder, "*plex*"), container})
	}
	all = append(all, m.below(m.Home, place{"/*plex*", container}, place{"/docker/*plex*", container}, place{"/appdata/*plex*", container})...)
	return append(all, place{"/var/lib/docker/volumes/*plex*/_data", "a volume of Docker"}, place{"/config", "the folder /config"})
}

// below puts places below a folder, and gives none when there is no such folder.
func (m Machine) below(folder string, places ...place) []place {
	if folder == "" || strings.Contains(folder, "*") {
		return nil
	}
	for i := range places {
		places[i].pattern = strings.TrimRight(folder, "/") + places[i].pattern
	}
	return places
}
