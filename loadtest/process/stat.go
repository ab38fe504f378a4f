package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of CPU times in /proc: USER_HZ is 100 on every Linux.
const clockTick = 10 * time.Millisecond

// Stat is the state of a process at one time.
type Stat struct {
	CPU time.Duration // user and system time of all its threads, in units of 10 ms
	RSS int64         // resident memory in bytes
}

// ReadStat reads the state of a process from /proc (proc_pid_stat(5)).
func ReadStat(pid int) (Stat, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Stat{}, fmt.Errorf("there is no process %d to measure: %w", pid, err)
	}
	p, err := parseStat(stat, int64(os.Getpagesize()))
	if err != nil {
		return Stat{}, fmt.Errorf("/proc/%d/stat: %w", pid, err)
	}
	return p, nil
}

// Fields of /proc/PID/stat, counted from the one behind the name, which is in parentheses and may hold anything.
const (
	statUser   = 11
	statSystem = 12
	statRSS    = 21
)

func parseStat(stat []byte, pageSize int64) (Stat, error) {
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	if end < 0 || len(fields) <= statRSS {
		return Stat{}, fmt.Errorf("not the state of a process")
	}
	if state := fields[0]; string(state) == "Z" || string(state) == "X" {
		return Stat{}, fmt.Errorf("the process has ended")
	}
	var n [3]int64
	for i, f := range []int{statUser, statSystem, statRSS} {
		v, err := strconv.ParseInt(string(fields[f]), 10, 64)
		if err != nil {
			return Stat{}, err
		}
		n[i] = v
	}
	return Stat{CPU: time.Duration(n[0]+n[1]) * clockTick, RSS: n[2] * pageSize}, nil
}
