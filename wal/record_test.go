package wal

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

// records has each part of a record alone, all of them together, and each form of key.
func records() map[string]shard.Record {
	rng := rand.New(rand.NewPCG(7, 7))
	all := map[string]shard.Record{}
	plain := func() shard.Record {
		r := randomRecord(rng)
		r.SenderKey = nil
		return r
	}
	add := func(name string, change func(*shard.Record)) {
		r := plain()
		change(&r)
		all[name] = r
	}
	notifier := &shard.Notifier{ID: randomID(rng), Key: randomKey(rng, 1), Secret: [32]byte(randomBytes(rng, 32))}
	served := *notifier
	served.Service = randomBytes(rng, 24)
	add("plain", func(r *shard.Record) {})
	add("sender key", func(r *shard.Record) { r.SenderKey = randomKey(rng, 3) })
	add("notifier", func(r *shard.Record) { r.Notifier = notifier })
	add("notifier with service", func(r *shard.Record) { r.Notifier = &served })
	add("link", func(r *shard.Record) { r.LinkID = randomBytes(rng, 24) })
	add("service", func(r *shard.Record) { r.Service = randomBytes(rng, 24) })
	add("empty strings", func(r *shard.Record) { r.LinkID, r.Service, r.Blocked = []byte{}, []byte{}, []byte{} })
	add("off", func(r *shard.Record) { r.Status, r.Mode = shard.StatusOff, shard.ModeContact })
	add("blocked", func(r *shard.Record) { r.Status, r.Blocked = shard.StatusBlocked, []byte("reason=spam") })
	add("long blocking information", func(r *shard.Record) { r.Blocked = randomBytes(rng, 1000) })
	add("key of unknown form", func(r *shard.Record) { r.SenderKey = randomBytes(rng, 100) })
	add("empty key", func(r *shard.Record) { r.SenderKey = []byte{} })
	add("all", func(r *shard.Record) {
		r.SenderKey, r.Notifier, r.LinkID, r.Service = randomKey(rng, 4), &served, randomBytes(rng, 24), randomBytes(rng, 24)
		r.RecipientKeys = [][]byte{randomKey(rng, 1), randomKey(rng, 2), randomKey(rng, 3), randomKey(rng, 4)}
		r.Status, r.Blocked = shard.StatusBlocked, []byte("reason=content")
	})
	add("most keys", func(r *shard.Record) {
		for len(r.RecipientKeys) < 255 {
			r.RecipientKeys = append(r.RecipientKeys, randomKey(rng, 1))
		}
	})
	return all
}

func TestRecordRoundTrip(t *testing.T) {
	for name, r := range records() {
		t.Run(name, func(t *testing.T) {
			b := appendRecord(nil, &r)
			var got shard.Record
			if !parseRecord(&r.RecipientID, b, &got) {
				t.Fatal("does not parse")
			}
			if !reflect.DeepEqual(got, r) {
				t.Errorf("got  %+v\nwant %+v", got, r)
			}
			if len(b) < 3000 {
				checkPrefixes(t, b)
			}
			clear(b) // a record keeps no reference to what it was parsed from
			if !reflect.DeepEqual(got, r) {
				t.Error("the record aliases its encoding")
			}
		})
	}
}

func checkPrefixes(t *testing.T, b []byte) {
	t.Helper()
	var r shard.Record
	for n := range b {
		if parseRecord(&smp.ID{}, b[:n], &r) {
			t.Errorf("the first %d of %d bytes parse", n, len(b))
		}
	}
	if parseRecord(&smp.ID{}, append(b[:len(b):len(b)], 0), &r) {
		t.Error("parses with a byte more")
	}
}

