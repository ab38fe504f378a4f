package site

import (
	"bytes"
	"compress/gzip"
	"os"
	"path"
	"path/filepath"
)

// packedSuffix is what the name of a file's compressed copy ends with. Other servers know it too.
const packedSuffix = ".gz"

// writeFile writes a file of the site, and a compressed copy where that is smaller. Those that are served meanwhile stay whole.
func writeFile(dir, name string, data []byte) error {
	if err := replace(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil || !compressible(name) {
		return err
	}
	return replace(filepath.Join(dir, filepath.FromSlash(name+packedSuffix)), compress(data, gzip.BestCompression))
}

func compress(data []byte, level int) []byte {
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, level) // which is one
	w.Write(data)                          // a Buffer takes everything
	w.Close()
	return z.Bytes()
}

func replace(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+path.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func removeFile(dir, name string) error {
	for _, n := range []string{name, name + packedSuffix} {
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(n))); err != nil {
			return err
		}
	}
	return nil
}
