package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"switchyard/server/inifile"
	"switchyard/server/manage"
)

// rendered is the ini file of `init -y --no-password --disable-web`, but for what change changes.
func rendered(t *testing.T, change func(*initOptions)) string {
	t.Helper()
	o := initOptions{
		storeLog: true, noPassword: true, disableWeb: true, yes: true, algorithm: "ED25519",
		database: defaultDatabase, schema: defaultSchema, poolSize: defaultPoolSize, ip: manage.LoopbackIP,
	}
	change(&o)
	if err := o.normalize(); err != nil {
		t.Fatal(err)
	}
	values := o.iniValues(paths{cfgDir: "CFG", logDir: "LOG"})
	text, err := values.render()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// keyLines are the sections and settings of an ini text; of settings that are commented out only the names.
func keyLines(text string) []string {
	setting := regexp.MustCompile(`^(\[[A-Z_]+\]|[a-z_]+ = .*|# [a-z_]+ =)`)
	var lines []string
	for line := range strings.Lines(text) {
		if m := setting.FindString(strings.TrimRight(line, "\n")); m != "" {
			lines = append(lines, strings.TrimSuffix(m, " ="))
		}
	}
	return lines
}

// TestIniHasTheReferencesSettings: the same sections, settings and defaults in the same order; ours follow.
func TestIniHasTheReferencesSettings(t *testing.T) {
	want, err := os.ReadFile("testdata/reference.keys")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(keyLines(rendered(t, func(*initOptions) {})), "\n") + "\n"
	theirs, ours, found := strings.Cut(got, "[SWITCHYARD]\n")
	if theirs != string(want) {
		t.Errorf("got\n%s\nwant\n%s", theirs, want)
	}
	if !found || !strings.HasPrefix(ours, "# bind\nsync = always\n") {
		t.Errorf("our section begins with %q", ours)
	}
}

// TestIniLinesThatScriptsEdit: the container's entry point changes these lines with sed.
func TestIniLinesThatScriptsEdit(t *testing.T) {
	text := rendered(t, func(o *initOptions) { o.disableWeb = false })
	for _, line := range []string{"port = 5223,443", "https = 443", "cert = CFG/web.crt", "key = CFG/web.key"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

// TestIniIsRead: what init writes, start accepts without a doubt, and every setting that start reads is in the template.
func TestIniIsRead(t *testing.T) {
	text := rendered(t, func(o *initOptions) {
		o.noPassword, o.controlPort, o.socksProxy, o.ownDomains = false, defaultControlPort, defaultSocksProxy, "a.example,b.example"
		o.sourceCode, o.info = "https://example.net", information{operator: "O", operatorCountry: "nz", hosting: "H"}
	})
	f, err := inifile.Parse("x.ini", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := readSettings(f, paths{cfgDir: "CFG", logDir: "LOG"})
	if f.Err() != nil {
		t.Fatal(f.Err())
	}
	if lines := f.Doubtful(knownSettings()); lines != nil {
		t.Error(lines)
	}
	if s.password == "" || s.source != "https://example.net" || s.storePath != "LOG/store" || !s.persist {
		t.Errorf("%+v", s)
	}
}
