// Package mkv knows Matroska and WebM, in three nouns.
//
// A [File] says where the video packets of a file lie. It reads the index that the file carries (Cues), or, where
// there is none or it lies, hops over the headers of clusters and blocks; payloads are read only when asked for.
// A [Writer] carries packets to FFmpeg's standard input as a small live stream, and [Pictures] takes the JPEGs
// from FFmpeg's standard output, each with its time.
//
// The package believes no length that a file or stream states: each is held against what surrounds it before
// anything is read or allocated. It knows no codec beyond the name that stands in the file, decodes nothing, and
// does not know FFmpeg's arguments.
//
// The format is RFC 8794 (EBML) and RFC 9559 (Matroska). Where files in the wild and FFmpeg's demuxer disagree
// with these, the line that follows FFmpeg says so, because the rest of Scrubjay holds our times against ffprobe's.
package mkv
