package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// refuseLive refuses a state that a process writes to. The reference holds no lock, but keeps its store log open. What this user
// may not see of other processes is seen by nobody; Finish finds what has changed, at least.
func (s *Logs) refuseLive() error {
	infos := make([]os.FileInfo, 0, len(s.watched))
	for _, w := range s.watched {
		info, err := os.Stat(w.path)
		if err != nil {
			return err
		}
		infos = append(infos, info)
	}
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range open {
		name, err := os.Readlink(fd)
		if err != nil || !strings.HasPrefix(filepath.Base(name), "smp-server-") {
			continue
		}
		info, err := os.Stat(fd) // of the file itself, whatever its name is where the process lives
		if err != nil || !writes(fd) {
			continue
		}
		for i := range infos {
			if os.SameFile(info, infos[i]) {
				return changedRefusal(s.watched[i].path)
			}
		}
	}
	return nil
}

// writes tells whether a descriptor is open for writing: the last digit of its flags, in base 8, says so.
func writes(fd string) bool {
	info, err := os.ReadFile(strings.Replace(fd, "/fd/", "/fdinfo/", 1))
	if err != nil {
		return false
	}
	for line := range bytes.Lines(info) {
		if flags, ok := bytes.CutPrefix(line, []byte("flags:")); ok {
			n, err := strconv.ParseUint(string(bytes.TrimSpace(flags)), 8, 64)
			return err == nil && n&3 != 0
		}
	}
	return false
}
