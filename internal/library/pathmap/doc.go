// Package pathmap turns a media server's paths into this machine's, and back.
//
// A [Row] says that what the server calls one folder is called something else here. The longest remote folder that holds
// a path wins, counted in segments, so that "/data/tv" goes before "/data" whatever stands first; rows with the same
// remote folder are all tried, because one library may be spread over several disks. A path that no row holds is taken as
// it is.
//
// Whether a path is of Unix or of Windows is read off its own text, never off the system that this runs on: the server
// may be either, and so may we. Windows' paths are compared without regard to case and may be written with both kinds of
// slash; a backslash in a path of Unix is part of a name. Names are compared in Unicode's form C, since macOS and some
// shares spell the same name otherwise, but what stands below the mapped folder goes through byte for byte.
//
// A [Map] looks at no disk. [Propose], which finds rows for folders that do not exist here, does so by way of [Mounts].
// The package knows no server and no library.
package pathmap
