// Command scrubjayd makes Plex scrubbing previews without a screen: on a server, in a container, from a script.
package main

import (
	"os"

	"github.com/scrubjay/scrubjay/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
