package moving

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"switchyard/smp"
)

// State is the state of a router of the reference.
type State struct {
	Queues uint64
	Seed   uint64
}

// Shares of the queues, as one of so many.
const (
	perLate     = 10  // came after the last start of the router
	perNotifier = 5   //
	perLink     = 10  //
	perFull     = 100 // has messages
	perTime     = 5   // was used after the last start
	messages    = 10  // in a queue that has some
)

// Sizes of a message's body and of link data.
const (
	bodySize  = 16_048
	fixedSize = 150
	userSize  = 800
)

// day is when everything happens, in seconds since 1970: the messages are not old for some years.
const day = 20_800 * 86_400

// Messages is how many messages wait.
func (s State) Messages() uint64 { return s.ordered() / perFull * messages }

// ordered is how many queues the last start has written.
func (s State) ordered() uint64 { return s.Queues - s.Queues/perLate }

// id is the recipient ID of a queue; those of the ordered ones ascend.
func (s State) id(i uint64) (id smp.ID) {
	var name [16]byte
	binary.BigEndian.PutUint64(name[:], s.Seed)
	binary.BigEndian.PutUint64(name[8:], i)
	h := sha256.Sum256(name[:])
	copy(id[:], h[:])
	if n := s.ordered(); i < n {
		step := ^uint64(0) / n
		binary.BigEndian.PutUint64(id[:], i*step+binary.BigEndian.Uint64(h[:])%step)
	}
	return id
}

// Write writes the files into a directory.
func (s State) Write(dir string) error {
	if err := s.file(filepath.Join(dir, "smp-server-store.log"), s.storeLog); err != nil {
		return err
	}
	return s.file(filepath.Join(dir, "smp-server-messages.log"), s.messageLog)
}

func (s State) file(name string, fill func(*writer)) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := &writer{out: bufio.NewWriterSize(f, 1<<20), random: rand.NewChaCha8(sha256.Sum256([]byte(name)))}
	fill(w)
	return errors.Join(w.out.Flush(), f.Close())
}

// writer writes lines. Its errors are those of the flush.
type writer struct {
	out     *bufio.Writer
	random  *rand.ChaCha8
	scratch []byte
	text    []byte
}

func (w *writer) put(s string) { _, _ = w.out.WriteString(s) }

func (w *writer) base64(b []byte) {
	w.text = base64.URLEncoding.AppendEncode(w.text[:0], b)
	_, _ = w.out.Write(w.text)
}

// some writes n random bytes.
func (w *writer) some(n int) {
	if cap(w.scratch) < n {
		w.scratch = make([]byte, n)
	}
	b := w.scratch[:n]
	_, _ = w.random.Read(b) // never fails
	w.base64(b)
}

// key writes an Ed25519 key.
func (w *writer) key() {
	der := append([]byte{0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0}, make([]byte, 32)...)
	_, _ = w.random.Read(der[12:])
	w.base64(der)
}

func (s State) storeLog(w *writer) {
	n := s.ordered()
	for i := range n {
		s.create(w, i, true)
	}
	for i := n; i < s.Queues; i++ {
		s.create(w, i, false)
		id := s.id(i)
		w.put("SECURE ")
		w.base64(id[:])
		w.put(" ")
		w.key()
		w.put("\n")
	}
	for i := uint64(0); i < n; i += perTime {
		id := s.id(i * 7919 % n)
		w.put("TIME ")
		w.base64(id[:])
		w.put(" " + strconv.Itoa(day) + "\n")
	}
}

func (s State) create(w *writer, i uint64, secured bool) {
	id := s.id(i)
	w.put("CREATE rid=")
	w.base64(id[:])
	w.put(" rk=")
	w.key()
	w.put(" rdh=")
	w.some(32)
	w.put(" sid=")
	w.some(24)
	w.put(" sk=")
	if secured {
		w.key()
	}
	w.put(" queue_mode=M")
	if i%perLink == 0 {
		w.put(" link_id=")
		w.some(24)
		w.put(" queue_data=")
		w.some(fixedSize)
		w.put(" ")
		w.some(userSize)
	}
	if i%perNotifier == 0 {
		w.put(" notifier=")
		w.some(24)
		w.put(" ")
		w.key()
		w.put(" ")
		w.some(32)
	}
	w.put(" updated_at=" + strconv.Itoa(day) + "\n")
}

func (s State) messageLog(w *writer) {
	for i := uint64(0); i+perFull <= s.ordered(); i += perFull {
		id := s.id(i)
		for range messages {
			w.put("v3 ")
			w.base64(id[:])
			w.put(" ")
			w.some(24)
			w.put(" " + strconv.Itoa(day) + " flags=T ")
			w.some(bodySize)
			w.put("\n")
		}
	}
}
