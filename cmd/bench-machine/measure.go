package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"
)

// block is the size of SMP's blocks, the piece in which everything is measured.
const block = 16384

// The sizes of what is copied and written: more than any cache holds. Tests make do with less.
var memorySize, fileSize = 256 << 20, 256 << 20

// measurement is one row: run measures once, for about span, and returns the figure in the row's unit.
type measurement struct {
	name   string
	unit   string
	higher bool // whether more is better
	run    func() (float64, error)
}

var measurements = []measurement{
	{"memory copy, 16 KiB pieces", "GB/s", true, copyMemory},
	{"loopback TCP, one way", "GB/s", true, loopbackStream},
	{"loopback TCP, 16 KiB there and back", "µs", false, loopbackEcho},
	{"disk, sequential write and sync", "MB/s", true, writeDisk},
	{"disk, append 16 KiB and sync, median", "µs", false, func() (float64, error) { return syncLog(0.5) }},
	{"disk, append 16 KiB and sync, 99 %", "µs", false, func() (float64, error) { return syncLog(0.99) }},
}

func (m measurement) print(w io.Writer) error {
	var figures []float64
	for range runs {
		f, err := m.run()
		if err != nil {
			return err
		}
		figures = append(figures, f)
	}
	slices.Sort(figures)
	best, worst := figures[0], figures[len(figures)-1]
	if m.higher {
		best, worst = worst, best
	}
	_, err := fmt.Fprintf(w, "%-38s %10.2f %s (%.2f)\n", m.name, best, m.unit, worst)
	return err
}

// copyMemory copies between buffers that no cache holds.
func copyMemory() (float64, error) {
	size := memorySize
	from, to := make([]byte, size), make([]byte, size)
	copy(to, from) // so that the pages are there
	copied, start := 0, time.Now()
	for time.Since(start) < span {
		for at := 0; at < size; at += block {
			copy(to[at:at+block], from[at:at+block])
		}
		copied += size
	}
	return float64(copied) / time.Since(start).Seconds() / 1e9, nil
}

// pair is a TCP connection over the loopback interface.
func pair() (client, server net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	if server, err = l.Accept(); err != nil {
		client.Close()
	}
	return client, server, err
}

// loopbackStream sends blocks one way over one connection.
func loopbackStream() (float64, error) {
	client, server, err := pair()
	if err != nil {
		return 0, err
	}
	defer server.Close()
	received := make(chan int64, 1)
	go func() {
		var n int64
		b := make([]byte, block)
		for {
			k, err := server.Read(b)
			n += int64(k)
			if err != nil {
				received <- n
				return
			}
		}
	}()
	b, start := make([]byte, block), time.Now()
	for time.Since(start) < span {
		if _, err := client.Write(b); err != nil {
			return 0, err
		}
	}
	client.Close()
	return float64(<-received) / time.Since(start).Seconds() / 1e9, nil
}

// loopbackEcho sends a block and waits for it to come back.
func loopbackEcho() (float64, error) {
	client, server, err := pair()
	if err != nil {
		return 0, err
	}
	defer client.Close()
	go func() {
		defer server.Close()
		b := make([]byte, block)
		for {
			if _, err := io.ReadFull(server, b); err != nil {
				return
			}
			if _, err := server.Write(b); err != nil {
				return
			}
		}
	}()
	b, n, start := make([]byte, block), 0, time.Now()
	for ; time.Since(start) < span; n++ {
		if _, err := client.Write(b); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(client, b); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Microseconds()) / float64(n), nil
}

// withFile calls do with a new file on the disk, which has no name: it is gone however the process ends.
func withFile(do func(*os.File) (float64, error)) (float64, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(dir, "bench-machine-*")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return 0, err
	}
	return do(f)
}

// writeDisk writes a file and syncs it once.
func writeDisk() (float64, error) {
	return withFile(func(f *os.File) (float64, error) {
		b, start := make([]byte, 1<<20), time.Now()
		for range fileSize / len(b) {
			if _, err := f.Write(b); err != nil {
				return 0, err
			}
		}
		err := f.Sync()
		return float64(fileSize) / time.Since(start).Seconds() / 1e6, err
	})
}

// syncLog appends blocks as a write-ahead log does, each with its own sync, and returns a quantile of the times.
func syncLog(quantile float64) (float64, error) {
	return withFile(func(f *os.File) (float64, error) {
		var times []time.Duration
		b, start := make([]byte, block), time.Now()
		for time.Since(start) < span {
			begin := time.Now()
			if _, err := f.Write(b); err != nil {
				return 0, err
			}
			if err := f.Sync(); err != nil {
				return 0, err
			}
			times = append(times, time.Since(begin))
		}
		slices.Sort(times)
		return float64(times[int(quantile*float64(len(times)-1))].Microseconds()), nil
	})
}
