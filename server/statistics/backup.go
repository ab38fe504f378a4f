package statistics

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The backup is the file in which the reference keeps its statistics over a restart:
//
//	fromTime=2026-11-30T00:00:00.5Z
//	name=number
//	…
//	group of a set:
//	dayHashes=number,number …    weekHashes=…    monthHashes=…
//	group:
//	name=number …

// periodNames are what the backup calls the hashes of the periods.
var periodNames = [...]string{"dayHashes", "weekHashes", "monthHashes"}

const fromName = "fromTime"

// Backup is the text of the reference's backup. Sets of more IDs than are kept themselves are in it as hashes made up for that,
// of which there are 16,384 at most and which come back as they are; the reference would count those (Distinct.list).
func (b *Book) Backup(now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.read(now)
	var w strings.Builder
	w.WriteString(fromName + "=" + s.From.Format(time.RFC3339Nano) + "\n")
	for _, g := range b.table.Backup {
		if g.Name != "" {
			w.WriteString(g.Name + ":\n")
		}
		for _, e := range g.Entries {
			fmt.Fprintf(&w, "%s=%d\n", e.Name, s.Values[e.ID])
		}
		if !g.HasSet {
			continue
		}
		for i, p := range b.sets[g.Set].all() {
			w.WriteString(periodNames[i] + "=")
			for j, h := range p.Set.list() {
				if j > 0 {
					w.WriteByte(',')
				}
				w.WriteString(strconv.FormatInt(h, 10))
			}
			w.WriteByte('\n')
		}
	}
	return w.String()
}

// backup is what a text says.
type backup struct {
	from    time.Time
	numbers map[ID]int64
	sets    []Periods
}

// Restore takes the counters of a backup over, to which the live numbers are added, and adds its sets to those that there are. Older backups
// have fewer lines, and other ones. What does not parse is an error that names the line.
func (b *Book) Restore(text string) error {
	read, err := b.table.parseBackup(text)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from = read.from
	for id, n := range read.numbers {
		b.offsets[id] = n
	}
	for i := range read.sets {
		for j, p := range read.sets[i].all() {
			mine := b.sets[i].all()[j]
			mine.Set.Merge(&p.Set)
			mine.Ends = p.Ends
		}
	}
	return nil
}

// lineError is a fault of a line.
func lineError(n int, what string, args ...any) error {
	return fmt.Errorf("line %d: "+what, append([]any{n}, args...)...)
}

// parseBackup reads a backup.
func (t *Table) parseBackup(text string) (backup, error) {
	r := backup{numbers: make(map[ID]int64), sets: make([]Periods, len(t.Sets))}
	entries, sets := t.backupNames()
	seen := make(map[string]bool)
	group, n := "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			var known bool
			if group, known = strings.CutSuffix(line, ":"); !known || !t.hasGroup(group) {
				return r, lineError(n, "neither name=value nor the name of a group")
			}
			continue
		}
		key := t.resolve(group, name, entries, sets)
		if key == "" {
			return r, lineError(n, "a name that is unknown here")
		}
		if seen[key] {
			return r, lineError(n, "%s comes twice", key)
		}
		seen[key] = true
		if err := r.take(key, value, entries, sets); err != nil {
			return r, lineError(n, "%s is %w", key, err)
		}
	}
	for key, e := range entries {
		if e.Need && !seen[key] {
			return r, fmt.Errorf("%s is missing", strings.TrimPrefix(key, "/"))
		}
	}
	if !seen["/"+fromName] {
		return r, errors.New(fromName + " is missing")
	}
	for i := range r.sets {
		from := r.from
		r.sets[i].Day.Ends, r.sets[i].Week.Ends, r.sets[i].Month.Ends = nextDay(from), nextMonday(from), nextMonth(from)
	}
	return r, nil
}

// setPlace is one of the periods of a set.
type setPlace struct{ set, period int }

// backupNames are the lines that there may be, as "group/name".
func (t *Table) backupNames() (entries map[string]Entry, sets map[string]setPlace) {
	entries, sets = make(map[string]Entry), make(map[string]setPlace)
	for _, g := range t.Backup {
		for _, e := range g.Entries {
			entries[g.Name+"/"+e.Name] = e
		}
		if g.HasSet {
			for i, name := range periodNames {
				sets[g.Name+"/"+name] = setPlace{g.Set, i}
			}
		}
	}
	return entries, sets
}

func (t *Table) hasGroup(name string) bool {
	for _, g := range t.Backup {
		if g.Name == name && name != "" {
			return true
		}
	}
	_, old := t.Old[name+"/"]
	return old
}

// passedOver is the key of lines that mean nothing any more, with their own name behind it.
const passedOver = "-"

// resolve finds what a line is: in the group that it follows, or behind all groups. It is empty for one that is unknown.
func (t *Table) resolve(group, name string, entries map[string]Entry, sets map[string]setPlace) string {
	for _, g := range []string{group, ""} {
		key := g + "/" + name
		_, known := entries[key]
		if _, set := sets[key]; known || set || key == "/"+fromName {
			return key
		}
		for i, short := range []string{"day", "week", "month"} { // of IDs themselves
			if _, set := sets[g+"/"+periodNames[i]]; set && name == short {
				return g + "/" + periodNames[i] + "#"
			}
		}
		old, there := t.Old[key]
		switch {
		case there && old.As != "":
			return g + "/" + old.As
		case there && old.Set != "":
			return old.Set + "#"
		case there:
			return passedOver + key
		}
		if _, dropped := t.Old[g+"/"]; dropped && g != "" {
			return passedOver + key
		}
	}
	return ""
}

// take takes the value of a line.
func (r *backup) take(key, value string, entries map[string]Entry, sets map[string]setPlace) (err error) {
	if strings.HasPrefix(key, passedOver) {
		return nil
	}
	if key == "/"+fromName {
		if r.from, err = time.Parse(time.RFC3339Nano, value); err != nil {
			return errors.New("not a time")
		}
		r.from = r.from.UTC()
		return nil
	}
	name, ids := strings.CutSuffix(key, "#")
	if place, ok := sets[name]; ok {
		set := &r.sets[place.set].all()[place.period].Set
		if ids {
			return takeIDs(set, value)
		}
		return takeHashes(set, value)
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return errors.New("not a number")
	}
	if e := entries[key]; !e.Told {
		r.numbers[e.ID] = n
	}
	return nil
}

// takeHashes takes a list of hashes.
func takeHashes(d *Distinct, value string) error {
	if value == "" {
		return nil
	}
	for text := range strings.SplitSeq(value, ",") {
		h, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("not a list of numbers")
		}
		d.Add(uint64(h))
	}
	return nil
}

// takeIDs takes a list of IDs, which backups of old versions have.
func takeIDs(d *Distinct, value string) error {
	if value == "" {
		return nil
	}
	for text := range strings.SplitSeq(value, ",") {
		id, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
		if err != nil {
			return errors.New("not a list of IDs")
		}
		d.Add(HashOf(id))
	}
	return nil
}

// HashOf keeps a random ID's first half or less: enough to tell IDs apart, not enough to use one.
func HashOf(id []byte) uint64 {
	var first [8]byte
	copy(first[:], id)
	return binary.BigEndian.Uint64(first[:])
}
