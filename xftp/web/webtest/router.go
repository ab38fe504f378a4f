package webtest

import (
	stdtls "crypto/tls"
	"net"
	"os"
	"testing"
	"time"

	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
	"switchyard/xftp/web"
)

// Host is the name under which browsers reach routers of tests: with an address they would not send a server name.
const Host = "localhost"

// Router is a router with a site.
type Router struct {
	*routertest.Router
	URL string // of the site, without a path
}

// StartRouter starts a router with a site, which ends with the test. change may change its configuration.
func StartRouter(t testing.TB, change func(*router.Config)) *Router {
	t.Helper()
	pair, err := stdtls.X509KeyPair(routertest.WebCertificate(t, Host))
	check(t, err)
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	check(t, err)
	t.Cleanup(func() { root.Close() })
	var cfg router.Config
	r := routertest.Start(t, func(c *router.Config) {
		c.Web, c.Pages = &pair, web.Handler(root)
		if change != nil {
			change(c)
		}
		cfg = *c
	})
	r.Address.Hosts = []string{Host}
	site := web.Site{
		Version: "test", Address: r.Address, Transfer: true, NewFiles: cfg.NewFiles, Password: cfg.Password != "", FileTTL: 48 * time.Hour,
		IniName: "file-server.ini",
	}
	check(t, site.Write(dir))
	return &Router{r, "https://" + net.JoinHostPort(Host, r.Address.Port)}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
