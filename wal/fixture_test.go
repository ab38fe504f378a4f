package wal

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/smp"
)

const bodySize = 16122 // of a sealed message, in every version

// openStore opens a store that is closed with the test, unless the test did. Its keeper looks when the test says so only:
// otherwise a slow machine would have a store that failed opened again in the midst of a test that looks into it.
func openStore(tb testing.TB, dir string, o Options) *Store {
	tb.Helper()
	if o.looks == nil {
		o.looks = make(chan time.Time)
	}
	s, err := Open(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil && err != ErrClosed && s.Err() == nil {
			tb.Error(err)
		}
	})
	return s
}

// commit commits a transaction and waits for it.
func commit(tb testing.TB, t shard.Tx) {
	tb.Helper()
	c, err := t.Commit()
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func randomID(rng *rand.Rand) smp.ID { return smp.ID(randomBytes(rng, idSize)) }

// randomKey is the DER encoding of a key of the given form, 1 to len(keyForms).
func randomKey(rng *rand.Rand, form int) []byte {
	f := keyForms[form-1]
	return append(append([]byte(nil), f.prefix...), randomBytes(rng, f.size)...)
}

// randomRecord is that of a secured queue as most are.
func randomRecord(rng *rand.Rand) shard.Record {
	return shard.Record{
		RecipientID:   randomID(rng),
		SenderID:      randomID(rng),
		RecipientKeys: [][]byte{randomKey(rng, 1)},
		SenderKey:     randomKey(rng, 3),
		Secret:        [32]byte(randomBytes(rng, 32)),
		Mode:          shard.ModeMessaging,
		Updated:       19000 + rng.Uint32N(1000),
	}
}

// silent is a log of Pebble's that nobody reads.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(f string, a ...any) {
	panic(fmt.Sprintf(f, a...))
}

// database is Pebble's.
func (s *Store) database() *pebble.DB {
	in := s.enter()
	defer in.Leave()
	return in.DB
}
