package inifile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/ini.v1"
)

// The library takes quotes and backticks at the beginning of a value, and at that of a key, for quotation, and has no way to
// turn that off. So the lines are read here, and a value is handed to it behind a mark, the number of its line, by which a
// fault finds the line again. There are no other keys than such as begin with a letter.

// Parse parses data; path is what faults name. What faults say does not show the text of a line, which may hold a password.
func Parse(path string, data []byte) (*File, error) {
	f := &File{Path: path, sections: make(map[string]int), replaced: make(map[int]int)}
	text, err := f.markLines(strings.TrimPrefix(string(data), "\ufeff"))
	if err != nil {
		return nil, err
	}
	f.ini, err = ini.LoadSources(ini.LoadOptions{
		IgnoreInlineComment:     true,
		IgnoreContinuation:      true,
		PreserveSurroundedQuote: true,
		AllowShadows:            true,
		KeyValueDelimiters:      "=",
		ChildSectionDelimiter:   "\n", // there are none
	}, []byte(text))
	if err != nil {
		return nil, &Fault{Path: path, What: "cannot be parsed", Mend: "write sections and settings as `init` does"}
	}
	return f, nil
}

// markLines returns the text for the library, and notes where sections begin. Of a section that is there twice the last one
// counts, as a whole, as in the reference.
func (f *File) markLines(text string) (string, error) {
	var marked strings.Builder // of the section that is read
	whole := make(map[string]string)
	section := ""
	endSection := func() {
		whole[section] = marked.String()
		marked.Reset()
	}
	for i, line := range strings.Split(text, "\n") {
		n := i + 1
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			end := strings.LastIndexByte(line, ']')
			if end < 0 {
				return "", &Fault{Path: f.Path, Line: n, What: "a section without its closing bracket", Mend: "write [SECTION]"}
			}
			endSection()
			if section = strings.TrimSpace(line[1:end]); section == "" {
				return "", &Fault{Path: f.Path, Line: n, What: "a section without a name", Mend: "write [SECTION]"}
			}
			if first := f.sections[section]; first > 0 {
				f.replaced[first] = n
			}
			f.sections[section] = n
			fmt.Fprintf(&marked, "[%s]\n", section)
		default:
			key, value, ok := cutSetting(line)
			switch {
			case !ok || key == "":
				return "", &Fault{Path: f.Path, Line: n, What: "no setting, section or comment", Mend: "write `key = value`, or `#` before a comment"}
			case !unicode.IsLetter([]rune(key)[0]):
				return "", &Fault{Path: f.Path, Line: n, What: "a setting's name begins with a letter", Mend: "write `key = value`, or `#` before a comment"}
			case section == "":
				return "", &Fault{Path: f.Path, Line: n, Key: key, What: "stands before the first section", Mend: "move it below its [SECTION]"}
			}
			fmt.Fprintf(&marked, "%s = %d:%s\n", key, n, value)
		}
	}
	endSection()
	var all strings.Builder
	for _, text := range whole {
		all.WriteString(text)
	}
	return all.String(), nil
}

// unmark takes a value apart that the library has.
func unmark(marked string) (line int, value string) {
	mark, value, _ := strings.Cut(marked, ":")
	line, _ = strconv.Atoi(mark) // as it was written above
	return line, value
}

// cutSetting splits a line at the first delimiter.
func cutSetting(line string) (key, value string, ok bool) {
	i := strings.IndexAny(line, "=:")
	if i < 0 {
		return "", "", false
	}
	return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:]), true
}

// key is what the library has of a key, nil when it is not there.
func (f *File) key(section, key string) *ini.Key {
	s, err := f.ini.GetSection(section)
	if err != nil || !s.HasKey(key) {
		return nil
	}
	return s.Key(key)
}

// line is the line of a key, or of its section when the key is missing, or 0.
func (f *File) line(section, key string) int {
	if k := f.key(section, key); k != nil {
		n, _ := unmark(k.Value())
		return n
	}
	return f.sections[section]
}
