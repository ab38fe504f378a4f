package client

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"switchyard/smp"
)

func TestOrigins(t *testing.T) {
	for text, want := range map[string]string{
		"a.example": "https://a.example", "a.example:443": "https://a.example", "a.example:5443": "https://a.example:5443",
		"b.onion,a.example": "https://a.example", "b.onion": "", "[::1]": "https://[::1]", "[::1]:5443": "https://[::1]:5443",
		"127.0.0.1:5443": "https://127.0.0.1:5443",
	} {
		a, err := smp.ParseAddress("xftp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@" + text)
		check(t, err)
		if got := origin(&a); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestSite: only a page that a browser would show counts, and the first router with one is taken.
func TestSite(t *testing.T) {
	var asked []string
	serve := func(kind string, status int) smp.ServerAddress {
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			asked = append(asked, q.URL.Path)
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
		}))
		t.Cleanup(s.Close)
		http.DefaultTransport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
		u, err := url.Parse(s.URL)
		check(t, err)
		return smp.ServerAddress{Hosts: []string{u.Hostname()}, Port: u.Port()}
	}
	before := http.DefaultTransport.(*http.Transport).TLSClientConfig
	t.Cleanup(func() { http.DefaultTransport.(*http.Transport).TLSClientConfig = before })
	page, empty, text := serve("text/html; charset=utf-8", 200), serve("text/html", 404), serve("text/plain", 200)
	nobody := smp.ServerAddress{Hosts: []string{"127.0.0.1"}, Port: "1"}
	if got := Site(ctx, []smp.ServerAddress{empty, empty, text, page}); got != "https://127.0.0.1:"+page.Port {
		t.Errorf("%q", got)
	}
	if len(asked) != 3 || asked[0] != "/file/" {
		t.Error(asked)
	}
	if got := Site(ctx, []smp.ServerAddress{nobody, empty, text, page}); got != "" {
		t.Errorf("the fourth router is asked: %q", got)
	}
	http.DefaultTransport.(*http.Transport).TLSClientConfig = before
	if got := Site(ctx, []smp.ServerAddress{page}); got != "" {
		t.Errorf("a page whose certificate browsers do not trust: %q", got)
	}
}
