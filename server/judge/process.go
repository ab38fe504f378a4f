package judge

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/prometheus/procfs"
)

// process is one of this machine that may be the server.
type process struct {
	procfs.Proc
	files []string // what its descriptors lead to
}

// processes are those of which this account may see the files; none where the system has no /proc.
func processes() (all []process) {
	procs, err := procfs.AllProcs()
	if err != nil {
		return nil
	}
	for _, p := range procs {
		if files, err := p.FileDescriptorTargets(); err == nil && len(files) > 0 {
			all = append(all, process{p, files})
		}
	}
	return all
}

// serverProcess is the server that lives in a configuration directory: it has that open (package directories).
func serverProcess(config string) *process {
	dir, err := filepath.Abs(config)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil
	}
	for _, p := range processes() {
		if p.PID != os.Getpid() && p.has(dir) {
			return &p
		}
	}
	return nil
}

func (p *process) has(file string) bool {
	for _, f := range p.files {
		if f == file {
			return true
		}
	}
	return false
}

// name is the program, as far as the system tells.
func (p *process) name() string {
	name, err := p.Comm()
	if err != nil {
		return "?"
	}
	return name
}

// listening is the state of a TCP socket that listens, as /proc/net/tcp has it.
const listening = 10

// listeners are the sockets that listen on a port: their names among the descriptors of processes.
func listeners(port string) (sockets []string) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	// procfs would rather have a library for netlink in its place, which is one more dependency for two files.
	v4, _ := fs.NetTCP()  //lint:ignore SA1019 see above; of a system without a family there is no file
	v6, _ := fs.NetTCP6() //lint:ignore SA1019 see above
	for _, s := range append(v4, v6...) {
		if s.St == listening && strconv.FormatUint(s.LocalPort, 10) == port {
			sockets = append(sockets, "socket:["+strconv.FormatUint(s.Inode, 10)+"]")
		}
	}
	return sockets
}

// owner is the process that has one of the sockets; nil when that cannot be seen.
func owner(sockets []string) *process {
	for _, p := range processes() {
		for _, s := range sockets {
			if p.has(s) {
				return &p
			}
		}
	}
	return nil
}
