//go:build !race

package edbatch

// raceEnabled is true under the race detector, where allocation counts mean
// nothing.
const raceEnabled = false
