package tls

import "net"

// What is secret is overwritten when it has served: what a handshake has made when it is done, and the rest by Forget. The AEADs
// of crypto/aes and x/crypto have copies of the key that nobody can reach; for those the collector has to be waited for.

// Forget overwrites the keys of a connection that has ended. Nothing is opened or sealed any more.
func (c *Conn) Forget() {
	if c.hs != nil {
		c.hs.forget()
		c.hs = nil
	}
	c.in.forget()
	c.out.forget()
	c.writeClosed = true
	if c.readErr == nil {
		c.readErr = net.ErrClosed
	}
}

// forget overwrites the protection of a direction, and leaves records in clear.
func (d *direction) forget() {
	if d.aead == nil {
		return
	}
	if a, ok := d.aead.(interface{ Forget() }); ok {
		a.Forget()
	}
	*d = direction{}
}

// forget overwrites the secrets of a handshake.
func (h *handshake) forget() {
	clear(h.clientSecret)
	clear(h.serverSecret)
	clear(h.clientApp)
	clear(h.master.secret)
	if h.exchange != nil {
		h.exchange.forget()
	}
}

// forget overwrites the private key of an exchange.
func (k *keyExchange) forget() {
	clear(k.x25519[:])
	clear(k.x448[:])
}
