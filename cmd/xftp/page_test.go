package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/xftp/web/webtest"
)

// run runs xftp in a directory, and is what it prints.
func run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("xftp", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("xftp %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPage sends with the program and receives with the page, and the other way round. The page's file for deleting is
// one for the program.
func TestPage(t *testing.T) {
	trusted := t.TempDir()
	t.Setenv("SSL_CERT_FILE", "")
	t.Setenv("SSL_CERT_DIR", trusted)
	r := webtest.StartRouter(t, trust(t, trusted+"/one.pem"))
	other := webtest.StartRouter(t, trust(t, trusted+"/other.pem"))
	b := webtest.Start(t)
	dir := t.TempDir()
	content := make([]byte, 5<<20)
	rand.Read(content)
	path := filepath.Join(dir, "both ways.bin")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}

	out := run(t, dir, "send", "--json", "-s", r.Address.String()+";"+other.Address.String(), path)
	var sent struct{ Link string }
	for line := range strings.Lines(out) {
		if strings.Contains(line, `"event":"sent"`) {
			check(t, json.Unmarshal([]byte(line), &sent))
		}
	}
	if !strings.HasPrefix(sent.Link, r.URL+"/file/#") && !strings.HasPrefix(sent.Link, other.URL+"/file/#") {
		t.Errorf("no link to one of the pages: %s", out)
	}
	name, got := b.Open(sent.Link).Receive()
	if name != "both ways.bin" || !bytes.Equal(got, content) {
		t.Errorf("the page receives %s with %d bytes", name, len(got))
	}
	run(t, dir, "del", "-y", "both ways.bin.xftp/snd.xftp.private")

	tab := b.Open(r.URL + "/file/")
	link := tab.Send(path)
	run(t, dir, "recv", "-y", link, "received")
	if got := read(t, filepath.Join(dir, "received")); !bytes.Equal(got, content) {
		t.Errorf("the program receives %d bytes", len(got))
	}
	tab.Click("#keep")
	name, deletion := tab.Saved()
	if name != "both ways.bin.xftp.private" {
		t.Errorf("the file for deleting is called %s", name)
	}
	if err := os.WriteFile(filepath.Join(dir, "deletion"), deletion, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "del", "-y", "deletion")
	if n := r.Bodies(t) + other.Bodies(t); n > 0 {
		t.Errorf("%d packets are left", n)
	}
	b.Quiet()
}
