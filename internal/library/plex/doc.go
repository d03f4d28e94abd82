// Package plex talks to plex.tv and to Plex Media Servers: signing in, choosing the way to a server, listing its
// libraries, asking it to look at files again, and finding the folder where it keeps previews.
//
// An [Account] signs in and lists servers; [Connect] finds the way to one of them, and a [Server] answers questions.
// Everything that comes from outside is read as far as it makes sense, and is bounded in size and in time.
//
// Facts about Plex that are odd stand at the line that obeys them. The package writes no previews, knows no queue, and
// keeps no settings; tokens leave it only in a header to the server that they belong to.
package plex
