package reload

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/tls"
)

// rereading is a router of parts that tell of themselves.
type rereading struct {
	*Reloader
	ini   string
	log   bytes.Buffer
	said  []string
	fault error // of the second part
}

func newRereading(t *testing.T) *rereading {
	r := &rereading{ini: filepath.Join(t.TempDir(), "x.ini")}
	r.write(t, "[A]\nlive = secret-1\nlate = 1\n[B]\nany = 1\n")
	started, err := inifile.Load(r.ini)
	if err != nil {
		t.Fatal(err)
	}
	first := Part{map[string][]string{"A": {"live"}, "B": {All}}, func(f *inifile.File) (func(), error) {
		f.Int("A", "late", 0, 0, 9)
		value := f.Text("A", "live", "")
		return func() { r.said = append(r.said, value) }, nil
	}}
	second := Part{Read: func(*inifile.File) (func(), error) { return nil, r.fault }}
	r.Reloader = New(started, slog.New(slog.NewTextHandler(&r.log, nil)), first, second)
	return r
}

func (r *rereading) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(r.ini, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAllOrNothing: with a fault in the ini or of any part none changes; what only a start reads is named until it is as at the
// start, and no value is.
func TestAllOrNothing(t *testing.T) {
	r := newRereading(t)
	for _, test := range []struct {
		ini       string
		fault     error
		said, log string // log: of each line a part
	}{
		{"[A]\nlive = secret-1\nlate = 1\n[B]\nany = 1\n", nil, "secret-1", `changed=nothing`},
		{"[A]\nlive = secret-2\nlate = 2\n[B]\nmore = 1\n", nil, "secret-2", `settings="[A] late"|changed="[A] live, [B] any, [B] more"`},
		{"[A]\nlive = secret-3\nlate = 2\n[B]\nmore = 1\n", errors.New("half a certificate"), "", `cause="half a certificate"`},
		{"[A]\nlive = secret-3\nlate = x\n[B]\nmore = 1\n", nil, "", `x.ini:3: [A] late: \"x\" is not a number`},
		{"[A\n", nil, "", `x.ini:1: a section without its closing bracket`},
		{"[A]\nlive = secret-3\nlate = 2\n[B]\nmore = 1\n", nil, "secret-3", `settings="[A] late"|changed="[A] live"`},
		{"[A]\nlive = secret-3\nlate = 1\n[B]\nmore = 1\n", nil, "secret-3", `changed=nothing`},
	} {
		r.write(t, test.ini)
		r.said, r.fault = nil, test.fault
		r.log.Reset()
		r.Reload()
		lines := strings.Split(strings.TrimSuffix(r.log.String(), "\n"), "\n")
		parts := strings.Split(test.log, "|")
		if strings.Join(r.said, "") != test.said || len(lines) != len(parts) || strings.Contains(r.log.String(), "secret") {
			t.Errorf("%q: %q changes; %s", test.ini, r.said, &r.log)
			continue
		}
		for i, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("%q: no %s in %s", test.ini, part, lines[i])
			}
		}
	}
}

// TestServe: a hangup that came before the router could look at it is not lost; after the end there are no more.
func TestServe(t *testing.T) {
	r := newRereading(t)
	synctest.Test(t, func(t *testing.T) {
		hangups := make(chan os.Signal, 1)
		hangups <- syscall.SIGHUP
		ctx, end := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Serve(ctx, hangups)
		}()
		synctest.Wait()
		if !slices.Equal(r.said, []string{"secret-1"}) {
			t.Errorf("%q", r.said)
		}
		end()
		<-ended
	})
}

// TestIdentity: another certificate of the same identity is taken over, another identity is refused.
func TestIdentity(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	id, err := identity.Create(dir, tls.Ed25519, "localhost", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Create(other, tls.Ed25519, "localhost", time.Now()); err != nil {
		t.Fatal(err)
	}
	var now *tls.KeyPair
	p := Identity(dir, id, slog.New(slog.DiscardHandler), func(pair *tls.KeyPair) { now = pair })
	if change, err := p.Read(nil); change != nil || err != nil {
		t.Error("the same certificate is another", err)
	}
	renewed, err := identity.Renew(dir, tls.Ed25519, "localhost", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	change, err := p.Read(nil)
	if err != nil || now != nil {
		t.Fatal(err)
	}
	if change(); !bytes.Equal(now.Chain[0], renewed.KeyPair.Chain[0]) {
		t.Error("the renewed certificate is not taken over")
	}
	if change, err := p.Read(nil); change != nil || err != nil {
		t.Error("it is taken over twice", err)
	}
	for _, name := range []string{identity.CACert, identity.ServerCert, identity.ServerKey, identity.Fingerprint} {
		data, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if change, err := p.Read(nil); change != nil || err == nil || !strings.Contains(err.Error(), "another identity") {
		t.Error("another identity is taken over", err)
	}
}
