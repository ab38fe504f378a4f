package process

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// spareFiles are open files beside the connections: standard streams, reports, what the runtime needs.
const spareFiles = 64

// RaiseFileLimit raises the limit of open files of this process as far as the system lets it, and fails when that is
// not enough for so many connections.
func RaiseFileLimit(conns int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	need := uint64(conns) + spareFiles
	if limit.Cur < limit.Max {
		raised := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
			limit = raised
		}
	}
	if limit.Cur < need {
		return fmt.Errorf("%d connections need %d open files, the limit is %d: raise it with `ulimit -n %d` as root, "+
			"or use several processes", conns, need, limit.Cur, need)
	}
	return nil
}

// clientBytes is what a connection and a queue of a load take in this process, by measurement: connections have a
// goroutine, a TLS state and some tables; queues their IDs and their place in the tables.
const (
	clientBytes = 24 << 10
	queueBytes  = 1 << 10
)

// CheckMemory fails when the machine has not the memory for a load of this size. It leaves the router out, which may
// run elsewhere.
func CheckMemory(conns, queues int) error {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return nil // not a system that tells
	}
	available, ok := memAvailable(string(text))
	need := int64(conns)*clientBytes + int64(queues)*queueBytes
	if ok && need > available {
		return fmt.Errorf("%d connections with %d queues need some %d MiB of memory, %d MiB are available (MemAvailable of "+
			"/proc/meminfo): add swap with `swapon FILE`, or run with fewer connections and queues", conns, queues,
			need>>20, available>>20)
	}
	return nil
}

// memAvailable finds the bytes that processes can still have in the text of /proc/meminfo.
func memAvailable(text string) (int64, bool) {
	for line := range strings.Lines(text) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10, true
		}
	}
	return 0, false
}

// ExplainLimit adds to an error which limit of the system is behind it, its value, and the command that raises it.
func ExplainLimit(err error) error {
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: the source addresses have no ports left (net.ipv4.ip_local_port_range is %s): widen it with "+
			"`sysctl -w net.ipv4.ip_local_port_range='10000 65535'`", err, setting("net/ipv4/ip_local_port_range"))
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: raise the limit of this process with `ulimit -n`", err)
	case errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("%w: the machine's limit of open files (fs.file-max is %s) is reached: raise it with "+
			"`sysctl -w fs.file-max=2000000`", err, setting("fs/file-max"))
	case errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.ENOBUFS):
		return fmt.Errorf("%w: the memory of the machine for sockets (net.ipv4.tcp_mem is %s pages) is used up: raise it with "+
			"`sysctl -w net.ipv4.tcp_mem='…'`, or run with fewer connections", err, setting("net/ipv4/tcp_mem"))
	}
	return err
}

// setting is the value of a kernel setting, for people.
func setting(name string) string {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
