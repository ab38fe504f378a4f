//go:build !linux

package disktest

import "testing"

// WithMounts says that there is no test here: only Linux has name spaces.
func WithMounts(t *testing.T, run func()) {
	t.Log("this system has no name spaces, so there is no disk to fill")
}

// Mount is for WithMounts.
func Mount(t *testing.T, dir string, size int64) { t.Fatal("no disk") }

// Free is for WithMounts.
func Free(t *testing.T, dir string) int64 { t.Fatal("no disk"); return 0 }

// Fill is for WithMounts.
func Fill(t *testing.T, dir string, but int64) string { t.Fatal("no disk"); return "" }
