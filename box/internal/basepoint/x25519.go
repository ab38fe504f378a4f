// Package basepoint makes X25519 public keys (RFC 7748): it multiplies the base point by a private key, in about half the
// time of a ladder that knows that point.
//
// Curve25519 and edwards25519 are one curve in two shapes, and on the second the multiples of a fixed point can be added up
// from a table. The private key is written with 64 digits of base 16, from −8 to 8:
//
//	k = Σ e[i]·16^i,  table[i][j] = (j+1)·256^i·B
//	k·B = Σ e[2i]·256^i·B + 16·Σ e[2i+1]·256^i·B,  u = (Z+Y)/(Z−Y)
//
// It takes the same time, and looks at the same memory, whatever the key is. The arithmetic of the field is
// github.com/cloudflare/circl's, whose X25519 is the oracle of the tests, as is that of crypto/ecdh. The package imports
// nothing of this module.
package basepoint

import fp "github.com/cloudflare/circl/math/fp25519"

const digits = 64

// X25519 sets public to the public key of private.
func X25519(public, private *[32]byte) {
	e := recode(private)
	t := base()
	p := identity
	var a addend
	for i := 1; i < digits; i += 2 {
		a.choose(&t[i/2], e[i])
		p.add(&a)
	}
	for range 4 {
		p.double()
	}
	for i := 0; i < digits; i += 2 {
		a.choose(&t[i/2], e[i])
		p.add(&a)
	}
	p.montgomery(public)
}

// recode returns the digits of a private key, with the bits that every private key has (RFC 7748, 5).
func recode(private *[32]byte) (e [digits]int8) {
	k := *private
	k[0] &= 248
	k[31] = k[31]&127 | 64
	for i, b := range k {
		e[2*i], e[2*i+1] = int8(b&15), int8(b>>4)
	}
	carry := int8(0)
	for i := range digits - 1 {
		e[i] += carry
		carry = (e[i] + 8) >> 4
		e[i] -= carry << 4
	}
	e[digits-1] += carry
	return e
}

// montgomery sets u to the coordinate of the point on Curve25519.
func (p *point) montgomery(u *[32]byte) {
	var over, under fp.Elt
	fp.Add(&over, &p.z, &p.y)
	fp.Sub(&under, &p.z, &p.y)
	fp.Inv(&under, &under)
	fp.Mul(&over, &over, &under)
	fp.Modp(&over)
	*u = over
}
