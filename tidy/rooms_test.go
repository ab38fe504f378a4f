package tidy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// housePage has the table of rooms: what each may import.
const housePage = "docs/architecture.md"

// room is a row of the table: a folder, with all below it that has no row of its own.
type room struct {
	name    string
	imports []string // rooms; everything when it is nil
	never   []string // rooms that its tests may not import either
}

var (
	roomRow   = regexp.MustCompile("^\\| `([^`]+)` \\| [^|]* \\| ([^|]*) \\| ([^|]*)\\|$")
	roomNames = regexp.MustCompile("`([^`]+)`")
)

// parseRooms reads the table of a page.
func parseRooms(page string) (rooms []room) {
	for _, line := range strings.Split(page, "\n") {
		m := roomRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		r := room{name: m[1], never: namesIn(m[3])}
		if all := strings.Contains(m[2], "everything"); !all {
			r.imports = append([]string{}, namesIn(m[2])...)
		}
		rooms = append(rooms, r)
	}
	return rooms
}

func namesIn(cell string) (names []string) {
	for _, m := range roomNames.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// roomOf is the room with the longest name that a folder is in; nil when there is none.
func roomOf(rooms []room, dir string) (found *room) {
	for i := range rooms {
		r := &rooms[i]
		if (dir == r.name || strings.HasPrefix(dir, r.name+"/")) && (found == nil || len(r.name) > len(found.name)) {
			found = r
		}
	}
	return found
}

// importDirection compares the imports of all files with the table, and the table with the folders that there are.
func importDirection(files []*file) (found []offence) {
	var rooms []room
	for _, f := range files {
		if f.name == housePage {
			rooms = parseRooms(string(f.data))
		}
	}
	used := make(map[string]bool)
	for _, f := range files {
		dir := path.Dir(f.name)
		if f.syntax == nil || dir == "." {
			continue
		}
		from := roomOf(rooms, dir)
		if from == nil {
			found = append(found, offence{f.name, 1, dir + " has no row in " + housePage})
			continue
		}
		used[from.name] = true
		for _, spec := range f.syntax.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil || !strings.HasPrefix(target, module) {
				continue
			}
			if to := roomOf(rooms, strings.TrimPrefix(target, module)); to != nil && !mayImport(f, from, to) {
				found = append(found, offence{f.name, f.lineOf(spec.Pos()),
					fmt.Sprintf("%s may not import %s (%s)", from.name, target, housePage)})
			}
		}
	}
	for _, r := range rooms {
		if !used[r.name] {
			found = append(found, offence{housePage, 1, r.name + " has a row and no Go file"})
		}
		for _, name := range slices.Concat(r.imports, r.never) {
			if to := roomOf(rooms, name); to == nil || to.name != name {
				found = append(found, offence{housePage, 1, r.name + " names " + name + ", which has no row"})
			}
		}
	}
	return found
}

// mayImport is about packages of tests, too: those whose folder says so in its name.
func mayImport(f *file, from, to *room) bool {
	switch {
	case slices.Contains(from.never, to.name):
		return false
	case from == to, f.isTest(), strings.HasSuffix(path.Dir(f.name), "test") && from.name != "loadtest":
		return true
	case from.imports == nil:
		return to.name != "tidy"
	}
	return slices.Contains(from.imports, to.name)
}

// TestTableOfRoomsIsWhole breaks each row of the table that there is: a room that imports what its row does not name is
// found, and so is a test that imports what it never may.
func TestTableOfRoomsIsWhole(t *testing.T) {
	var page *file
	for _, f := range tracked(t) {
		if f.name == housePage {
			page = f
		}
	}
	if page == nil {
		t.Fatalf("there is no %s", housePage)
	}
	rooms := parseRooms(string(page.data))
	if len(rooms) < 20 {
		t.Fatalf("the table of %s has %d rooms", housePage, len(rooms))
	}
	broken := func(from *room, name string, to *room) bool {
		f, err := newFile(name, fmt.Appendf(nil, "package p\n\nimport %q\n", module+to.name))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range importDirection([]*file{page, f}) {
			if o.file == name {
				return true
			}
		}
		return false
	}
	for i := range rooms {
		from := &rooms[i]
		for j := range rooms {
			to := &rooms[j]
			want := from != to && (from.imports != nil && !slices.Contains(from.imports, to.name) || to.name == "tidy")
			if got := broken(from, from.name+"/planted.go", to); got != want {
				t.Errorf("%s imports %s: an offence is %t, want %t", from.name, to.name, got, want)
			}
			if got := broken(from, from.name+"/planted_test.go", to); got != slices.Contains(from.never, to.name) {
				t.Errorf("a test of %s imports %s: an offence is %t", from.name, to.name, got)
			}
		}
	}
}
