//go:build !race

package box

// raceEnabled is true under the race detector, which makes sync.Pool drop
// items at random and so allocation counts meaningless.
const raceEnabled = false
