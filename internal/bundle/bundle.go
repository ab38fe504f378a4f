// Package bundle makes scripts of pages out of their TypeScript and the libraries that they use. What it makes depends on
// nothing but these files: the same everywhere.
//
// It imports nothing of ours.
package bundle

import (
	"errors"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// A Page is a directory with src and node_modules, where the bundles of it go, and their names: those of their first files.
type Page struct {
	Dir, Out string
	Scripts  []string
}

// Pages are all, by directories of the repository.
var Pages = []Page{
	{"xftp/web/page", "xftp/web/assets", []string{"forward", "page", "worker"}},
	{"server/site/page", "server/site/linkpages/media", []string{"link"}},
}

// Build makes bundles of the scripts in dir, which also has the libraries: their texts by name.
func Build(dir string, scripts ...string) (map[string][]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	options := api.BuildOptions{
		AbsWorkingDir: dir,
		Outdir:        filepath.Join(dir, "out"), // nothing is written there
		Bundle:        true,
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LegalComments: api.LegalCommentsEndOfFile,

		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
	}
	for _, s := range scripts {
		options.EntryPoints = append(options.EntryPoints, filepath.Join(dir, "src", s+".ts"))
	}
	result := api.Build(options)
	var faults []error
	for _, text := range api.FormatMessages(result.Errors, api.FormatMessagesOptions{}) {
		faults = append(faults, errors.New(text))
	}
	built := make(map[string][]byte)
	for _, f := range result.OutputFiles {
		built[filepath.Base(f.Path)] = f.Contents
	}
	return built, errors.Join(faults...)
}
