package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPortInSettings: a setting can name the port that the router gets.
func TestPortInSettings(t *testing.T) {
	dir := t.TempDir()
	r := &Router{kind: &smpRouter, dir: dir}
	if err := os.MkdirAll(r.config(), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"fingerprint": strings.Repeat("A", 43) + "=\n", smpRouter.ini: "[TRANSPORT]\nport = 5223\n[WEB]\n# https = 443\n"} {
		if err := os.WriteFile(filepath.Join(r.config(), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := setUp(t.Context(), &smpRouter, dir, []string{"smp-server", "start"}, []Setting{{"WEB", "https", "$PORT"}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.ini())
	if err != nil || !strings.Contains(string(text), "\nhttps = "+made.Address.Port+"\n") {
		t.Errorf("%v, %s", err, text)
	}
}
