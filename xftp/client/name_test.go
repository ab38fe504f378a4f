package client

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "a.txt", "../../etc/passwd": "passwd", `C:\dir\x`: "x", "": "file", "..": "file", "/": "file", "a\nb": "a_b", ".x": ".x",
		"photo\u202egpj.exe": "photogpj.exe", "\u2066\u2069\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u2067\u2068": "file",
		"a\u2028b\u0085\x7f": "a_b__", "\xff\xfe.txt": "?.txt",
	} {
		if got := SafeName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
	dir := t.TempDir()
	for _, test := range []struct{ name, want string }{
		{"a.tar.gz", "a.tar.gz"}, {"a.tar.gz", "a_1.tar.gz"}, {"a.tar.gz", "a_2.tar.gz"}, {"b", "b"}, {"b", "b_1"},
	} {
		p, err := UniquePath(dir, test.name)
		check(t, err)
		if filepath.Base(p) != test.want {
			t.Errorf("%s, want %s", p, test.want)
		}
		check(t, os.WriteFile(p, nil, 0o600))
	}
}

// TestLongNames: no name is longer than file systems allow, with what is added to it, and names are not cut within a
// character.
func TestLongNames(t *testing.T) {
	x := strings.Repeat
	for _, test := range []struct{ name, added, want string }{
		{x("b", 255), "", x("b", 255)},
		{x("b", 255), "_1", x("b", 253) + "_1"},
		{x("b", 300), "", x("b", 255)},
		{x("b", 255) + ".tar.gz", "_10", x("b", 245) + "_10.tar.gz"},
		{"b." + x("c", 255), "_1", "b." + x("c", 251) + "_1"},
		{"." + x("c", 255), "", "." + x("c", 254)},
		{x("ф", 127) + ".x", "_1", x("ф", 125) + "_1.x"},
	} {
		if got := Shorten(test.name, test.added, maxName); got != test.want || len(got) > maxName || !utf8.ValidString(got) {
			t.Errorf("%.9s… and %q: %d bytes, %s", test.name, test.added, len(got), got)
		}
	}
	dir := t.TempDir()
	for n := range 12 {
		p, err := UniquePath(dir, x("d", 255)+".txt")
		check(t, err)
		check(t, os.WriteFile(p, nil, 0o600))
		if n > 0 && !strings.Contains(p, "_") {
			t.Error(p)
		}
	}
}

// TestPathsThatCannotBeLookedAt: that a path cannot be looked at does not mean that it exists.
func TestPathsThatCannotBeLookedAt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below"), filepath.Join(t.TempDir(), strings.Repeat("a", 300)), "a\x00b"} {
		if p, err := UniquePath(dir, "name"); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q is free: %v", p, err)
		}
	}
	tries := 0
	_, err := Unique("", "name", func(string) error { tries++; return fs.ErrExist })
	if !errors.Is(err, ErrExists) || tries != maxNumber {
		t.Errorf("%d tries: %v", tries, err)
	}
}
