package packets

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failing is a directory whose power goes off before its n-th step.
type failing struct {
	Bodies
	steps *int
	off   func() // called when the power goes off
}

func (f failing) step() error {
	if *f.steps--; *f.steps >= 0 {
		return nil
	}
	if *f.steps == -1 {
		f.off()
	}
	return errPower
}

func (f failing) Begin(ctx context.Context, id ID, tag uint64, size uint32) (Body, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	b, err := f.Bodies.Begin(ctx, id, tag, size)
	return failingBody{b, f}, err
}

func (f failing) Remove(ctx context.Context, id ID) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.Bodies.Remove(ctx, id)
}

type failingBody struct {
	Body
	power failing
}

func (b failingBody) Write(p []byte) (int, error) {
	if err := b.power.step(); err != nil {
		n, _ := b.Body.Write(p[:len(p)/2])
		return n, err
	}
	return b.Body.Write(p)
}

func (b failingBody) Settle() error {
	if err := b.power.step(); err != nil {
		return err
	}
	return b.Body.Settle()
}

func (f failing) Publish(ctx context.Context, id ID, name string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.Bodies.Publish(ctx, id, name)
}

func (b failingBody) Discard() error {
	if *b.power.steps < 0 { // after the power failure nobody tidies up
		return errPower
	}
	return b.Body.Discard()
}

// TestCrashAtEveryStep uploads, blocks and deletes at random, lets the power go off before each step in turn, and
// checks after each restart that records, files and quota agree and that what was answered is there.
func TestCrashAtEveryStep(t *testing.T) {
	const seed = 5
	for crash := range 60 {
		f := newFixture(t, 0)
		steps := crash
		var records *vfs.MemFS // as they were when the power went off
		f.reopen(0, func(b Bodies) Bodies {
			return failing{b, &steps, func() { records = f.fs.CrashClone(vfs.CrashCloneCfg{}) }}
		})
		random := rand.New(rand.NewPCG(seed, uint64(crash)))
		var uploaded []ID // answered with OK
		for steps >= 0 {
			if len(uploaded) > 2 && random.IntN(2) == 0 {
				n := random.IntN(len(uploaded))
				id := uploaded[n]
				uploaded = append(uploaded[:n], uploaded[n+1:]...)
				if random.IntN(3) == 0 {
					f.Block(context.Background(), id, "reason=content")
				} else {
					f.Delete(context.Background(), id)
				}
			} else if id := f.create(uint32(16 * (1 + random.IntN(100)))); f.upload(id, sizeOf(t, f, id)) == nil {
				uploaded = append(uploaded, id)
			}
		}
		f.fs = records
		f.reopen(0, nil)
		f.agree()
		for _, id := range uploaded {
			if b, err := f.body(id); err != nil || string(b) != string(content(id, sizeOf(t, f, id))) {
				t.Errorf("seed %d, crash before step %d: an uploaded body is not there: %v", seed, crash, err)
			}
		}
	}
}

func sizeOf(t *testing.T, f *fixture, id ID) uint32 {
	t.Helper()
	r, err := f.Packet(id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Size
}
