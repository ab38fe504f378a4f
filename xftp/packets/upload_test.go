package packets

import (
	"bytes"
	"context"
	"errors"
	"testing"
)

// TestUploadsOfOnePacket begins many uploads of a packet: each ends the one before, so that all hold the place of one.
func TestUploadsOfOnePacket(t *testing.T) {
	f := newFixture(t, 100)
	id := f.create(100)
	var all []*Upload
	for range 100 {
		u, err := f.Upload(context.Background(), id, 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Write(make([]byte, 50)); err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	if f.account.reserved != 100 {
		t.Errorf("%d bytes are reserved", f.account.reserved)
	}
	last := all[len(all)-1]
	for _, u := range all[:len(all)-1] {
		if _, err := u.Write(make([]byte, 50)); !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		if err := u.Commit(); !errors.Is(err, ErrGone) {
			t.Error(err)
		}
		u.Abort()
	}
	if _, err := last.Write(make([]byte, 50)); err != nil {
		t.Error(err)
	}
	if err := last.Commit(); err != nil {
		t.Error(err)
	}
	last.Abort()
	f.agree()
}

// TestUploadsAtOnce: of two uploads that end at the same time one is stored, and both are answered alike.
func TestUploadsAtOnce(t *testing.T) {
	f := newFixture(t, 200)
	id := f.create(100)
	first, err := f.Upload(context.Background(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write(content(id, 100)); err != nil {
		t.Fatal(err)
	}
	end, err := f.names.begin(context.Background(), id) // the first waits for its turn
	if err != nil {
		t.Fatal(err)
	}
	if !first.advance(opened, committing) { // and can no longer be ended
		t.Fatal("the upload has ended")
	}
	second, err := f.Upload(context.Background(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Write(content(id, 100)); err != nil {
		t.Fatal(err)
	}
	first.advance(committing, opened)
	end()
	for _, u := range []*Upload{first, second} {
		if err := u.Commit(); err != nil {
			t.Error(err)
		}
	}
	f.agree()
	if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 100)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
