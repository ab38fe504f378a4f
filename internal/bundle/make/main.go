// Command make writes the scripts of all pages to where programs hold them (`make web`). It runs in the root of the repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"switchyard/internal/bundle"
)

func main() {
	for _, p := range bundle.Pages {
		built, err := bundle.Build(p.Dir, p.Scripts...)
		for name, data := range built {
			if err == nil {
				err = os.WriteFile(filepath.Join(p.Out, name), data, 0o644)
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "make: error:", err)
			os.Exit(1)
		}
	}
}
