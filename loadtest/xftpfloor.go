package loadtest

import (
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/sys/unix"

	"switchyard/box"
)

// smallBuffer keeps the kernel from taking a slow reader's bytes in its place.
func smallBuffer(_, _ string, c syscall.RawConn) error {
	var err error
	return errors.Join(c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10)
	}), err)
}

// floorBytes is how much the floor is measured with.
const floorBytes = 64 << 20

const recordSize = 16 << 10

// xftpFloor is the CPU time in ms for a MiB that the work of a transfer takes, done in one thread on this machine now.
//
//	download  read from a file, XSalsa20-Poly1305, TLS ChaCha20-Poly1305, write to a socket
//	upload    read from a socket, TLS ChaCha20-Poly1305, SHA-256, write to a file, fsync for each packet
func xftpFloor(mode XFTPMode, size uint32) (float64, error) {
	file, err := os.CreateTemp("", "floor")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	ours, theirs, err := loopback()
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	defer theirs.Close()
	aead, err := chacha20poly1305.New(make([]byte, chacha20poly1305.KeySize))
	if err != nil {
		return 0, err
	}
	work := floorDownload
	if mode == XFTPUpload {
		work = floorUpload
	}
	if _, err := file.Write(make([]byte, floorBytes)); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	var spent time.Duration
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := threadCPU()
		err := work(file, ours, aead, size)
		spent = threadCPU() - before
		ended <- err
	}()
	if mode == XFTPUpload {
		go io.CopyN(theirs, zeros{}, floorBytes)
	} else {
		go io.Copy(io.Discard, theirs)
	}
	err = <-ended
	return spent.Seconds() * 1000 / (floorBytes >> 20), err
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

func floorDownload(file *os.File, conn net.Conn, aead cipher.AEAD, _ uint32) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var nonce [box.NonceSize]byte
	var key [box.KeySize]byte
	stream := box.NewStreamed(&nonce, &key)
	buf := make([]byte, recordSize, recordSize+aead.Overhead())
	for range floorBytes / recordSize {
		if _, err := io.ReadFull(file, buf); err != nil {
			return err
		}
		stream.Seal(buf)
		if _, err := conn.Write(aead.Seal(buf[:0], nonce[:aead.NonceSize()], buf, nil)); err != nil {
			return err
		}
	}
	return nil
}

func floorUpload(file *os.File, conn net.Conn, aead cipher.AEAD, size uint32) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var nonce [box.NonceSize]byte
	hash := sha256.New()
	buf := make([]byte, recordSize, recordSize+aead.Overhead())
	for n := recordSize; n <= floorBytes; n += recordSize {
		if _, err := io.ReadFull(conn, buf); err != nil {
			return err
		}
		aead.Seal(buf[:0], nonce[:aead.NonceSize()], buf, nil) // opening costs the same
		hash.Write(buf)
		if _, err := file.Write(buf); err != nil {
			return err
		}
		if n%int(size) == 0 {
			if err := file.Sync(); err != nil {
				return err
			}
		}
	}
	return nil
}
