package xftpload

import (
	"crypto/cipher"
	"crypto/sha256"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"switchyard/box"
)

// What the floor is measured with: so many bytes, unless the packets are so small that each sync counts.
const (
	floorBytes   = 64 << 20
	floorPackets = 64
)

const recordSize = 16 << 10

// measureFloor is the CPU time in ms for a MiB that the work of a transfer takes, done in one thread on this machine now.
//
//	download  read from a file, XSalsa20-Poly1305, TLS ChaCha20-Poly1305, write to a socket
//	upload    read from a socket, TLS ChaCha20-Poly1305, SHA-256, write to a new file, fsync, for each packet
func measureFloor(mode Mode, size uint32) (float64, error) {
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ours, theirs, err := loopback()
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	defer theirs.Close()
	f := &floorWork{dir: dir, conn: ours, size: int(size), packets: min(floorBytes/int(size), floorPackets),
		buf: make([]byte, recordSize, recordSize+box.TagSize)}
	if f.aead, err = box.NewChaCha20Poly1305(make([]byte, box.KeySize)); err != nil {
		return 0, err
	}
	work, peer := f.download, func() { io.Copy(io.Discard, theirs) }
	if mode == Upload {
		work, peer = f.upload, func() { io.CopyN(theirs, zeros{}, f.bytes()) }
	} else if err := os.WriteFile(f.file(0), make([]byte, f.bytes()), 0o600); err != nil {
		return 0, err
	}
	go peer()
	ended := make(chan error, 1)
	var spent time.Duration
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := threadCPU()
		err := work()
		spent = threadCPU() - before
		ended <- err
	}()
	err = <-ended
	return spent.Seconds() * 1000 / (float64(f.bytes()) / (1 << 20)), err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func loopback() (ours, theirs net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if theirs, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	ours, err = l.Accept()
	return ours, theirs, err
}

func threadCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		panic("loadtest: no use of resources of this thread: " + err.Error())
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// floorWork does the work of transfers and nothing else.
type floorWork struct {
	dir     string
	conn    net.Conn
	size    int // of a packet
	packets int
	aead    cipher.AEAD
	buf     []byte // a record
}

func (f *floorWork) bytes() int64 { return int64(f.packets) * int64(f.size) }

func (f *floorWork) file(n int) string { return filepath.Join(f.dir, strconv.Itoa(n)) }

func (f *floorWork) download() error {
	file, err := os.Open(f.file(0))
	if err != nil {
		return err
	}
	defer file.Close()
	var nonce [box.NonceSize]byte
	var key [box.KeySize]byte
	stream := box.NewStreamed(&nonce, &key)
	for range f.bytes() / recordSize {
		if _, err := io.ReadFull(file, f.buf); err != nil {
			return err
		}
		stream.Seal(f.buf)
		if _, err := f.conn.Write(f.aead.Seal(f.buf[:0], nonce[:f.aead.NonceSize()], f.buf, nil)); err != nil {
			return err
		}
	}
	return nil
}

func (f *floorWork) upload() error {
	for n := range f.packets {
		if err := f.receive(f.file(n)); err != nil {
			return err
		}
	}
	return nil
}

// receive takes one packet into a new file, whose place is allocated at once: that is cheaper than piece by piece.
func (f *floorWork) receive(name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_ = unix.Fallocate(int(file.Fd()), 0, 0, int64(f.size)) // a file system that cannot do without
	nonce := make([]byte, f.aead.NonceSize())
	hash := sha256.New()
	for range f.size / recordSize {
		if _, err := io.ReadFull(f.conn, f.buf); err != nil {
			return err
		}
		f.aead.Seal(f.buf[:0], nonce, f.buf, nil) // opening costs the same
		hash.Write(f.buf)
		if _, err := file.Write(f.buf); err != nil {
			return err
		}
	}
	return file.Sync()
}
