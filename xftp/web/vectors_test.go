package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"switchyard/internal/bundle"
	"switchyard/xftp/internal/vectors"
	"switchyard/xftp/web/webtest"
)

// page is the directory of the page's sources.
const page = "page"

func build(t testing.TB, scripts ...string) map[string][]byte {
	t.Helper()
	built, err := bundle.Build(page, scripts...)
	if err != nil {
		t.Fatalf("%v; `make interop` installs the libraries", err)
	}
	return built
}

// TestVectors runs the golden vectors of the network, and checks without vectors, in a browser.
func TestVectors(t *testing.T) {
	t.Parallel()
	built := build(t, "selftest")
	mux := http.NewServeMux()
	serve := func(path, contentType string, data []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Write(data)
		})
	}
	serve("/{$}", "text/html", []byte(`<!doctype html><script type="module" src="selftest.js"></script>`))
	serve("/selftest.js", "text/javascript", built["selftest.js"])
	serve("/vectors.json", "application/json", vectors.Read(t, "../testdata/xftp.json.gz"))
	server := httptest.NewServer(mux)
	defer server.Close()
	results := webtest.Get(webtest.Start(t).Open(server.URL), chromedp.Evaluate[struct {
		Checked map[string]int
		Faults  []string
	}]("window.results", chromedp.EvalAwaitPromise, func(p *runtime.EvaluateParams) { p.ReturnByValue = new(true) }))
	for _, fault := range results.Faults {
		t.Error(fault)
	}
	for name, want := range map[string]int{"chunk_sizes": 28, "file_size_text": 13, "file_encryption": 7, "chunk_download": 2,
		"handshake": 4, "file_description": 6, "file_description_parse": 7, "transmission": 8, "response": 7, "names": 1, "costly links": 1, "links that were changed on their way": 1, "stalling": 1, "waking": 1} {
		if results.Checked[name] != want {
			t.Errorf("%s: %d checked, want %d", name, results.Checked[name], want)
		}
	}
}
