package disk

import (
	"time"

	"switchyard/server/crash"
)

// keeper is the goroutine that looks after the disk: at its free space, and, after a failure, whether it works again.
// Then the directory is opened once more, which is what a restart of the router would do, but without one: what was
// acknowledged is there, what was not may be, and owners read again what they are not sure of (Epoch).
type keeper struct {
	quit chan struct{}
	done chan struct{}

	// Of its goroutine.
	pause, left int    // looks between two attempts to open, and until the next one
	told        string // what the last one failed by
	written     uint64 // commits when the table in memory was last written for the sake of deletions
	reclaim     reclaim
}

// keepEvery is how often the keeper looks. A failing disk is tried ever more seldom, up to every maxPause looks.
const (
	keepEvery = time.Second
	maxPause  = 60
)

func (d *DB) startKeeper() {
	d.keeper.quit, d.keeper.done, d.keeper.pause = make(chan struct{}), make(chan struct{}), 1
	looks, stop := d.options.Looks, func() {}
	if looks == nil {
		t := time.NewTicker(keepEvery)
		looks, stop = t.C, t.Stop
	}
	go func() {
		defer crash.Report()
		defer close(d.keeper.done)
		defer stop()
		for {
			select {
			case <-looks:
				d.look()
			case <-d.keeper.quit:
				return
			}
		}
	}()
}

func (k *keeper) stop() {
	close(k.quit)
	<-k.done
}

// look is what the keeper does every time.
func (d *DB) look() {
	d.space.look()
	k, in, log := &d.keeper, d.current.Load(), d.options.Log
	if in.guard.err() == nil {
		k.pause, k.left = max(1, k.pause-1), 0
		d.space.balance()
		in.compactions.resume()
		d.writeDeletions(in)
		d.reclaim(in)
		return
	}
	d.space.ballast.drop() // opening has tables to write
	if k.left--; k.left > 0 || d.space.at(tight) || !in.guard.idle() {
		return
	}
	if err := d.reopen(in); err != nil {
		k.pause = min(2*k.pause, maxPause)
		k.left = k.pause
		if k.told != err.Error() {
			k.told = err.Error()
			log.Error("store: the disk does not work yet: " + k.told)
		}
		return
	}
	k.told = ""
	k.pause = min(2*k.pause, maxPause) // if it soon fails again, the next attempt comes later
	log.Info("store: the disk works again, the store takes writes")
}

// writeDeletions writes the table in memory to disk while space is short. Only there do deletions meet what they delete,
// when tables are compacted, and of a database that takes nothing new the table would not fill for long. It waits for
// compactions to follow, as writes would wait for them in the end.
func (d *DB) writeDeletions(in *Instance) {
	commits := d.stats.commits.Load()
	if !d.space.at(short) || d.space.at(out) || commits == d.keeper.written ||
		in.above() >= compactAfter {
		return
	}
	d.keeper.written = commits
	if _, err := in.DB.AsyncFlush(); err != nil { // a disk that fails is seen by the guard
		d.options.Log.Error("store: " + FirstLine(err.Error()))
	}
}

// reopen puts a new instance in the place of a failed one, which no longer touches the disk.
func (d *DB) reopen(failed *Instance) error {
	if err := rewriteManifests(d.options.FS, d.dir); err != nil {
		return writeFault(err, d.dir)
	}
	in, err := d.openInstance(failed.Epoch + 1)
	if err != nil {
		return err
	}
	d.retired.Add(1)
	d.current.Store(in)
	failed.Leave()
	in.begin()
	return nil
}
