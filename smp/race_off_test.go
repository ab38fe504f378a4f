//go:build !race

package smp

// raceEnabled tells that allocations cannot be counted: the race detector makes some of its own.
const raceEnabled = false
