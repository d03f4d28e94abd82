package cli

func browser(url string) (program string, args []string) {
	return "rundll32", []string{"url.dll,FileProtocolHandler", url}
}
