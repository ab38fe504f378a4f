package client

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"switchyard/box"
	"switchyard/internal/remains"
	"switchyard/smp"
)

// When a connection has ended nothing leads to its keys, those of blocks and of a proxy's boxes included, and who forwards
// through it nevertheless learns why that does not work.
func TestEndedClientForgetsItsKeys(t *testing.T) {
	router := newTestRouter(t, func(c *routerConn) { _, _ = io.Copy(io.Discard, c.NetConn) })
	config := router.config()
	plain := router.dial(config)
	config.Proxy = true
	proxy := router.dial(config)
	secrets := map[*Client][][]byte{
		plain: {chainKey(t, plain.agreement.send), chainKey(t, plain.agreement.receive)},
		proxy: {bytes.Clone(proxy.forwarding.subkey[:])},
	}
	for c, keys := range secrets {
		for _, key := range keys {
			if len(remains.Of(key, &c.agreement)) == 0 {
				t.Fatal("an open client has no key")
			}
		}
	}
	hangUp(plain, proxy)
	router.conns.Wait()
	for c, keys := range secrets {
		for i, key := range keys {
			if places := remains.Of(key, &c.agreement); len(places) > 0 {
				t.Errorf("key %d: %q", i, places)
			}
		}
		if out := c.stream.tls.Seal(nil, []byte("x")); len(out) > 0 {
			t.Error("TLS has its keys")
		}
	}
	err := proxy.Forward([]byte("corr"), smp.PFWDParams{Version: 18, Key: make([]byte, 44), Encrypted: make([]byte, 100)}, func([]byte, error) {})
	if !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, ok := proxy.forwarding.open(make([]byte, 100), new([box.NonceSize]byte)); ok || proxy.forwarding.seal(make([]byte, 100), new([box.NonceSize]byte)) {
		t.Error("a box without a key")
	}
}

// chainKey is what a chain consists of.
func chainKey(t *testing.T, c box.Chain) (key []byte) {
	t.Helper()
	if c == (box.Chain{}) {
		t.Fatal("blocks are not encrypted")
	}
	field := reflect.ValueOf(c).Field(0)
	for i := range field.Len() {
		key = append(key, byte(field.Index(i).Uint()))
	}
	return key
}
