package main

import (
	"io"
	"log"
	"testing"
)

func TestLibrariesAreSilent(t *testing.T) {
	if log.Writer() != io.Discard {
		t.Error("what libraries log goes to the terminal")
	}
}
