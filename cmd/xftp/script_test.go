package main

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/xftp/packets"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
	"switchyard/xftp/web/webtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xftp": main})
}

// TestScripts runs testdata/script, each against routers of its own: $SERVER; $PRIVATE, which asks for a password and whose
// address without it is $NOPASSWORD; $SMALL, which has room for 4 MiB, and $FULL, which has none; $SITE, whose page is at
// $SITEURL.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: func(e *testscript.Env) error { return setup(t, e) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"clean": clean, "empty": empty, "longfile": longFile, "link": link,
		},
	})
}

func setup(t *testing.T, e *testscript.Env) error {
	open := routertest.Start(t, nil)
	closed := routertest.Start(t, func(c *router.Config) { c.Password = "secret" })
	small := routertest.StartWith(t, packets.Options{Quota: 4 << 20}, nil)
	full := routertest.StartWith(t, packets.Options{Quota: 1}, nil)
	site := webtest.StartRouter(t, trust(t, e.WorkDir+"/trusted.pem"))
	password := func(p string) string {
		a := closed.Address
		a.BasicAuth = p
		return a.String()
	}
	for name, value := range map[string]string{
		"HOME": e.WorkDir, "TMPDIR": e.WorkDir + "/tmp", "XDG_STATE_HOME": "", "SSL_CERT_FILE": e.WorkDir + "/trusted.pem",
		"SERVER": open.Address.String(), "PRIVATE": password("secret"), "WRONGPASSWORD": password("guessed"), "NOPASSWORD": password(""),
		"SMALL": small.Address.String(), "FULL": full.Address.String(), "SITE": site.Address.String(), "SITEURL": site.URL,
		"KEY": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC1zZWNyZXQ", "LONG": strings.Repeat("b", 255),
	} {
		e.Setenv(name, value)
	}
	e.Values[bodiesKey{}] = func() (n int) {
		for _, r := range []*routertest.Router{open, closed, small, full} {
			n += r.Bodies(t)
		}
		return n
	}
	return nil
}

// trust writes the certificate that browsers get of a router into a file.
func trust(t testing.TB, path string) func(*router.Config) {
	return func(c *router.Config) {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Web().Certificate[0]})
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

type bodiesKey struct{}

// clean checks that no router but that with the site has a packet.
func clean(ts *testscript.TestScript, neg bool, _ []string) {
	if n := ts.Value(bodiesKey{}).(func() int)(); (n == 0) == neg {
		ts.Fatalf("%d packets on the routers", n)
	}
}

// empty checks that a directory has nothing in it.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s has %s", args[0], entries[0].Name())
	}
}

// longFile makes a file with the longest name that there is, $LONG.
func longFile(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.WriteFile(ts.MkAbs(ts.Getenv("LONG")), []byte("long"), 0o600))
}

// link takes the link that xftp send has printed, as $LINK and in the forms that it may have when it has been passed on, and
// puts it into link.txt.
func link(ts *testscript.TestScript, _ bool, _ []string) {
	lines := strings.Split(ts.ReadFile("stdout"), "\n")
	i := slices.Index(lines, "Web link:")
	if i < 0 {
		ts.Fatalf("no link")
	}
	link := lines[i+1]
	_, fragment, _ := strings.Cut(link, "#")
	ts.Setenv("LINK", link)
	ts.Setenv("HTTPSLINK", strings.Replace(link, "https:", "Https:", 1))
	ts.Setenv("ESCAPEDLINK", strings.ReplaceAll(link, "=", "%3D")+"\n")
	ts.Setenv("FRAGMENT", fragment)
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs("."), "link.txt"), []byte(link+"\r\n"), 0o600))
}
