// Package archive makes one file of several files and directories, for transfers that carry one file, and takes such a
// file apart again: a tar, as archive/tar writes and reads it.
//
// What is packed is not trusted by who unpacks it: nothing is written outside of a new directory, through links or
// otherwise, and only files, directories and links among them are made, all within bounds. Of what is packed the owner is
// left out.
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
