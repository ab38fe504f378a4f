package process

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// routerProgram has the test program play a router's program: it makes the files of `init`, and listens.
const routerProgram = "LOADTEST_ROUTER"

func TestMain(m *testing.M) {
	if os.Getenv(routerProgram) == "" {
		os.Exit(m.Run())
	}
	if err := playRouter(os.Args[1:]); err != nil {
		os.Stderr.WriteString("router: error: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func playRouter(args []string) error {
	dir := os.Getenv("SMP_SERVER_CFG_PATH")
	ini := filepath.Join(dir, "smp-server.ini")
	if args[0] == "init" {
		fingerprint := strings.Repeat("A", 43) + "=\n"
		return errors.Join(os.WriteFile(filepath.Join(dir, "fingerprint"), []byte(fingerprint), 0o600),
			os.WriteFile(ini, []byte("[TRANSPORT]\nhost = h\nport: 5223,443\nwebsockets = off\n"), 0o600))
	}
	text, err := os.ReadFile(ini)
	if err != nil {
		return err
	}
	if len(args) > 1 {
		return errors.New("will not " + args[1])
	}
	port := regexp.MustCompile(`(?m)^port: (\d+)$`).FindSubmatch(text)
	l, err := net.Listen("tcp", "127.0.0.1:"+string(port[1]))
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		c.Close()
	}
}

func newRouter(t *testing.T, args ...string) *Router {
	t.Helper()
	t.Setenv(routerProgram, "1")
	r, err := NewRouter(context.Background(), t.TempDir(), append([]string{os.Args[0], "start"}, args...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRouterLivesAndDies(t *testing.T) {
	r := newRouter(t)
	if r.Address.Hosts[0] != "127.0.0.1" || r.Address.KeyHash != [32]byte{} {
		t.Errorf("address %v", r.Address)
	}
	for range 3 {
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		if err := r.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
		if p, err := ReadStat(r.PID()); err != nil || p.RSS <= 0 {
			t.Errorf("%+v, %v", p, err)
		}
		r.Kill()
		if _, err := ReadStat(r.PID()); err == nil {
			t.Error("alive after Kill")
		}
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
}

func TestRouterThatEndsByItself(t *testing.T) {
	r := newRouter(t, "serve")
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	err := r.Ready(context.Background())
	if err == nil || !strings.Contains(err.Error(), "ended by itself") || !strings.Contains(err.Error(), "will not serve") {
		t.Errorf("error %v", err)
	}
	r.Kill()
}

func TestRouterCommandWithoutStart(t *testing.T) {
	for _, command := range [][]string{{"smp-server"}, {"start"}, {}} {
		if _, err := NewRouter(context.Background(), t.TempDir(), command); err == nil {
			t.Errorf("%v accepted", command)
		}
	}
	_, err := NewRouter(context.Background(), t.TempDir(), []string{"/nonexistent/smp-server", "start"})
	if err == nil {
		t.Error("a program that does not exist was run")
	}
}

func TestLastLine(t *testing.T) {
	for in, want := range map[string]string{"": "", "one": "one", "one\ntwo\n\n": "two", " \n": "", "a\r\nb\r\n": "b"} {
		if got := lastLine([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What a router tells at its end is read by cause, summed over its lives.
func TestCauses(t *testing.T) {
	r := &Router{dir: t.TempDir()}
	log := "level=INFO msg=\"since the start\" accepted=10 failed=0 closed.peer=7 closed.slow=2 refused.new_queues=30\n" +
		"level=INFO msg=stopped\nlevel=INFO msg=\"since the start\" accepted=1 closed.peer=1\n"
	if err := os.WriteFile(filepath.Join(r.dir, "router.log"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{"closed.peer": 8, "closed.slow": 2, "refused.new_queues": 30}
	if got := r.Causes(); !reflect.DeepEqual(got, want) {
		t.Error(got)
	}
}
