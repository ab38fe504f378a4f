package box

import "crypto/rand"

// dummies are the keys that stand in where there is no fitting key: one for each
// algorithm that authorizes commands, each a valid point, as an invalid one would
// be refused early and so tell itself by its time. Nobody has their private halves:
// what verifies costs less than what does not, so whoever could sign for a dummy
// could tell it from a queue's key.
var dummies = func() (d [X25519 + 1]PublicKey) {
	for alg := Ed25519; alg <= X25519; alg++ {
		k, err := GenerateKey(alg, rand.Reader)
		if err != nil {
			panic("box: dummy key: " + err.Error())
		}
		d[alg] = k.Public()
	}
	return d
}()
