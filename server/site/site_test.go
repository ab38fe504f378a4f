package site_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/server/information"
	"switchyard/server/qrcode/qrtest"
	"switchyard/server/site"
	"switchyard/smp"
)

// TestPage: what the operator says is there as text, and no mistake of an operator's runs as a script.
func TestPage(t *testing.T) {
	s := &site.Site{
		Kind: "SMP router", Purpose: "of messages", Version: "v1", IniName: "x.ini",
		Address: smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: []string{"a.example", "b.onion"}, BasicAuth: "secret"},
		Information: information.Information{
			SourceCode: "https://a.example/source", Website: "https://a.example",
			Operator: information.Entity{Name: "<b>O</b>", Country: "CH"}, Hosting: information.Entity{Name: "H"},
			HostingType: "owned", ServerCountry: "IS", UsageConditions: "javascript:alert(1)",
			Admin: information.Contacts{SimpleX: "simplex:/contact#x", Email: "a@a.example", PGP: information.PGP{URI: "https://a.example/key", Fingerprint: "AB CD"}},
		},
		Configuration: []site.Row{site.Say("New queues", "allowed with a password")},
		Config:        map[string]bool{"newQueuesAllowed": true},
		Offer:         &site.Offer{Text: "Words", Label: "Do it", Address: "/do/"},
		Scripts:       []string{"/assets/x.js"},
		Files:         map[string][]byte{"do/index.html": []byte("a page of its own")},
	}
	h, dir := written(t, s)
	text := get(h, "/").Body.String()
	for _, want := range []string{
		"<h1>SMP router</h1>", "A router of messages", "v1", `<a href="https://a.example"`, `<a href="https://a.example/source"`,
		"&lt;b&gt;O&lt;/b&gt; (CH)", "<dd>H</dd>", "owned", "IS", "simplex:/contact#x", `href="mailto:a@a.example"`, "AB CD",
		"allowed with a password", `content="http://b.onion/"`, `href="/do/"`, `src="/assets/x.js"`,
		`<p class="address">smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@a.example,b.onion</p>`, `src="/media/address.svg"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in the page", want)
		}
	}
	for _, not := range []string{"<b>", `href="javascript`, "Complaints", "Amendments", "secret", "style=", "<script>", "src=\"http"} {
		if strings.Contains(text, not) {
			t.Errorf("%s in the page", not)
		}
	}
	if got := qrtest.ReadSVG(t, get(h, "/media/address.svg").Body.String()); got != s.AddressText() || strings.Contains(got, "secret") {
		t.Errorf("the code is of %q", got)
	}
	if got := get(h, "/do").Body.String(); got != "a page of its own" {
		t.Error(got)
	}
	if got := get(h, "/information.json").Body.String(); !strings.Contains(got, `"newQueuesAllowed": true`) || !strings.Contains(got, `"sourceCode": "https://a.example/source"`) {
		t.Error(got)
	}

	// Written again: what is no longer of the site goes, and the operator's files stay.
	own := filepath.Join(dir, "media/own.txt")
	if err := os.WriteFile(own, []byte("own"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "media/style.css"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Address.Hosts, s.Files, s.Gone, s.Information = nil, nil, []string{"do/index.html"}, information.Information{}
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	for path, there := range map[string]bool{"/do/": false, "/media/address.svg": false, "/media/own.txt": true} {
		if (get(h, path).Code == 200) != there {
			t.Errorf("%s: %d", path, get(h, path).Code)
		}
	}
	text = get(h, "/").Body.String()
	if strings.Contains(text, "smp://") || !strings.Contains(text, "not given: the operator can add it to x.ini") {
		t.Error("an address without hosts, or no word of the source")
	}
	if strings.Contains(get(h, "/media/style.css", "Accept-Encoding", "gzip").Body.String(), "changed") || get(h, "/media/style.css").Body.String() == "changed" {
		t.Error("a file of ours is not written anew")
	}
	if err := s.Write(own); err == nil {
		t.Error("a site is written into a file")
	}
}
