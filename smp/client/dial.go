package client

import (
	"context"
	"crypto/rand"
	"net"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// alpn is the application protocol of SMP; a router that sees none negotiated speaks version 6 only.
const alpn = "smp/1"

// TCP keep-alive as the reference's clients set it, routers do not.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 4}

// Dial connects to the first host of the address that answers, trying them in order. The errors are *DialError, of the
// last host tried.
func Dial(ctx context.Context, config Config) (*Client, error) {
	err := error(&DialError{Step: StepConnect, Err: ErrNoHost})
	for _, host := range config.Address.Hosts {
		var c *Client
		if c, err = dialHost(ctx, &config, host); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

func dialHost(ctx context.Context, config *Config, host string) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, orDefault(config.DialTimeout, DefaultDialTimeout))
	defer cancel()
	conn, err := config.connect(ctx, net.JoinHostPort(host, orDefault(config.Address.Port, DefaultPort)))
	if err != nil {
		return nil, &DialError{host, StepConnect, err}
	}
	// The end of ctx interrupts whatever the handshakes wait for.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	c, step, err := establish(conn, config)
	if !stop() && err == nil {
		c.stream.close()
		c.stream.releaseAll()
		c.forget()
		step, err = StepHandshake, context.Cause(ctx)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, &DialError{host, step, err}
	}
	c.start()
	return c, nil
}

func (config *Config) connect(ctx context.Context, address string) (net.Conn, error) {
	if config.Connect != nil {
		return config.Connect(ctx, address)
	}
	d := net.Dialer{KeepAliveConfig: keepAlive}
	if config.LocalAddr.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: config.LocalAddr.AsSlice(), Zone: config.LocalAddr.Zone()}
	}
	return d.DialContext(ctx, "tcp", address)
}

// establish does the TLS and the SMP handshake. On an error it closes conn.
func establish(conn net.Conn, config *Config) (*Client, DialStep, error) {
	c := newClient(config, &stream{conn: conn, tls: tls.NewClient(config.tls())})
	step, err := StepTLS, c.stream.handshake()
	if err == nil {
		step, err = StepHandshake, c.greet()
	}
	if err != nil {
		c.stream.close()
		c.stream.releaseAll()
		c.forget()
		return nil, step, err
	}
	return c, "", nil
}

// tls is the profile of the reference's clients: one cipher suite and no server name.
func (config *Config) tls() *tls.Config {
	fingerprint := config.Address.KeyHash
	t := &tls.Config{
		CipherSuites: []tls.CipherSuite{tls.ChaCha20Poly1305SHA256},
		Groups:       config.Groups,
		Certificates: config.Service.certificates(),
		VerifyPeer: func(chain [][]byte) error {
			return tls.VerifyChain(chain, fingerprint, time.Now())
		},
	}
	if config.ALPN {
		t.ALPN = []string{alpn}
	}
	return t
}

// greet does the SMP handshake, in which blocks are not encrypted.
func (c *Client) greet() error {
	block, err := c.stream.readBlock()
	if err != nil {
		return err
	}
	hello, err := box.Unpad(block)
	if err != nil {
		return smp.TransportBlock
	}
	g := greeting{versions: c.config.Versions, keyHash: c.config.Address.KeyHash, proxy: c.config.Proxy, service: c.config.Service}
	if g.versions == (smp.VersionRange{}) {
		g.versions = smp.VersionRange{Min: smp.MinVersion, Max: smp.CurrentVersion}
	}
	if c.config.BlockEncryption {
		if g.key, err = box.GenerateKey(box.X25519, rand.Reader); err != nil {
			return err
		}
		defer g.key.Forget()
	}
	c.sessionID = append([]byte(nil), c.stream.tls.SessionID()...)
	b := borrow()
	defer b.release()
	var answer []byte
	answer, c.agreement, err = g.answer(b.data[plainStart:plainStart], hello, c.sessionID, c.stream.tls.PeerChain()[0])
	c.stream.tls.ForgetPeerChain()
	if err != nil {
		return err
	}
	if err := box.PadInPlace(b.data[blockStart:blockEnd], len(answer)); err != nil {
		return smp.TransportLargeMsg
	}
	if err := c.stream.writeBlock(b); err != nil || c.service == nil {
		return err
	}
	if block, err = c.stream.readBlock(); err != nil {
		return err
	}
	return c.service.admitted(block)
}

// orDefault is x, or what stands for its zero value.
func orDefault[T comparable](x, byDefault T) T {
	var zero T
	if x == zero {
		return byDefault
	}
	return x
}
