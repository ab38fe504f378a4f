// Package webtest drives the page of an XFTP router in a headless Chromium. Only tests import it.
//
// Nothing waits for a time: each step waits for what the page shows. A browser belongs to one test.
package webtest

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds every step, on machines with much else to do.
const patience = 2 * time.Minute

// Browser is a running browser.
type Browser struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	faults   []string
	foreign  []string
	messages []string // of errors, on the console
}

// Start starts a browser, which ends with the test. It takes any certificate.
func Start(t testing.TB, more ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.IgnoreCertErrors,
		chromedp.NoSandbox, // there is none for root
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
		end()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("no browser: %v; `make tools` installs chromium", err)
	}
	return &Browser{t: t, ctx: ctx}
}

// Open opens an address in a tab of its own.
func (b *Browser) Open(address string) *Tab {
	b.t.Helper()
	ctx, end := chromedp.NewContext(b.ctx)
	b.t.Cleanup(end)
	tab := &Tab{t: b.t, ctx: ctx, downloads: b.t.TempDir(), names: make(map[string]string), saved: make(chan download, 1)}
	err := chromedp.Listen(ctx, func(event any) { b.note(event); tab.note(event) })
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	}
	if err == nil {
		events := true
		_, err = chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: tab.downloads, EventsEnabled: &events,
		})
	}
	check(b.t, err)
	tab.Do(chromedp.Navigate(address))
	return tab
}

// note notes what a page complains of, and whom it asks.
func (b *Browser) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			fault += " " + e.ExceptionDetails.Exception.Description
		}
		b.faults = append(b.faults, fault)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			for _, a := range e.Args {
				b.messages = append(b.messages, a.Description+string(a.Value))
			}
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			b.messages = append(b.messages, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if !local(e.Request.URL) && !sameHost(e.Request.URL, e.DocumentURL) {
			b.foreign = append(b.foreign, e.Request.URL)
		}
	}
}

// local tells whether a request stays on this machine, or is none.
func local(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "data" || u.Scheme == "blob" || u.Hostname() == Host || u.Hostname() == "127.0.0.1")
}

// sameHost tells whether two addresses are of one host, for pages of hosts that the browser finds on this machine.
func sameHost(a, b string) bool {
	u, err := url.Parse(a)
	v, fault := url.Parse(b)
	return err == nil && fault == nil && u.Scheme == v.Scheme && u.Host == v.Host
}

// Silent is Quiet, and fails the test when the console has a message of an error, too.
func (b *Browser) Silent() {
	b.t.Helper()
	b.Quiet()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.messages) > 0 {
		b.t.Errorf("on the console: %q", b.messages)
	}
}

// Quiet fails the test when a page has left an exception uncaught, or has asked others than this machine.
func (b *Browser) Quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 || len(b.foreign) > 0 {
		b.t.Errorf("the page has faults %q and asks elsewhere for %q", b.faults, b.foreign)
	}
}
