package packets

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"sync"
	"testing"
	"time"

	"switchyard/internal/clockstep"
)

func TestLifeOfAPacket(t *testing.T) {
	f := newFixture(t, 0)
	ctx := context.Background()
	r1, r2 := newID(), newID()
	id := f.create(1000, r1)
	if err := f.AddRecipients(id, []Recipient{{r2, testKey}}); err != nil {
		t.Fatal(err)
	}
	if err := f.upload(id, 1000); err != nil {
		t.Fatal(err)
	}
	if err := f.upload(id, 1000); err != nil {
		t.Errorf("a second upload: %v", err)
	}
	f.agree()
	f.reopen(0, nil)
	f.agree()
	sender, key, r, err := f.Access(r2)
	if err != nil || sender != id || key != testKey || !r.Uploaded || r.Size != 1000 || string(r.Digest) != "digest" || r.Created%3600 != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	if b, err := f.body(id); err != nil || !bytes.Equal(b, content(id, 1000)) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if err := f.RemoveRecipient(id, r1); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := f.Access(r1); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := f.RemoveRecipient(id, r1); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := f.Delete(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := f.body(id); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, _, _, err := f.Access(r2); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := f.Delete(ctx, id); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	f.agree()
	if f.Usage() != (Usage{}) {
		t.Errorf("%+v", f.Usage())
	}
	for _, err := range []error{f.AddRecipients(id, []Recipient{{r2, testKey}}), f.Block(ctx, id, "x")} {
		if !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
	}
}

func TestBlockedPacket(t *testing.T) {
	f := newFixture(t, 0)
	rcv := newID()
	id := f.create(64, rcv)
	if err := f.upload(id, 64); err != nil {
		t.Fatal(err)
	}
	if err := f.Block(context.Background(), id, "reason=spam"); err != nil {
		t.Fatal(err)
	}
	f.agree()
	_, _, r, err := f.Access(rcv)
	if err != nil || r.Status != Blocked || r.Blocking != "reason=spam" || r.Uploaded {
		t.Errorf("%+v %v", r, err)
	}
	if err := f.upload(id, 64); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if err := f.Delete(context.Background(), id); err != nil {
		t.Error(err)
	}
	f.agree()
}

// TestQuotaCannotOvercommit: uploads at the same time never hold more than the quota together.
func TestQuotaCannotOvercommit(t *testing.T) {
	f := newFixture(t, 10*100)
	var mu sync.Mutex
	var wg sync.WaitGroup
	stored := 0
	for range 40 {
		id := f.create(100)
		wg.Go(func() {
			err := f.upload(id, 100)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				stored++
			} else if !errors.Is(err, ErrQuota) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if stored != 10 || f.Usage().Bytes != 1000 {
		t.Errorf("%d stored, %+v", stored, f.Usage())
	}
	f.agree()
}

// TestAbortedUploadFreesItsPlace: and leaves nothing.
func TestAbortedUploadFreesItsPlace(t *testing.T) {
	f := newFixture(t, 100)
	id := f.create(100)
	u, err := f.Upload(context.Background(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	u.Write(make([]byte, 50))
	if err := f.upload(f.create(100), 100); !errors.Is(err, ErrQuota) {
		t.Error(err)
	}
	u.Abort()
	f.agree()
	if err := f.upload(id, 100); err != nil {
		t.Error(err)
	}
}

// TestDeletedWhileUploaded: the upload ends with ErrGone and leaves nothing.
func TestDeletedWhileUploaded(t *testing.T) {
	f := newFixture(t, 0)
	id := f.create(100)
	u, err := f.Upload(context.Background(), id, 100)
	if err != nil {
		t.Fatal(err)
	}
	u.Write(make([]byte, 100))
	if err := f.Delete(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if err := u.Commit(); !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	f.agree()
}

func TestExpire(t *testing.T) {
	f := newFixture(t, 0)
	old := f.create(10, newID())
	if err := f.upload(old, 10); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(2 * time.Hour)
	young := f.create(10)
	n := 0
	expire := func(ttl time.Duration) {
		t.Helper()
		if err := f.Expire(context.Background(), ttl, func() { n++ }); err != nil {
			t.Fatal(err)
		}
	}
	if expire(2 * time.Hour); n != 0 {
		t.Error("expired within the hour that creation times are rounded by")
	}
	if expire(time.Second); n != 1 {
		t.Errorf("%d expired", n)
	}
	if _, err := f.Packet(old); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := f.Packet(young); err != nil {
		t.Error(err)
	}
	f.agree()
}

// TestExpireOutlivesWrongClocks has the system's clock set: one that is ahead for a while deletes nothing, one that stays
// ahead does after a day, and one that is set back only delays.
func TestExpireOutlivesWrongClocks(t *testing.T) {
	f := newFixture(t, 0)
	const ttl = 48 * time.Hour
	id := f.create(10)
	for _, step := range []struct {
		passes, set time.Duration
		deletes     int
	}{
		{0, 1000 * time.Hour, 0},
		{time.Hour, 0, 0},
		{0, -1000 * time.Hour, 0},
		{0, -1000 * time.Hour, 0},
		{time.Hour, 1000 * time.Hour, 0},
		{time.Hour, 1000 * time.Hour, 0},
		{23 * time.Hour, 0, 0},
		{2 * time.Hour, 0, 1},
	} {
		f.now = clockstep.Set(f.now.Add(step.passes), step.set)
		n := 0
		if err := f.Expire(context.Background(), ttl, func() { n++ }); err != nil || n != step.deletes {
			t.Fatalf("%+v: %d deleted, error %v", step, n, err)
		}
	}
	if _, err := f.Packet(id); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(appendRecord(nil, &Record{Sender: testKey, Size: 5, Digest: []byte("d"), Blocking: "reason=spam"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err == nil && !bytes.Equal(appendRecord(nil, &r), b) {
			t.Fatalf("%+v is written in another way", r)
		}
		parseAccess(b)
		parseUsage(b)
		parseTemporaryName(string(b))
	})
}
