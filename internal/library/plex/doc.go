// Package plex talks to plex.tv and to Plex Media Servers: signing in, choosing the way to a server, listing its
// libraries, asking it to look at files again, and finding the folder where it keeps previews.
//
// Facts about Plex that are odd stand at the line that obeys them. The package writes no previews, knows no queue, and
// keeps no settings; tokens leave it only in a header to the server that they belong to.
package plex
