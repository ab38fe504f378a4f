// Package routertest runs an XFTP router inside a test. Only tests import it.
package routertest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

// Router is a running router with its store in a temporary directory.
type Router struct {
	*router.Router
	Address smp.ServerAddress
	Store   *packets.Store
	path    string
}

// Start starts a router, which ends with the test. change may change its configuration.
func Start(t testing.TB, change func(*router.Config)) *Router {
	t.Helper()
	return StartWith(t, packets.Options{}, change)
}

// StartWith is Start with a store that has options.
func StartWith(t testing.TB, o packets.Options, change func(*router.Config)) *Router {
	t.Helper()
	ctx := context.Background()
	root := t.TempDir()
	path := filepath.Join(root, "files")
	dir, err := packets.OpenDir(path)
	check(t, err)
	store, err := packets.Open(ctx, filepath.Join(root, "store"), dir, o)
	check(t, err)
	pair, hash := NewIdentity(t, tls.Ed25519)
	cfg := router.Config{Listen: []string{"127.0.0.1:0"}, KeyPair: pair, Identity: hash, Store: store, NewFiles: true}
	if change != nil {
		change(&cfg)
	}
	r, err := router.New(cfg)
	check(t, err)
	ended := make(chan error, 1)
	go func() { ended <- r.Run() }()
	<-r.Ready()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		check(t, r.Stop(ctx))
		check(t, <-ended)
		check(t, store.Close())
		check(t, dir.Close())
	})
	_, port, err := net.SplitHostPort(r.Addrs()[0].String())
	check(t, err)
	address := smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: cfg.Identity, Hosts: []string{"127.0.0.1"}, Port: port}
	return &Router{r, address, store, path}
}

// Bodies counts the packets on the disk, and fails the test when an upload has left something.
func (r *Router) Bodies(t testing.TB) int {
	t.Helper()
	bodies, uploads := r.OnDisk(t)
	if uploads > 0 {
		t.Errorf("%d uploads are left", uploads)
	}
	return bodies
}

// OnDisk counts the packets on the disk, and the uploads under way.
func (r *Router) OnDisk(t testing.TB) (bodies, uploads int) {
	t.Helper()
	entries, err := os.ReadDir(r.path)
	check(t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			bodies++
		}
	}
	begun, err := os.ReadDir(filepath.Join(r.path, ".uploads"))
	check(t, err)
	return bodies, len(begun)
}

// NewIdentity makes the certificates of a router, and the fingerprint of its identity.
func NewIdentity(t testing.TB, scheme tls.SignatureScheme) (*tls.KeyPair, [32]byte) {
	t.Helper()
	now := time.Now()
	caCert, caKey, err := tls.IssueCA(scheme, "SMP server CA", "SimpleX", now)
	check(t, err)
	ca, err := tls.ParseKeyPair(caCert, caKey)
	check(t, err)
	cert, key, err := tls.IssueLeaf(ca, scheme, "localhost", now)
	check(t, err)
	pair, err := tls.ParseKeyPair(append(cert, caCert...), key)
	check(t, err)
	return pair, tls.Fingerprint(ca.Chain[0])
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
