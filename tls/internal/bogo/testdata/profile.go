package runner

import (
	"crypto/ed25519"
	"crypto/x509/pkix"
	"slices"
	"strconv"
)

// This file is compiled into the package of BoringSSL's test runner, in memory. It makes its default certificates
// Ed25519, and tells the shim of each case its name and what the runner's side of it is limited to.

// useProfile comes before the cases are listed.
func useProfile() {
	rsaCertificate = ed25519Certificate
	rsaChainCertificate = NewX509Root(X509Info{
		PrivateKey: ed25519Key, Name: pkix.Name{CommonName: "Test Root"}, IsCA: true, SubjectKeyID: []byte("root"),
	}).Issue(X509Info{
		PrivateKey: ed25519Key, Name: pkix.Name{CommonName: "Test Intermediate"}, IsCA: true,
		SubjectKeyID: []byte("intermediate"),
	}).Issue(X509Info{PrivateKey: ed25519Key, DNSNames: []string{"test"}}).ToCredential()
	garbageCertificate.PrivateKey = ed25519Key
}

// tellShim comes after the cases are listed.
func tellShim() {
	for i := range testCases {
		test := &testCases[i]
		test.flags = append(slices.Clip(test.flags), "-case", test.name)
		for _, config := range []*Config{&test.config, test.resumeConfig} {
			if config != nil {
				test.flags = append(test.flags, limits(config)...)
			}
		}
	}
}

func limits(config *Config) []string {
	var flags []string
	if config.MaxVersion != 0 {
		flags = append(flags, "-runner-max-version", strconv.Itoa(int(config.MaxVersion)))
	}
	if !slices.Contains(config.curvePreferences(), CurveX25519) {
		flags = append(flags, "-runner-without-x25519")
	}
	if !slices.Contains(config.verifySignatureAlgorithms(), signatureEd25519) || !signsEd25519(config.Credential) {
		flags = append(flags, "-runner-without-ed25519")
	}
	return flags
}

func signsEd25519(credential *Credential) bool {
	if credential == nil || credential.PrivateKey == nil {
		return true
	}
	_, ok := credential.PrivateKey.(ed25519.PrivateKey)
	return ok && (credential.SignatureAlgorithms == nil || slices.Contains(credential.SignatureAlgorithms, signatureEd25519))
}
