package inifile

import (
	"cmp"
	"slices"
)

// Setting names a setting of an ini file.
type Setting struct{ Section, Key string }

func (s Setting) String() string { return "[" + s.Section + "] " + s.Key }

// Changed returns the settings that are not the same in both files, by their names: another value, or in one of them only.
func Changed(before, now *File) (all []Setting) {
	for _, pair := range [][2]*File{{now, before}, {before, now}} {
		for _, section := range pair[0].ini.Sections() {
			for _, key := range section.Keys() {
				s := Setting{section.Name(), key.Name()}
				here, _ := pair[0].Lookup(s.Section, s.Key)
				there, ok := pair[1].Lookup(s.Section, s.Key)
				if !ok || here != there {
					all = append(all, s)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b Setting) int { return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Key, b.Key)) })
	return slices.Compact(all)
}
