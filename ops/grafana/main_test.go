package main

import (
	"bytes"
	"os"
	"testing"
)

// TestFilesAreWritten: who changes a table writes the files anew.
func TestFilesAreWritten(t *testing.T) {
	for _, d := range dashboards {
		text, err := os.ReadFile(d.file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, d.render()) {
			t.Errorf("%s is not what the tables say: run `go generate ./ops/grafana`", d.file)
		}
	}
}
