package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
)

// file is one tracked file. Syntax is nil for files that are not Go.
type file struct {
	name   string // slash-separated, from the root of the repository
	data   []byte
	fset   *token.FileSet
	syntax *ast.File
}

func newFile(name string, data []byte) (*file, error) {
	f := &file{name: name, data: data}
	if path.Ext(name) != ".go" {
		return f, nil
	}
	f.fset = token.NewFileSet()
	var err error
	f.syntax, err = parser.ParseFile(f.fset, name, data, parser.ParseComments)
	return f, err
}

func (f *file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// text says whether the file is written by hand in a language that people read: not a test vector, not a binary.
func (f *file) text() bool {
	return !strings.Contains("/"+f.name, "/testdata/") && !bytes.ContainsRune(f.data, 0)
}

func (f *file) lineOf(p token.Pos) int { return f.fset.Position(p).Line }

// offence is a line that breaks a rule.
type offence struct {
	file string
	line int
	what string
}

func (o offence) String() string { return fmt.Sprintf("%s:%d: %s", o.file, o.line, o.what) }

// rule finds the offences among all files.
type rule struct {
	name string
	find func([]*file) []offence
}

// each makes a rule about all files from one about a single file.
func each(check func(*file) []offence) func([]*file) []offence {
	return func(files []*file) (found []offence) {
		for _, f := range files {
			found = append(found, check(f)...)
		}
		return found
	}
}

// eachGo is each for Go files.
func eachGo(check func(*file) []offence) func([]*file) []offence {
	return each(func(f *file) []offence {
		if f.syntax == nil {
			return nil
		}
		return check(f)
	})
}

var rules = []rule{
	{"gofmt", eachGo(formatted)},
	{"file length", eachGo(length)},
	{"no sleep and no skip in tests", eachGo(callsInTests)},
	{"nothing left to do", each(leftovers)},
	{"folder size", folderSize},
	{"package doc", packageDocs},
	{"package names", eachGo(packageName)},
	{"import direction", importDirection},
	{"pages name what is there", pagesNameWhatIsThere},
	{"pages run what is there", pagesRunWhatIsThere},
	{"profiles have what is named", profileNames},
	{"Pebble is opened in one place", eachGo(opensPebble)},
	{"no machine paths", each(machinePaths)},
	{"no registry hosts", each(registryHosts)},
	{"no bytes by value", eachGo(bytesByValue)},
}

func TestHouseRules(t *testing.T) {
	files := tracked(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, o := range r.find(files) {
				t.Error(o)
			}
		})
	}
}

// tracked reads the files that git knows and that are there, or every file when the tree is no clone.
func tracked(t *testing.T) []*file {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	var files []*file
	for _, name := range listFiles(t, root) {
		data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if os.IsNotExist(err) {
			continue // removed, but not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		f, err := newFile(name, data)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		t.Fatal("no files found")
	}
	return files
}

// notOurs are the directories that git ignores.
var notOurs = []string{".git", "bin", "data", "tmp", "node_modules"}

func listFiles(t *testing.T, root string) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	if out, err := cmd.Output(); err == nil {
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	var names []string
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(notOurs, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(root, p)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return names
}
