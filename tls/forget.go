package tls

import "net"

// Secrets are overwritten when they have served: those of a handshake when it is done, the others by Forget. The AEADs of
// crypto/aes and x/crypto have copies of the key that nobody can reach. Those stay until the collector takes them.

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
