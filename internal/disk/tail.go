package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A crash may cut off the end of a log or a manifest, and a bad disk may damage it. Both look the same to Pebble: it takes
// the first record that does not check for the end, and drops the rest. A small file tells the two apart. It says how many
// bytes of the newest log and of the newest manifest are known to be synced. Up to there every record has to check.
//
//	log number u64 ‖ bytes u64 ‖ manifest number u64 ‖ bytes u64 ‖ CRC-32C of these u32
//
// It is written after each sync and never synced itself, as that would double the syncs. After a kill it is exact. After
// power loss it may be some seconds old, or not check: then it says less, but nothing wrong.
const (
	tailName = "SYNCED"
	tailSize = 4*8 + 4
)

type tailKind uint8

const (
	logTail tailKind = iota
	manifestTail
	tailKinds
)

// tail is how far a file is synced.
type tail struct {
	kind   tailKind
	number uint64 // of the file
	synced uint64 // bytes
}

// tailOf is that of a new log or manifest, nil of other files.
func tailOf(name string) *tail {
	if digits, ok := strings.CutSuffix(name, ".log"); ok {
		return newTail(logTail, digits)
	}
	if digits, ok := strings.CutPrefix(name, "MANIFEST-"); ok {
		return newTail(manifestTail, digits)
	}
	return nil
}

func newTail(kind tailKind, digits string) *tail {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return nil
	}
	return &tail{kind: kind, number: n}
}

// file is the name of the file that the tail is about.
func (t *tail) file() string {
	if t.kind == logTail {
		return fmt.Sprintf("%06d.log", t.number)
	}
	return fmt.Sprintf("MANIFEST-%06d", t.number)
}

// tails keeps the file.
type tails struct {
	fs   vfs.FS
	name string

	mu     sync.Mutex
	newest [tailKinds]tail
	file   vfs.File // nil until the first note
	off    bool     // it cannot be written, which makes Open no worse than Pebble's own
	buf    [tailSize]byte
}

// note is told what is synced of a file. Logs are written one after the other, so notes of one that is not the newest
// come late.
func (ts *tails) note(t *tail, synced int64) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	n := &ts.newest[t.kind]
	if ts.off || t.number < n.number {
		return
	}
	t.synced = uint64(synced)
	*n = *t
	if ts.file == nil {
		f, err := ts.fs.OpenReadWrite(ts.name, vfs.WriteCategoryUnspecified)
		if err != nil {
			ts.off = !isFull(err)
			return
		}
		ts.file = f
	}
	if _, err := ts.file.WriteAt(appendTails(ts.buf[:0], &ts.newest), 0); err != nil {
		ts.off = !isFull(err)
	}
}

func (ts *tails) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.off = true; ts.file != nil {
		ts.file.Close() // nothing depends on what is in it
	}
}

func appendTails(b []byte, all *[tailKinds]tail) []byte {
	for i := range all {
		b = binary.BigEndian.AppendUint64(b, all[i].number)
		b = binary.BigEndian.AppendUint64(b, all[i].synced)
	}
	return binary.BigEndian.AppendUint32(b, checksum(b))
}

func parseTails(b []byte) (all [tailKinds]tail, ok bool) {
	if len(b) != tailSize || binary.BigEndian.Uint32(b[tailSize-4:]) != checksum(b[:tailSize-4]) {
		return all, false
	}
	for i := range all {
		all[i] = tail{tailKind(i), binary.BigEndian.Uint64(b[16*i:]), binary.BigEndian.Uint64(b[16*i+8:])}
	}
	return all, true
}

// checkTails checks the files of a store that is about to be opened as far as they are known to be synced.
func checkTails(fs vfs.FS, dir string) error {
	b, err := readFile(fs, fs.PathJoin(dir, tailName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return OpenFault(err, dir)
	}
	all, ok := parseTails(b)
	if !ok {
		return nil
	}
	for i := range all {
		t := &all[i]
		name := fs.PathJoin(dir, t.file())
		f, err := fs.Open(name, vfs.SequentialReadsOption)
		if errors.Is(err, os.ErrNotExist) {
			continue // its content is in tables since
		}
		if err != nil {
			return OpenFault(err, dir)
		}
		at, err := t.check(f)
		f.Close()
		switch {
		case errors.Is(err, errChunk):
			return CorruptFault(fmt.Errorf("at offset %d of %d: %w", at, t.synced, err), name)
		case err != nil:
			return OpenFault(err, name)
		}
	}
	return nil
}

func readFile(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// rewriteManifests writes the manifests to the disk once more. When a sync has failed, what was to be synced may be in
// the system's memory only, without that a second sync would write it. Logs need no such care: opening the store writes
// what they hold into tables.
func rewriteManifests(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if t := tailOf(name); t != nil && t.kind == manifestTail {
			if err := rewrite(fs, fs.PathJoin(dir, name), fs.PathJoin(dir, "temporary.manifest")); err != nil {
				return err
			}
		}
	}
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func rewrite(fs vfs.FS, name, temporary string) error {
	b, err := readFile(fs, name)
	if err != nil {
		return err
	}
	f, err := fs.Create(temporary, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return fs.Rename(temporary, name)
}
