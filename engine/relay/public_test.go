package relay

import (
	"net"
	"net/netip"
	"testing"

	"switchyard/smp"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"192.0.2.1": true, "8.8.8.8": true, "2001:db8::1": true, "64:ff9b::808:808": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false,
		"0.0.0.0": false, "0.1.2.3": false, "100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a01:203": false, "64:ff9b:1::808:808": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: public %v", text, got)
		}
	}
}

// TestPublicOnly: a relay behind a name or address of this machine is not connected to, and the client learns that its
// host is the fault.
func TestPublicOnly(t *testing.T) {
	p := NewPool(Config{PublicOnly: true})
	t.Cleanup(p.Close)
	for i, host := range []string{"127.0.0.1", "localhost"} {
		if err := p.connectTo(addressOf(host)); err != smp.ErrBrokerHost {
			t.Errorf("%s: %v", host, err)
		}
		if n := p.Stats().Refused["private"]; n <= int64(i) {
			t.Errorf("%s: %d refused", host, n)
		}
	}
}

// TestPublicOnlyBehindSocks: a SOCKS proxy is not asked for an address that is not public, and for others it is.
func TestPublicOnlyBehindSocks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked <- struct{}{}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	p := NewPool(Config{PublicOnly: true, Socks: &Socks{Address: l.Addr().String()}, SocksAlways: true})
	t.Cleanup(p.Close)
	for i, host := range []string{"127.0.0.1", "10.1.2.3", "::1", "[fd00::1]", "169.254.1.1"} {
		if err := p.connectTo(addressOf(host)); err != smp.ErrBrokerHost {
			t.Errorf("%s: %v", host, err)
		}
		if n := p.Stats().Refused["private"]; n != int64(i)+1 {
			t.Errorf("%s: %d refused", host, n)
		}
	}
	if len(asked) > 0 {
		t.Error("the proxy was asked")
	}
	if err := p.connectTo(addressOf("relay.example.net")); err == (smp.Error{}) {
		t.Error("connected")
	}
	<-asked
}
