package box

// dummies are the keys that stand in where there is no fitting key: one for each
// algorithm that authorizes commands, each a valid point, as an invalid one would
// be refused early and so tell itself by its time. Their private halves are
// no secret, since what they verify is discarded.
var dummies = func() (d [X25519 + 1]PublicKey) {
	for alg := Ed25519; alg <= X25519; alg++ {
		k, err := NewPrivateKey(alg, make([]byte, algs[alg].secret))
		if err != nil {
			panic("box: dummy key: " + err.Error())
		}
		d[alg] = k.Public()
	}
	return d
}()
