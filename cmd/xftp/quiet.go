package main

import (
	"io"
	"log"
)

// Whatever a router sends, only main speaks to the terminal: golang.org/x/net tells the standard logger of each frame of
// HTTP/2 that it does not know.
func init() { log.SetOutput(io.Discard) }
