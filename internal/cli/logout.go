package cli

import (
	"context"
	"fmt"

	"github.com/scrubjay/scrubjay/internal/daemon"
	"github.com/scrubjay/scrubjay/internal/preview"
)

type logoutCmd struct{}

// Run forgets the account, here and at plex.tv. When plex.tv cannot be told, it is forgotten here all the same.
func (*logoutCmd) Run(ctx context.Context, a *app) error {
	return a.signingIn(func(in *daemon.SignIn) error {
		was := in.SignedIn(ctx)
		err := in.Out(ctx)
		switch preview.ReasonOf(err) {
		case preview.AccountAway, preview.AccountBusy:
			fmt.Fprintln(a.Stdout, "Signed out here: the tokens are deleted. The servers stay in the settings.")
			fmt.Fprintf(a.stderr, "%s: plex.tv could not be told, and still takes the deleted token. "+
				"Remove the device Scrubjay in your Plex account, under Authorized Devices.\n", a.Name)
			return errSomeFailed
		}
		switch {
		case err != nil:
			return err
		case !was:
			fmt.Fprintln(a.Stdout, "Nobody is signed in.")
		default:
			fmt.Fprintln(a.Stdout, "Signed out. The servers stay in the settings, without their tokens.")
		}
		return nil
	})
}
