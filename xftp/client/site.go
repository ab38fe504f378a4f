package client

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"switchyard/smp"
)

const (
	// siteTimeout is how long a router's site may take to answer, and sites in all.
	siteTimeout = 5 * time.Second
	// sitesAsked is how many routers are asked for a site.
	sitesAsked = 3
)

// Site is the origin of the site of one of the routers, "https://HOST[:PORT]", where browsers receive files; empty when
// none answers to browsers, which trust other certificates than clients of the network do.
func Site(ctx context.Context, servers []smp.ServerAddress) string {
	ctx, cancel := context.WithTimeout(ctx, 2*siteTimeout)
	defer cancel()
	seen := make(map[string]bool)
	for i := range servers {
		origin := origin(&servers[i])
		if origin == "" || seen[origin] {
			continue
		}
		if seen[origin] = true; len(seen) > sitesAsked {
			break
		}
		if hasPage(ctx, origin) {
			return origin
		}
	}
	return ""
}

// origin is where browsers reach a router; empty for one that is in the Tor network only.
func origin(a *smp.ServerAddress) string {
	h := host(a)
	if strings.HasSuffix(h, ".onion") {
		return ""
	}
	origin := "https://" + smp.BracketHost(h)
	if a.Port != "" && a.Port != defaultPort {
		origin += ":" + a.Port
	}
	return origin
}

// hasPage tells whether a page that receives files is there.
func hasPage(ctx context.Context, origin string) bool {
	ctx, cancel := context.WithTimeout(ctx, siteTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/file/", nil)
	if err != nil {
		return false
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(q)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return response.StatusCode == http.StatusOK && kind == "text/html"
}
