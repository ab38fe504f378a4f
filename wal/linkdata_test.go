package wal

import (
	"math/rand/v2"
	"testing"

	"switchyard/shard"
)

func FuzzLinkData(f *testing.F) {
	f.Add(appendLinkData(nil, &shard.LinkData{Fixed: []byte("fixed"), User: []byte("user")}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := parseLinkData(b)
		if ok && string(appendLinkData(nil, &d)) != string(b) {
			t.Fatal("does not encode to what it was parsed of")
		}
	})
}

func TestLinkDataPrefixes(t *testing.T) {
	b := appendLinkData(nil, &shard.LinkData{Fixed: []byte("fixed")})
	for n := range b {
		if _, ok := parseLinkData(b[:n]); ok {
			t.Fatalf("the first %d of %d bytes parse", n, len(b))
		}
	}
}

// Link data is found by its queue, replaced as a whole, and gone with the link or the queue.
func TestLinkData(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(1, 2))
	r := randomRecord(rng)
	r.LinkID = []byte("link")
	put := func(user string) {
		tx := s.Begin(0)
		tx.PutQueue(&r)
		tx.PutLink(&r.RecipientID, &shard.LinkData{Fixed: []byte("fixed"), User: []byte(user)})
		commit(t, tx)
	}
	check := func(user string, found bool) {
		t.Helper()
		l := []shard.Lookup{{Kind: shard.ByLink, ID: r.LinkID}}
		s.Load(l)
		d, err := s.Link(&r.RecipientID)
		switch {
		case (l[0].Found != nil) != found || l[0].Err != nil:
			t.Fatalf("lookup %+v, want found %v", l[0], found)
		case found && (err != nil || string(d.Fixed) != "fixed" || string(d.User) != user):
			t.Fatalf("link data %q %q, error %v", d.Fixed, d.User, err)
		case !found && err != ErrMissing:
			t.Fatalf("error %v of link data that is gone", err)
		}
	}
	check("", false)
	put("user")
	check("user", true)
	put("another")
	check("another", true)
	tx := s.Begin(0)
	tx.DeleteLink(&r.RecipientID, r.LinkID)
	commit(t, tx)
	check("", false)
	put("again")
	check("again", true)
	tx = s.Begin(0)
	tx.DeleteQueue(&r)
	commit(t, tx)
	check("", false)
}
