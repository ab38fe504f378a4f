//go:build race

package edbatch

const raceEnabled = true
