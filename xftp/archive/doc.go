// Package archive makes one file of several files and directories, for transfers that carry one file, and takes such a
// file apart again: a tar, as archive/tar writes and reads it.
//
// Unpacking does not trust the archive. It writes nothing outside of a new directory, through links or otherwise, and makes
// only files, directories and links among them, all within bounds. Packing leaves out the owners of files.
//
// The package imports client for names, and no routers.
package archive

import "errors"

const (
	// MaxEntries is how many files, directories and links an archive may have.
	MaxEntries = 100_000
	// maxDepth is how many directories may lie in one another.
	maxDepth = 100
	block    = 512 // of a tar
)

var errEntries = errors.New("more than 100000 files and directories; make an archive of them yourself, and send that")
