//go:build !linux

package disk

// preallocates tells that Pebble's file system gives files their place in advance: it says so elsewhere, too, and does
// nothing.
const preallocates = false
