//go:build !windows && !darwin

package cli

func browser(url string) (program string, args []string) { return "xdg-open", []string{url} }
