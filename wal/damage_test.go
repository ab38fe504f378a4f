package wal

import (
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk/disktest"
)

// flips is what became of damage to the files of one kind.
type flips struct{ tried, atOpen, atRead, harmless int }

// TestDamagedFiles flips single bits in each file that a killed router leaves, and cuts it off at some length: logs, tables, manifest, options, the file
// that says what is synced. Either opening fails and names the file, or reading fails with an error and the file is in
// the log, or all that was stored is read as it was. Nothing is ever missing or different without an error.
func TestDamagedFiles(t *testing.T) {
	disk, m := storeToDamage(t)
	found, cut := map[string]*flips{}, map[string]*flips{}
	names, err := disk.List("store")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names) // so that a seed damages the same places again
	rng := rand.New(rand.NewPCG(*crashSeed, 1))
	for _, name := range names {
		kind := kindOf(name)
		info, err := disk.Stat("store/" + name)
		if err != nil || info.Size() == 0 {
			continue // whose name says it all
		}
		if found[kind] == nil {
			found[kind] = new(flips)
		}
		for n := range *faultTimes * tries(80) {
			at := rng.Int64N(info.Size())
			if n == 0 {
				at = info.Size() - 1
			}
			bit := byte(1) << rng.IntN(8)
			found[kind].look(t, m, disk, name, at, func(fs vfs.FS) { flip(t, fs, "store/"+name, at, bit) })
		}
		if cut[kind] == nil {
			cut[kind] = new(flips)
		}
		for range *faultTimes * tries(20) {
			at := rng.Int64N(info.Size())
			cut[kind].look(t, m, disk, name, at, func(fs vfs.FS) { truncate(t, fs, "store/"+name, at) })
		}
	}
	for kind, f := range found {
		t.Logf("%-9s %4d flipped: %d found at open, %d at reading, %d harmless", kind, f.tried, f.atOpen, f.atRead, f.harmless)
		f = cut[kind]
		t.Logf("%-9s %4d cut off: %d found at open, %d at reading, %d harmless", kind, f.tried, f.atOpen, f.atRead, f.harmless)
	}
	for _, kind := range []string{"log", "table", "manifest", "options", "tail"} {
		if f := found[kind]; f == nil || f.tried == 0 || kind != "options" && kind != "tail" && f.atOpen+f.atRead == 0 {
			t.Errorf("no flipped bit of a %s was found", kind)
		}
	}
	for _, f := range []*flips{found["log"], cut["log"]} {
		if f != nil && f.atOpen != f.tried {
			t.Errorf("of %d changes of the log %d were found", f.tried, f.atOpen)
		}
	}
}

// TestDamagedOptions flips a bit of each end of a line in the file of options, which joins two of them: the options have
// no checksum, and a line that is read as the end of another one is what damage makes of them worst.
func TestDamagedOptions(t *testing.T) {
	disk, m := storeToDamage(t)
	name := newestOptions(t, disk)
	text, err := readFile(disk, "store/"+name)
	if err != nil {
		t.Fatal(err)
	}
	var found flips
	for at, c := range text {
		if c != '\n' {
			continue
		}
		found.look(t, m, disk, name, int64(at), func(fs vfs.FS) { flip(t, fs, "store/"+name, int64(at), 1<<(at%8)) })
	}
	if found.atOpen == 0 {
		t.Error("no flipped bit was found")
	}
}

