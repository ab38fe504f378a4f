package wal

import (
	"archive/zip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
	"switchyard/smp"
)

var writeOld = flag.Bool("write-old", false, "write testdata/store-1.zip anew: only before the format is released")

const oldStore = "testdata/store-1.zip"

// old is what testdata/store-1.zip holds, a store of format 1 as a kill leaves it: its second message is in the log.
var old = shard.Record{
	RecipientID:   smp.ID{1, 2, 3},
	SenderID:      smp.ID{4, 5, 6},
	RecipientKeys: [][]byte{append(append([]byte(nil), keyForms[0].prefix...), make([]byte, keyForms[0].size)...)},
	Secret:        [32]byte{7},
	Mode:          shard.ModeContact,
	Notifier:      &shard.Notifier{ID: smp.ID{8}, Key: append(append([]byte(nil), keyForms[0].prefix...), make([]byte, keyForms[0].size)...)},
	LinkID:        []byte{9, 10},
	Updated:       20000,
}

func oldMessage(seq uint64) shard.MessageHeader {
	return shard.MessageHeader{Seq: seq, ID: smp.ID{11, byte(seq)}, Time: 1_700_000_000, Notify: true}
}

// TestOldStore opens the store of format 1 that is kept here, whatever the format is now.
func TestOldStore(t *testing.T) {
	if *writeOld {
		writeOldStore(t)
	}
	dir := filepath.Join(t.TempDir(), "store")
	unzip(t, oldStore, dir)
	for range 2 { // and once more, as it is now
		s := openStore(t, dir, Options{})
		l := []shard.Lookup{{Kind: shard.ByLink, ID: old.LinkID}}
		s.Load(l)
		if l[0].Err != nil || l[0].Found == nil {
			t.Fatalf("found %v, %v", l[0].Found, l[0].Err)
		}
		want := shard.Loaded{Record: old, Messages: 2, First: oldMessage(0), Last: oldMessage(1)}
		if !reflect.DeepEqual(*l[0].Found, want) {
			t.Errorf("got %+v, want %+v", *l[0].Found, want)
		}
		body := make([]byte, 10)
		if n, err := s.Body(&old.RecipientID, 1, body); err != nil || string(body[:n]) != "second" {
			t.Errorf("got %q, %v", body[:n], err)
		}
		s.Close()
	}
}

// TestOlderPebble opens a store whose tables are in the oldest format that Pebble still reads.
func TestOlderPebble(t *testing.T) {
	fs := vfs.NewMem()
	options := &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatMinSupported, Logger: silent{}}
	configure(options)
	db, err := pebble.Open("store", options)
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{
		string(metaFormat): "\x00\x00\x00\x01", string(metaPartition): "0123456789abcdef",
		string(appendKey(nil, spaceQueues, old.RecipientID[:])): string(appendRecord(nil, &old)),
	} {
		if err := db.Set([]byte(key), []byte(value), pebble.Sync); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, "store", Options{FS: fs})
	l := []shard.Lookup{{Kind: shard.ByRecipient, ID: old.RecipientID[:]}}
	s.Load(l)
	if l[0].Err != nil || l[0].Found == nil || !reflect.DeepEqual(l[0].Found.Record, old) {
		t.Errorf("found %v, %v", l[0].Found, l[0].Err)
	}
	if s.PartitionKey() != [16]byte([]byte("0123456789abcdef")) {
		t.Error("the partition key changed")
	}
	if v := s.database().FormatMajorVersion(); v != pebble.FormatNewest {
		t.Errorf("the tables are in format %d", v)
	}
}

// writeOldStore makes the fixture.
func writeOldStore(t *testing.T) {
	fs := vfs.NewCrashableMem()
	for seq, body := range []string{"first", "second"} {
		s := openStore(t, "store", Options{FS: fs, MemTable: 64 << 10})
		tx := s.Begin(0)
		if seq == 0 {
			tx.PutQueue(&old)
		}
		h := oldMessage(uint64(seq))
		tx.PutMessage(&old.RecipientID, &h, []byte(body))
		commit(t, tx)
		if seq == 1 {
			fs = killed(fs)
		}
		s.Close()
	}
	names, err := fs.List("store")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(oldStore)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(out)
	for _, name := range names {
		b, err := readFile(fs, "store/"+name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func unzip(t *testing.T, name, dir string) {
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if err := os.WriteFile(filepath.Join(dir, f.Name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