// TestRecordBytes fixes the format: a store written today is read tomorrow.
func TestRecordBytes(t *testing.T) {
	fill := func(n int, c byte) []byte { return bytes.Repeat([]byte{c}, n) }
	r := shard.Record{
		SenderID:      smp.ID(fill(24, 0x51)),
		RecipientKeys: [][]byte{append(bytes.Clone(keyForms[0].prefix), fill(32, 0xA1)...)},
		SenderKey:     append(bytes.Clone(keyForms[2].prefix), fill(32, 0xA2)...),
		Secret:        [32]byte(fill(32, 0x5E)),
		Mode:          shard.ModeMessaging,
		Status:        shard.StatusBlocked,
		Blocked:       []byte("x"),
		Notifier:      &shard.Notifier{ID: smp.ID(fill(24, 0x71)), Key: []byte{9, 9}, Secret: [32]byte(fill(32, 0x5F)), Service: []byte{7}},
		LinkID:        fill(24, 0x11),
		Service:       []byte{8, 8},
		Updated:       0x01020304,
	}
	want := "01" + "3f" + "01" + "02" + "01020304" + strings.Repeat("51", 24) + strings.Repeat("5e", 32) +
		"01" + "01" + strings.Repeat("a1", 32) + // recipient key, Ed25519
		"03" + strings.Repeat("a2", 32) + // sender key, X25519
		strings.Repeat("71", 24) + strings.Repeat("5f", 32) + "00020909" + "0107" + // notifier
		"18" + strings.Repeat("11", 24) + "020808" + "000178" // link, service, blocking information
	if got := hex.EncodeToString(appendRecord(nil, &r)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRecordRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	r := randomRecord(rng)
	r.Notifier = &shard.Notifier{Key: randomKey(rng, 1)}
	good := appendRecord(nil, &r)
	const count = 8 + 24 + 32
	for name, change := range map[string]func(b []byte) []byte{
		"version 0":                        func(b []byte) []byte { b[0] = 0; return b },
		"version 2":                        func(b []byte) []byte { b[0] = 2; return b },
		"unknown part":                     func(b []byte) []byte { b[1] |= partsKnown + 1; return b },
		"service without notifier":         func(b []byte) []byte { b[1] = partNotifierService; return b },
		"unknown mode":                     func(b []byte) []byte { b[2] = 3; return b },
		"unknown status":                   func(b []byte) []byte { b[3] = 3; return b },
		"no recipient key":                 func(b []byte) []byte { b[count] = 0; return b },
		"no recipient key and no bytes":    func(b []byte) []byte { return append(append(b[:count:count], 0), b[count+1+33:]...) },
		"more keys than bytes":             func(b []byte) []byte { b[count] = 255; return b },
		"unknown form of key":              func(b []byte) []byte { b[count+1] = 5; return b },
		"well known key stored as unknown": func(b []byte) []byte { return otherForm(b, &r, count+1) },
	} {
		var got shard.Record
		if parseRecord(&smp.ID{}, change(bytes.Clone(good)), &got) {
			t.Errorf("%s: parses", name)
		}
	}
}

// otherForm stores the Ed25519 key at n as if its form was not known.
func otherForm(b []byte, r *shard.Record, n int) []byte {
	der := r.RecipientKeys[0]
	out := append(bytes.Clone(b[:n]), formDER, byte(len(der)))
	return append(append(out, der...), b[n+33:]...)
}

func FuzzRecord(f *testing.F) {
	for _, r := range records() {
		f.Add(appendRecord(nil, &r))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r shard.Record
		if parseRecord(&smp.ID{1}, b, &r) {
			if again := appendRecord(nil, &r); !bytes.Equal(again, b) {
				t.Errorf("parses %x\nencodes %x", b, again)
			}
		}
	})
}

func TestHeaderRoundTrip(t *testing.T) {
	for _, h := range []shard.MessageHeader{
		{},
		{Seq: 5, ID: smp.ID{1, 2, 3}, Time: 1_700_000_000, Kind: shard.KindMessage, Notify: true},
		{Seq: 1<<64 - 1, ID: smp.ID{23: 9}, Time: -1, Kind: shard.KindQuota},
	} {
		b := appendHeader(nil, &h)
		if got, ok := parseHeader(b, h.Seq); !ok || got != h {
			t.Errorf("got %+v, %v, want %+v", got, ok, h)
		}
		for n := range b {
			if _, ok := parseHeader(b[:n], 0); ok {
				t.Errorf("the first %d of %d bytes parse", n, len(b))
			}
		}
		if _, ok := parseHeader(append(b, 0), 0); ok {
			t.Error("parses with a byte more")
		}
	}
}

func TestHeaderBytes(t *testing.T) {
	h := shard.MessageHeader{Seq: 5, ID: smp.ID(bytes.Repeat([]byte{0x1D}, 24)), Time: 0x0102030405060708, Kind: shard.KindQuota, Notify: true}
	want := "01" + "01" + "01" + strings.Repeat("1d", 24) + "0102030405060708"
	if got := hex.EncodeToString(appendHeader(nil, &h)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(appendHeader(nil, &shard.MessageHeader{ID: smp.ID{1}, Time: 2, Notify: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, ok := parseHeader(b, 1); ok {
			if again := appendHeader(nil, &h); !bytes.Equal(again, b) {
				t.Errorf("parses %x\nencodes %x", b, again)
			}
		}
	})
}