// TestDamagedLogNumbers makes the log's number in each record of a log that of the next log, for which one flipped bit is
// enough when it is even. Pebble takes such a record for the end.
func TestDamagedLogNumbers(t *testing.T) {
	disk, m := storeToDamage(t)
	names, err := disk.List("store")
	if err != nil {
		t.Fatal(err)
	}
	name := names[slices.IndexFunc(names, func(name string) bool { return kindOf(name) == "log" })]
	log, err := readFile(disk, "store/"+name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var found flips
	const block, header, numberAt = 32 << 10, 19, 7 // of the records of a log
	for at := 0; at+header <= len(log); {
		size := int(binary.LittleEndian.Uint16(log[at+4:]))
		if size == 0 { // the rest of a block
			at += block - at%block
			continue
		}
		number := int64(at) + numberAt
		found.look(t, m, disk, name, number, func(fs vfs.FS) { flip(t, fs, "store/"+name, number, byte(n^(n+1))) })
		at += header + size
	}
	if found.tried < 30 || found.atOpen != found.tried {
		t.Errorf("%+v", found)
	}
}

func kindOf(name string) string {
	switch {
	case strings.HasSuffix(name, ".log"):
		return "log"
	case strings.HasSuffix(name, ".sst"):
		return "table"
	case strings.HasPrefix(name, "MANIFEST-"):
		return "manifest"
	case strings.HasPrefix(name, optionsPrefix):
		return "options"
	case name == tailName:
		return "tail"
	}
	return "other"
}

// storeToDamage leaves tables and a log, as a kill does, and returns what is in them.
func storeToDamage(t *testing.T) (*vfs.MemFS, *model) {
	disk := vfs.NewCrashableMem()
	o := Options{FS: disk, MemTable: 1 << 20, looks: make(chan time.Time)}
	m := newModel(7)
	m.body = 1000
	for range 2 {
		s := openStore(t, "store", o)
		for range 60 {
			tx := s.Begin(0)
			m.step(tx)
			m.step(tx)
			commit(t, tx)
		}
		s.Close()
	}
	s := openStore(t, "store", o)
	for range 40 {
		tx := s.Begin(0)
		m.step(tx)
		commit(t, tx)
	}
	disk = killed(disk)
	// What is synced is what counts: logs that are left over from before would not be read.
	for _, name := range obsoleteLogs(t, disk) {
		if err := disk.Remove("store/" + name); err != nil {
			t.Fatal(err)
		}
	}
	return disk, m
}

// killed is what a kill leaves of a disk: all that was written.
func killed(disk *vfs.MemFS) *vfs.MemFS {
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

// optionsPrefix begins the names of files with Pebble's options, and tailName is the file that says what is synced.
const (
	optionsPrefix = "OPTIONS-"
	tailName      = "SYNCED"
)

// newestOptions is the file of options with the highest number.
func newestOptions(t *testing.T, fs vfs.FS) (newest string) {
	t.Helper()
	names, err := fs.List("store")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, optionsPrefix) {
			newest = max(newest, name) // numbers have leading zeros
		}
	}
	return newest
}

func readFile(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// obsoleteLogs are all logs but the newest, the content of which is in tables.
func obsoleteLogs(t *testing.T, disk vfs.FS) (logs []string) {
	names, err := disk.List("store")
	if err != nil {
		t.Fatal(err)
	}
	newest := ""
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			if name > newest {
				newest, name = name, newest
			}
			if name != "" {
				logs = append(logs, name)
			}
		}
	}
	return logs
}

// look damages a file in a copy of the disk and looks at what comes of it.
func (f *flips) look(t *testing.T, m *model, disk *vfs.MemFS, name string, at int64, damage func(vfs.FS)) {
	t.Helper()
	f.tried++
	copied := killed(disk)
	damage(copied)
	var log disktest.Log
	s, err := Open("store", Options{FS: copied, MemTable: 1 << 20, Cache: 64 << 10, still: true,
		Log: slog.New(slog.NewTextHandler(&log, nil)), looks: make(chan time.Time)})
	if err != nil {
		f.atOpen++
		checkFault(t, err)
		number := strings.TrimLeft(strings.TrimSuffix(strings.TrimSuffix(name, ".log"), ".sst"), "0")
		if !strings.Contains(err.Error(), number) {
			t.Errorf("%s at %d: the error does not name the file: %v", name, at, err)
		}
		return
	}
	defer s.Close()
	rows, err := readRows(s)
	switch {
	case err == nil && maps.Equal(rows, m.rows):
		f.harmless++
	case err == nil:
		t.Errorf("%s at %d: %d rows in place of %d, without an error", name, at, len(rows), len(m.rows))
	default:
		f.atRead++
		if !strings.HasSuffix(name, ".sst") {
			t.Errorf("%s at %d is found only when it is read: %v", name, at, err)
		}
		if !pebble.IsCorruptionError(err) && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s at %d: %v", name, at, err)
		}
		if !strings.Contains(log.String(), name) && !strings.Contains(err.Error(), strings.TrimSuffix(name, ".sst")) {
			t.Errorf("%s at %d: neither %v nor the log name the file:\n%s", name, at, err, log.String())
		}
	}
}

func truncate(t *testing.T, fs vfs.FS, name string, at int64) {
	t.Helper()
	b, err := readFile(fs, name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b[:at]); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, fs vfs.FS, name string, at int64, bits byte) {
	t.Helper()
	f, err := fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= bits
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// readRows reads everything but what is about the store itself.
func readRows(s *Store) (map[string]string, error) {
	it, err := s.database().NewIter(nil)
	if err != nil {
		return nil, err
	}
	rows := map[string]string{}
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return nil, errors.Join(err, it.Close())
		}
		if it.Key()[0] != spaceMeta {
			rows[string(it.Key())] = string(v)
		}
	}
	return rows, it.Close()
}
