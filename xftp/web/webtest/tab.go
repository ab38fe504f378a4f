package webtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Tab is a page in a browser.
type Tab struct {
	t         testing.TB
	ctx       context.Context
	downloads string            // directory
	names     map[string]string // of downloads, by their identifiers
	saved     chan download
}

// download is a file that the page has saved.
type download struct{ name, path string }

// note notes downloads. The browser calls it for one event at a time.
func (tab *Tab) note(event any) {
	switch e := event.(type) {
	case *browser.EventDownloadWillBegin:
		tab.names[e.GUID] = e.SuggestedFilename
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			tab.saved <- download{tab.names[e.GUID], filepath.Join(tab.downloads, e.GUID)}
		}
	}
}

// within gives each step its time.
func (tab *Tab) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(tab.ctx, patience)
}

// Do runs steps of chromedp, and ends the test when one fails.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := tab.within()
	defer cancel()
	tab.check(chromedp.Do(ctx, steps...))
}

// Get runs an action of chromedp for what it finds, and ends the test when it fails.
func Get[T any](tab *Tab, action chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := tab.within()
	defer cancel()
	found, err := chromedp.Run(ctx, action)
	for err != nil && strings.Contains(err.Error(), pageGone) && ctx.Err() == nil {
		found, err = chromedp.Run(ctx, action)
	}
	tab.check(err)
	return found
}

// pageGone is what the browser says when a page is left while something is looked for in it; it is looked for in the next one.
const pageGone = "Cannot find context with specified id"

func (tab *Tab) check(err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatalf("%v; the page shows: %s", err, tab.shown())
	}
}

// shown is the text of the page, for messages.
func (tab *Tab) shown() string {
	ctx, cancel := context.WithTimeout(tab.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// Await waits for a state of the page: choose, offer, working, sent, received, deleted or failed. That it has failed
// instead ends the test.
func (tab *Tab) Await(state string) {
	tab.t.Helper()
	reached := Get(tab, chromedp.Poll[string](`["`+state+`", "failed"].find((s) => s === document.body?.dataset.state)`,
		chromedp.WithPollingTimeout(patience)))
	if reached != state {
		tab.t.Fatalf("the page shows: %s", tab.shown())
	}
}

// AwaitText waits until an element is there to see and its text holds something, and is the text.
func (tab *Tab) AwaitText(selector string) string {
	tab.t.Helper()
	return Get(tab, chromedp.Poll[string](`document.querySelector("`+selector+`")?.innerText`, chromedp.WithPollingTimeout(patience)))
}

// AwaitWords waits until the text of an element has some words, and is the text.
func (tab *Tab) AwaitWords(selector, words string) string {
	tab.t.Helper()
	return Get(tab, chromedp.Poll[string](`((s) => s?.includes("`+words+`") ? s : "")(document.querySelector("`+selector+`")?.innerText)`,
		chromedp.WithPollingTimeout(patience)))
}

// Delete deletes the file that was sent, after a second thought.
func (tab *Tab) Delete() {
	tab.t.Helper()
	tab.Click("#delete")
	tab.Click("#delete-no")
	tab.Click("#delete")
	tab.Click("#delete-yes")
	tab.Await("deleted")
}

// Click clicks on an element once it is there to see.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Press presses a button by the keyboard, once it is there to see: where a message above comes and goes, a mouse misses it.
func (tab *Tab) Press(selector string) {
	tab.t.Helper()
	tab.Do(chromedp.SendKeys(chromedp.CSS(selector), kb.Enter, chromedp.NodeVisible))
}

// Choose chooses a file to send.
func (tab *Tab) Choose(path string) {
	tab.t.Helper()
	tab.Await("choose")
	tab.Do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
}

// Send sends a file, and is the link to it.
func (tab *Tab) Send(path string) (link string) {
	tab.t.Helper()
	tab.Choose(path)
	tab.Await("sent")
	return Get(tab, chromedp.Value(chromedp.CSS("#link")))
}

// Receive receives the file that the page offers: its name and content.
func (tab *Tab) Receive() (name string, content []byte) {
	tab.t.Helper()
	tab.Await("offer")
	tab.Click("#download")
	tab.Await("received")
	return tab.Saved()
}

// Saved is the next file that the page saves.
func (tab *Tab) Saved() (name string, content []byte) {
	tab.t.Helper()
	ctx, cancel := tab.within()
	defer cancel()
	select {
	case d := <-tab.saved:
		content, err := os.ReadFile(d.path)
		tab.check(err)
		return d.name, content
	case <-ctx.Done():
		tab.t.Fatalf("nothing is saved; the page shows: %s", tab.shown())
	}
	return "", nil
}
