// Package inifile reads the ini files of the servers, as the reference's servers write them: sections in
// brackets, `key = value` or `key: value`, comments only at the start of a line, the rest of the line is the value.
// Where a key is given twice the first counts, where a section is the last one, as in the reference.
//
// Its point is the errors: each is one line that names the file, the line, the section and key, what is wrong and
// how to mend it. Values are read through methods that remember the first fault, so that a server's settings are a
// flat list; the caller asks Err once at the end.
//
// A Template makes such a file (template.go).
//
// inifile imports smp, for hosts. A File belongs to one goroutine.
package inifile

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/ini.v1"
)

// File is a parsed ini file.
type File struct {
	Path string

	ini      *ini.File      // its values have marks
	sections map[string]int // lines of their headers
	replaced map[int]int    // lines of headers of sections that count no more, and of those that do in their place
	faults   []*Fault
}

// Fault is an error in an ini file. Line is 0 when there is no line to name.
type Fault struct {
	Path         string
	Line         int
	Section, Key string
	What, Mend   string
}

func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Path)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": ")
	if f.Section != "" {
		fmt.Fprintf(&b, "[%s] ", f.Section)
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.What)
	if f.Mend != "" {
		b.WriteString("; " + f.Mend)
	}
	return strings.Map(printable, b.String())
}

// printable keeps a fault on one line of a terminal, whatever stands in the file.
func printable(r rune) rune {
	if unicode.IsControl(r) || r == unicode.ReplacementChar {
		return '?'
	}
	return r
}

// Load reads and parses the file at path.
func Load(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return nil, &Fault{Path: path, What: "cannot read: " + err.Error(), Mend: "make it readable for this process"}
	}
	return Parse(path, data)
}

// Create writes a new file for its owner alone. It is there as a whole or not at all, and replaces none.
func Create(path, text string) error {
	draft := path + ".new"
	err := os.WriteFile(draft, []byte(text), 0o600)
	if err == nil {
		err = os.Chmod(draft, 0o600) // it may have been there, with another mode
	}
	if _, there := os.Lstat(path); err == nil && there == nil {
		err = fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if err == nil {
		err = os.Rename(draft, path)
	}
	if err != nil {
		_ = os.Remove(draft) // it may not be there
		return fmt.Errorf("cannot write the configuration: %w", err)
	}
	return nil
}

// Err is the first fault that a reading method has found.
func (f *File) Err() error {
	if len(f.faults) == 0 {
		return nil
	}
	return f.faults[0]
}

// Faults are all that reading methods have found.
func (f *File) Faults() []*Fault { return f.faults }

// Refuse makes a fault of a value that this package cannot judge.
func (f *File) Refuse(section, key, what, mend string) {
	f.faults = append(f.faults, f.newFault(section, key, what, mend))
}

func (f *File) newFault(section, key, what, mend string) *Fault {
	return &Fault{Path: f.Path, Line: f.line(section, key), Section: section, Key: key, What: what, Mend: mend}
}

// Lookup returns the text of a key, and whether it is there at all: an empty value is there.
func (f *File) Lookup(section, key string) (string, bool) {
	k := f.key(section, key)
	if k == nil {
		return "", false
	}
	_, value := unmark(k.Value())
	return value, true
}

// Text returns the value of a key, or def.
func (f *File) Text(section, key, def string) string {
	if v, ok := f.Lookup(section, key); ok {
		return v
	}
	return def
}

// Required returns the value of a key that must be there and have one.
func (f *File) Required(section, key, example string) string {
	switch v, ok := f.Lookup(section, key); {
	case !ok:
		f.Refuse(section, key, "is missing", "add `"+key+" = "+example+"`")
	case v == "":
		f.Refuse(section, key, "has no value", "write `"+key+" = "+example+"`")
	default:
		return v
	}
	return ""
}

// Directory returns the value of a key that names a directory, or def without the key: an empty one is no directory.
func (f *File) Directory(section, key, def string) string {
	dir := f.Text(section, key, def)
	if dir == "" {
		f.Refuse(section, key, "is empty", "write a directory, or remove the line")
	}
	return dir
}

// OnOff returns whether a key is `on`, or def without the key.
func (f *File) OnOff(section, key string, def bool) bool {
	switch v, ok := f.Lookup(section, key); {
	case !ok:
		return def
	case v == "on", v == "off":
		return v == "on"
	default:
		f.Refuse(section, key, strconv.Quote(v)+" is neither on nor off", "write on or off")
		return def
	}
}

// Int returns a number from min to max, or def without the key.
func (f *File) Int(section, key string, def, min, max int64) int64 {
	v, ok := f.Lookup(section, key)
	if !ok {
		return def
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < min || n > max {
		f.Refuse(section, key, strconv.Quote(v)+" is not a number in range", fmt.Sprintf("write one from %d to %d", min, max))
		return def
	}
	return n
}

// Choice returns a value that must be one of choices; the first is the default.
func (f *File) Choice(section, key string, choices ...string) string {
	v, ok := f.Lookup(section, key)
	if !ok {
		return choices[0]
	}
	if !slices.Contains(choices, v) {
		f.Refuse(section, key, strconv.Quote(v)+" is unknown", "write "+strings.Join(choices, " or "))
		return choices[0]
	}
	return v
}

// Doubtful returns a line for each section and key that is not in known, and for each that is given twice. The reference
// takes all of them without a word; an operator who has misspelt a key wants to know. Files of other versions have such
// sections and keys, so that they are no faults.
func (f *File) Doubtful(known map[string][]string) (lines []string) {
	for _, n := range slices.Sorted(maps.Keys(f.replaced)) {
		lines = append(lines, (&Fault{Path: f.Path, Line: n, What: fmt.Sprintf("the section begins again on line %d", f.replaced[n]), Mend: "that one counts, and nothing of this one"}).Error())
	}
	for _, section := range f.inOrder() {
		if known[section] == nil {
			lines = append(lines, f.newFault(section, "", "is not a section of this server", "it is ignored").Error())
			continue
		}
		s, err := f.ini.GetSection(section)
		if err != nil {
			continue // nothing is in it
		}
		for _, k := range s.Keys() {
			fault := f.newFault(s.Name(), k.Name(), "is not a setting of this server", "it is ignored")
			if slices.Contains(known[s.Name()], k.Name()) {
				all := k.ValueWithShadows()
				if len(all) == 1 {
					continue
				}
				fault.What, fault.Mend = "is given twice", fmt.Sprintf("that of line %d counts", fault.Line)
				fault.Line, _ = unmark(all[1])
			}
			lines = append(lines, fault.Error())
		}
	}
	return lines
}

// inOrder are the sections as they stand in the file.
func (f *File) inOrder() []string {
	return slices.SortedFunc(maps.Keys(f.sections), func(a, b string) int { return f.sections[a] - f.sections[b] })
}

// Idle returns a line for each of the keys that is there, for settings that have no effect: why says the reason.
func (f *File) Idle(section, why string, keys ...string) (lines []string) {
	for _, key := range keys {
		if _, there := f.Lookup(section, key); there {
			lines = append(lines, f.newFault(section, key, "has no effect", why).Error())
		}
	}
	return lines
}

// Settings lists the keys of each section of an ini text, those that are commented out (`# key = …`) included.
func Settings(text string) map[string][]string {
	known := make(map[string][]string)
	section := ""
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		key, _, ok := cutSetting(strings.TrimPrefix(line, "# "))
		if ok && !strings.ContainsAny(key, " `#") {
			known[section] = append(known[section], key)
		}
	}
	return known
}
