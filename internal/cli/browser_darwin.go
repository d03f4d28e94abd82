package cli

func browser(url string) (program string, args []string) { return "open", []string{url} }
