package tidy

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	// pageLink is a link to a file of ours.
	pageLink = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	// pageName is a file or folder of ours between backticks: it has a slash, or is a page at the root.
	pageName = regexp.MustCompile("`((?:[a-z0-9_.-]+/)+[A-Za-z0-9_.-]*|[A-Z]+\\.md)`")
	// pageFunction is a function or type that a page places in a file, as in `shard/send.go` `core.send`.
	pageFunction = regexp.MustCompile("`([a-z0-9_/.-]+\\.go)` `([A-Za-z.]+)`")
)

// pagesNameWhatIsThere finds files and functions that a page names and nobody can find. Names whose first folder is none of ours
// are others': a user's directories, modules.
func pagesNameWhatIsThere(files []*file) (found []offence) {
	byName, folders := make(map[string]*file), make(map[string]bool)
	for _, f := range files {
		byName[f.name] = f
		for d := path.Dir(f.name); d != "."; d = path.Dir(d) {
			folders[d] = true
		}
	}
	for _, f := range files {
		if path.Ext(f.name) != ".md" || !f.text() {
			continue
		}
		for i, line := range strings.Split(string(f.data), "\n") {
			missing := func(what string) { found = append(found, offence{f.name, i + 1, what + " is not there"}) }
			for _, m := range pageLink.FindAllStringSubmatch(line, -1) {
				if target := path.Join(path.Dir(f.name), m[1]); byName[target] == nil && !folders[target] {
					missing(m[1])
				}
			}
			for _, m := range pageName.FindAllStringSubmatch(line, -1) {
				name := strings.TrimSuffix(m[1], "/")
				first, _, _ := strings.Cut(name, "/")
				if beside := path.Join(path.Dir(f.name), name); folders[first] && byName[name] == nil && !folders[name] &&
					byName[beside] == nil && !folders[beside] {
					missing(m[1])
				}
			}
			for _, m := range pageFunction.FindAllStringSubmatch(line, -1) {
				if in := byName[m[1]]; in != nil && !declares(in, m[2]) {
					missing(m[2] + " in " + m[1])
				}
			}
		}
	}
	return found
}

// declares tells whether a file declares a function, a method as in core.send, or a type.
func declares(f *file, name string) bool {
	receiver, method, isMethod := strings.Cut(name, ".")
	if !isMethod {
		return regexp.MustCompile(`(?m)^(func|type|\t)\s*` + name + `\b`).Match(f.data)
	}
	return regexp.MustCompile(`(?m)^func \(\w* ?\*?` + receiver + `\) ` + method + `\(`).Match(f.data)
}

// TestPagesNameWhatIsThere shows that a page that names what is not there is found.
func TestPagesNameWhatIsThere(t *testing.T) {
	code, err := newFile("shard/send.go", []byte("package shard\n\nfunc (c *core) send() {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"`shard/send.go` `core.send`, [here](../shard/send.go), `shard/`, `example.net/x`, `etc/ini`": "",
		"`shard/gone.go`":                "docs/a.md:1: shard/gone.go is not there",
		"[here](gone.go)":                "docs/a.md:1: gone.go is not there",
		"\n`shard/send.go` `core.queue`": "docs/a.md:2: core.queue in shard/send.go is not there",
	} {
		page, err := newFile("docs/a.md", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range pagesNameWhatIsThere([]*file{code, page}) {
			got = append(got, o.String())
		}
		if s := strings.Join(got, "\n"); s != want {
			t.Errorf("%q: got %q, want %q", text, s, want)
		}
	}
}
