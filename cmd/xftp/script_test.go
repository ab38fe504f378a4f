package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xftp": main})
}

// TestScripts runs testdata/script, each against two routers of its own: $SERVER, and $PRIVATE, which asks for a
// password and whose address without it is $NOPASSWORD. The command clean checks that neither has a packet.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			open := routertest.Start(t, nil)
			closed := routertest.Start(t, func(c *router.Config) { c.Password = "secret" })
			withPassword := closed.Address
			withPassword.BasicAuth = "secret"
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TMPDIR", e.WorkDir+"/tmp")
			e.Setenv("SERVER", open.Address.String())
			e.Setenv("PRIVATE", withPassword.String())
			e.Setenv("NOPASSWORD", closed.Address.String())
			e.Values[bodiesKey{}] = func() int { return open.Bodies(t) + closed.Bodies(t) }
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"clean": clean},
	})
}

type bodiesKey struct{}

func clean(ts *testscript.TestScript, neg bool, _ []string) {
	if n := ts.Value(bodiesKey{}).(func() int)(); (n == 0) == neg {
		ts.Fatalf("%d packets on the routers", n)
	}
}
