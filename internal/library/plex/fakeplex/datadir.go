package fakeplex

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// makeDataDir makes what Plex's data folder is known by. The token in its settings is none that anybody accepts.
func (f *Fake) makeDataDir() error {
	if f.o.DataDir == "" {
		return nil
	}
	for _, dir := range []string{"Media/localhost", "Metadata", "Cache", "Logs", "Plug-in Support/Databases"} {
		if err := os.MkdirAll(filepath.Join(f.o.DataDir, filepath.FromSlash(dir)), 0o755); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
	}
	for name, text := range map[string]string{
		"Preferences.xml": f.preferences(),
		"Plug-in Support/Databases/com.plexapp.plugins.library.db": "",
	} {
		if err := os.WriteFile(filepath.Join(f.o.DataDir, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
	}
	return nil
}

func (f *Fake) preferences() string {
	n := element("Preferences",
		attr{"OldestPreviousVersion", version}, attr{"MachineIdentifier", f.machine}, attr{"ProcessedMachineIdentifier", f.identity},
		attr{"AcceptedEULA", true}, attr{"FriendlyName", f.o.Name}, attr{"PlexOnlineToken", "not-a-token"},
		attr{"PlexOnlineUsername", username}, attr{"GenerateBIFBehavior", "never"}, attr{"secureConnections", 1})
	var b strings.Builder
	b.WriteString(xml.Header)
	n.element(&b)
	return b.String()
}
