// Package coredump keeps the memory of a server to itself: it holds keys, and a core dump would write them to disk.
//
// It imports nothing of ours.
package coredump
