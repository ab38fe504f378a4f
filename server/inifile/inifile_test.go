package inifile

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sample = `# a comment
[TRANSPORT]
host = example.net
port: 5223,443
# key = commented
log_tls_errors = off
note = keeps # and ; and "quotes" \
empty =
port = 1

[AUTH]
; another comment
new_queues = maybe
create_password = a=b:c
quota = 12x
mode = sometimes
`

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("x.ini", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLookup(t *testing.T) {
	f := parse(t, sample)
	for _, test := range []struct {
		section, key, want string
		there              bool
	}{
		{"TRANSPORT", "host", "example.net", true},
		{"TRANSPORT", "port", "5223,443", true}, // the other delimiter; the first of two counts
		{"TRANSPORT", "note", `keeps # and ; and "quotes" \`, true},
		{"TRANSPORT", "empty", "", true},
		{"TRANSPORT", "key", "", false},
		{"AUTH", "create_password", "a=b:c", true},
		{"AUTH", "host", "", false},
		{"auth", "new_queues", "", false}, // names are case-sensitive
		{"NOWHERE", "host", "", false},
	} {
		got, there := f.Lookup(test.section, test.key)
		if got != test.want || there != test.there {
			t.Errorf("[%s] %s: %q %v, want %q %v", test.section, test.key, got, there, test.want, test.there)
		}
	}
	if f.Err() != nil {
		t.Error(f.Err())
	}
}

// TestValuesAreTheRestOfTheLine: no character of a value is special, whatever libraries think of it.
func TestValuesAreTheRestOfTheLine(t *testing.T) {
	for _, value := range []string{
		"`", "`a", "`a`", "`a` b", `"`, `"a"`, `"""`, `"""a`, `"""a"""`, `"""a""" b`, `'a'`, `'`, ";", ";a", "a;b", "a ; b", "#", "#a", "a # b",
		`a\`, `\`, `\;`, "=", "=a", ":a", "a=b:c", "[B]", "%(x)s", "$x", "1:a", "é", "\u00a0x", "-",
	} {
		for _, form := range []string{"[A]\nx = %s\ny = 1\n", "[A]\r\nx=%s\r\ny = 1\r\n", "\ufeff[A]\n  x : %s \t\ny = 1", "[A]\ny = 1\nx = %s"} {
			f := parse(t, strings.Replace(form, "%s", value, 1))
			if got, there := f.Lookup("A", "x"); !there || got != strings.TrimSpace(value) {
				t.Errorf("%q: %q %v", value, got, there)
			}
			if got := f.Text("A", "y", ""); got != "1" {
				t.Errorf("%q: the next setting is %q", value, got)
			}
		}
	}
}

func TestFaultsNameTheLine(t *testing.T) {
	for _, test := range []struct {
		read func(*File)
		want string
	}{
		{func(f *File) { f.OnOff("AUTH", "new_queues", true) },
			`x.ini:13: [AUTH] new_queues: "maybe" is neither on nor off; write on or off`},
		{func(f *File) { f.Int("AUTH", "quota", 1, -1, 99) },
			`x.ini:15: [AUTH] quota: "12x" is not a number in range; write one from -1 to 99`},
		{func(f *File) { f.Choice("AUTH", "mode", "always", "never") },
			`x.ini:16: [AUTH] mode: "sometimes" is unknown; write always or never`},
		{func(f *File) { f.Required("AUTH", "port", "5223") },
			"x.ini:11: [AUTH] port: is missing; add `port = 5223`"},
		{func(f *File) { f.Required("PROXY", "mode", "x") },
			"x.ini: [PROXY] mode: is missing; add `mode = x`"},
		{func(f *File) { f.Required("TRANSPORT", "empty", "x") },
			"x.ini:8: [TRANSPORT] empty: has no value; write `empty = x`"},
		{func(f *File) { f.Directory("TRANSPORT", "empty", "/srv") },
			"x.ini:8: [TRANSPORT] empty: is empty; write a directory, or remove the line"},
		{func(f *File) { f.Directory("TRANSPORT", "none", "/srv"); f.Directory("TRANSPORT", "host", "/srv") }, ""},
		{func(f *File) { f.Refuse("TRANSPORT", "host", "a", "b"); f.Refuse("AUTH", "mode", "c", "d") },
			"x.ini:3: [TRANSPORT] host: a; b"},
		{func(f *File) { f.OnOff("AUTH", "other", true); f.Int("AUTH", "n", 7, 0, 9) }, ""},
	} {
		f := parse(t, sample)
		test.read(f)
		got := ""
		if f.Err() != nil {
			got = f.Err().Error()
		}
		if got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestUnreadable(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"[A]\nx = 1\n\njust words\n", "x.ini:4: no setting, section or comment; write `key = value`, or `#` before a comment"},
		{"x = 1\n[A]\n", "x.ini:1: x: stands before the first section; move it below its [SECTION]"},
		{"[A]\n[]\n", "x.ini:2: a section without a name; write [SECTION]"},
		{"[A]\n\"x\" = 1\n", "x.ini:2: a setting's name begins with a letter; write `key = value`, or `#` before a comment"},
		{"[A]\n`x` = secret\n", "x.ini:2: a setting's name begins with a letter; write `key = value`, or `#` before a comment"},
		{"[A]\n- = 1\n", "x.ini:2: a setting's name begins with a letter; write `key = value`, or `#` before a comment"},
		{"[A\nx = 1\n", "x.ini:1: a section without its closing bracket; write [SECTION]"},
		{"[A]\n= 1\n", "x.ini:2: no setting, section or comment; write `key = value`, or `#` before a comment"},
	} {
		_, err := Parse("x.ini", []byte(test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("%q: got %v, want %s", test.text, err, test.want)
		}
	}
	missing := filepath.Join(t.TempDir(), "none.ini")
	if _, err := Load(missing); err == nil || err.Error() != missing+": cannot read: no such file or directory; make it readable for this process" {
		t.Error(err)
	}
	there := filepath.Join(t.TempDir(), "some.ini")
	if err := os.WriteFile(there, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(there); err != nil {
		t.Error(err)
	}
}

// TestCreate: an ini is there as a whole, for its owner alone, and none is replaced.
func TestCreate(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "x.ini")
	if err := os.WriteFile(name+".new", []byte("left by a write that was cut short"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Create(name, sample); err != nil {
		t.Fatal(err)
	}
	if err := Create(name, "another"); !errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
	text, err := os.ReadFile(name)
	info, err2 := os.Stat(name)
	entries, err3 := os.ReadDir(dir)
	if err := errors.Join(err, err2, err3); err != nil || string(text) != sample || info.Mode() != 0o600 || len(entries) != 1 {
		t.Errorf("%v, %v, %v, %q", err, info, entries, text)
	}
	if err := Create(filepath.Join(dir, "none", "x.ini"), sample); err == nil || !strings.HasPrefix(err.Error(), "cannot write the configuration: ") {
		t.Error(err)
	}
}

func TestDoubtful(t *testing.T) {
	known := Settings("[TRANSPORT]\n# What host means.\nhost = \n# port = 1\nlog_tls_errors = off\n# Use `a = b` so.\n# note =\nempty = \n\n[AUTH]\nnew_queues = on\n")
	if got := slices.Sorted(maps.Keys(known)); !slices.Equal(got, []string{"AUTH", "TRANSPORT"}) {
		t.Fatal(got)
	}
	if got := known["TRANSPORT"]; !slices.Equal(got, []string{"host", "port", "log_tls_errors", "note", "empty"}) {
		t.Fatal(got)
	}
	got := strings.Join(parse(t, sample).Doubtful(known), "\n")
	want := `x.ini:9: [TRANSPORT] port: is given twice; that of line 4 counts
x.ini:14: [AUTH] create_password: is not a setting of this server; it is ignored
x.ini:15: [AUTH] quota: is not a setting of this server; it is ignored
x.ini:16: [AUTH] mode: is not a setting of this server; it is ignored`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDoubtfulOnce: what is there several times, with whatever values, is one line.
func TestDoubtfulOnce(t *testing.T) {
	f := parse(t, "[A]\nx = 1\nx = 1\nx = 2\nz = 1\nz = 1\n")
	got := strings.Join(f.Doubtful(map[string][]string{"A": {"x", "y"}}), "\n")
	want := `x.ini:3: [A] x: is given twice; that of line 2 counts
x.ini:5: [A] z: is not a setting of this server; it is ignored`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSectionTwice: the last one counts as a whole, and it is said that another is there.
func TestSectionTwice(t *testing.T) {
	f := parse(t, "[A]\nx = 1\ny = 1\n[B]\nx = 2\n[ A ]\nx = 3\nx = 4\n")
	if x, y, b := f.Text("A", "x", "-"), f.Text("A", "y", "-"), f.Text("B", "x", "-"); x != "3" || y != "-" || b != "2" {
		t.Errorf("x %s, y %s, b %s", x, y, b)
	}
	got := strings.Join(f.Doubtful(map[string][]string{"A": {"x", "y"}, "B": {"x"}}), "\n")
	want := `x.ini:1: the section begins again on line 6; that one counts, and nothing of this one
x.ini:8: [A] x: is given twice; that of line 7 counts`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSectionsOfOthers: what a newer server has is no fault, and one line.
func TestSectionsOfOthers(t *testing.T) {
	f := parse(t, "[A]\nx = 1\n[NAMES]\nenable = on\nurl = y\n[EMPTY]\n")
	got := strings.Join(f.Doubtful(map[string][]string{"A": {"x"}}), "\n")
	want := `x.ini:3: [NAMES] is not a section of this server; it is ignored
x.ini:6: [EMPTY] is not a section of this server; it is ignored`
	if got != want || f.Err() != nil {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestAllFaults: the first is the error, and all of them can be had.
func TestAllFaults(t *testing.T) {
	f := parse(t, "[A]\nx = 1\ny = z\n")
	if len(f.Faults()) != 0 || f.Err() != nil {
		t.Error(f.Err())
	}
	f.OnOff("A", "x", true)
	f.Int("A", "y", 0, 0, 1)
	if all := f.Faults(); len(all) != 2 || f.Err() != error(all[0]) || all[0].Line != 2 || all[1].Line != 3 {
		t.Error(all, f.Err())
	}
}

// FuzzParse: no text makes the reader panic, and a fault is always one line.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("[A]\nx = `open\ny = 1\n[B]\n[B.c]\n[DEFAULT]\n")
	f.Add("[A]\nx = \"\"\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("x.ini", []byte(text))
		if err == nil {
			file.OnOff("A", "x", true)
			file.Doubtful(Settings(text))
			err = file.Err()
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("fault of several lines: %q", err)
		}
	})
}

// FuzzValue: what is written behind a key is its value.
func FuzzValue(f *testing.F) {
	for _, value := range []string{"`", `"""`, ";", "a = b", "[B]", "%(y)s", `\`} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\n") {
			return
		}
		file, err := Parse("x.ini", []byte("[A]\nx = "+value+"\ny = 1\n"))
		if err != nil {
			t.Fatal(err)
		}
		if x, y := file.Text("A", "x", "-"), file.Text("A", "y", "-"); x != strings.TrimSpace(value) || y != "1" {
			t.Errorf("%q is read as %q, and what follows as %q", value, x, y)
		}
	})
}
