package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

//go:embed assets
var assets embed.FS

// Write writes the site into a directory, which it makes. Files of other names stay as they are.
func (s *Site) Write(dir string) error {
	pages := map[string]string{"index.html": "index.html"}
	if s.Transfer {
		pages["file.html"] = "file/index.html"
	} else if err := removeAll(dir, "file/index.html"); err != nil {
		return err
	}
	for name, to := range pages {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, name, s); err != nil {
			return err
		}
		if err := writeFile(dir, to, b.Bytes()); err != nil {
			return err
		}
	}
	return fs.WalkDir(assets, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := assets.ReadFile(name)
		if err != nil {
			return err
		}
		return writeFile(dir, name, data)
	})
}

// compressed is what the name of a file's compressed copy ends with. Other servers know it too.
const compressed = ".gz"

// writeFile writes a file of the site, and its compressed copy. Those that are served meanwhile stay whole.
func writeFile(dir, name string, data []byte) error {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return err
	}
	w.Write(data) // a Buffer takes everything
	w.Close()
	if err := replace(filepath.Join(dir, filepath.FromSlash(name)), data); err != nil {
		return err
	}
	return replace(filepath.Join(dir, filepath.FromSlash(name+compressed)), z.Bytes())
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

func removeAll(dir, name string) error {
	for _, n := range []string{name, name + compressed} {
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(n))); err != nil {
			return err
		}
	}
	return nil
}
