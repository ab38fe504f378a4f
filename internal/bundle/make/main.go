// Command build writes the scripts of the page into xftp/web/assets (`make web`). It runs in the root of the
// repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"switchyard/xftp/web/page/bundle"
)

func main() {
	built, err := bundle.Build("xftp/web/page", bundle.Scripts...)
	for name, data := range built {
		if err == nil {
			err = os.WriteFile(filepath.Join("xftp/web/assets", name), data, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build: error:", err)
		os.Exit(1)
	}
}
