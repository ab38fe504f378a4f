// Package linkpages are the pages behind links that people share, which an SMP router serves: the browser shows the link as a QR
// code and hands it to the app. The pages are one file, and what they show stands behind # in the address, which browsers keep
// to themselves (facts: ntf-and-ops, B7).
//
// Beside them are the files by which phones open such links in the app at once: of Apple, apple-app-site-association; of
// Google, assetlinks.json. The script is ../page/src/link.ts; internal/bundle makes media/link.js of it.
//
// The package imports ../../site.
package linkpages

import (
	"embed"
	"encoding/json"
	"path"

	"switchyard/server/site"
)

//go:embed templates/link.html
var page []byte

//go:embed media
var media embed.FS

// paths are where links lead.
var paths = []string{"contact", "invitation", "a", "c", "g", "r", "i"}

// AddTo adds the files to those of a site.
func AddTo(files map[string][]byte) error {
	for _, p := range paths {
		files[path.Join(p, "index.html")] = page
	}
	for name, content := range map[string]any{"apple-app-site-association": appleFile(), "assetlinks.json": googleFile()} {
		text, err := json.MarshalIndent(content, "", "  ")
		if err != nil {
			return err
		}
		files[path.Join("well-known", name)] = append(text, '\n')
	}
	return site.AddFiles(files, media, "media", "media")
}
