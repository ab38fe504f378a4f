// Package runner is that of BoringSSL's test runner (ssl/test/runner of its source), into which bogoshim compiles this
// file. It makes the runner's default certificates Ed25519, and tells the shim of each case its name and what the
// runner's side of it is limited to. It imports nothing of ours.
package runner

import (
	"crypto/ed25519"
	"crypto/x509/pkix"
	"slices"
	"strconv"
	"strings"
)

// useProfile comes before the cases are listed.
func useProfile() {
	original := rsaCertificate
	withRSA = func(list func()) {
		rsaCertificate = original
		list()
		rsaCertificate = ed25519Certificate
	}
	rsaCertificate = ed25519Certificate
	rsaChainCertificate = NewX509Root(X509Info{
		PrivateKey: ed25519Key, Name: pkix.Name{CommonName: "Test Root"}, IsCA: true, SubjectKeyID: []byte("root"),
	}).Issue(X509Info{
		PrivateKey: ed25519Key, Name: pkix.Name{CommonName: "Test Intermediate"}, IsCA: true,
		SubjectKeyID: []byte("intermediate"),
	}).Issue(X509Info{PrivateKey: ed25519Key, DNSNames: []string{"test"}}).ToCredential()
	garbageCertificate.PrivateKey = ed25519Key
}

// withRSA lists cases that are made of the RSA certificate, and panic without it.
var withRSA func(list func())

// tellShim comes after the cases are listed.
func tellShim() {
	for i := range testCases {
		test := &testCases[i]
		test.flags = append(slices.Clip(test.flags), "-case", test.name)
		firstConnectionOnly(test)
		retryForX25519(test)
		if test.config.MaxVersion != 0 {
			test.flags = append(test.flags, "-runner-max-version", strconv.Itoa(int(test.config.MaxVersion)))
		}
		if test.resumeConfig != nil && test.resumeConfig.MaxVersion != 0 {
			test.flags = append(test.flags, "-runner-max-version", strconv.Itoa(int(test.resumeConfig.MaxVersion)))
		}
		test.flags = append(test.flags, limits(test)...)
	}
}

// firstConnectionOnly drops the resumption that most cases have beside what they are about. What fails or changes with
// the second connection is about resumption, and keeps it.
func firstConnectionOnly(test *testCase) {
	if test.resumeSession && !test.shouldFail && !test.expectResumeRejected && !test.earlyData &&
		test.resumeConfig == nil && test.resumeExpectations == nil {
		test.resumeSession, test.resumeRenewedSession = false, false
	}
}

// retryForX25519 lets cases of HelloRetryRequest have one: their runner accepts only P-384, because clients do not send
// a share for it at once. Ours does not send one for X25519 if X448 comes first.
func retryForX25519(test *testCase) {
	config := &test.config
	if test.testType == clientTest && !strings.HasPrefix(test.name, "CurveTest-") && slices.Equal(config.CurvePreferences, []CurveID{CurveP384}) {
		config.CurvePreferences = []CurveID{CurveX25519}
		test.flags = append(test.flags, "-x448-first")
	}
}

// limits are those of the runner's side. A case that is to fail may do so for them.
func limits(test *testCase) []string {
	var flags []string
	if !test.shouldFail && !slices.Contains(test.config.curvePreferences(), CurveX25519) {
		flags = append(flags, "-runner-without-x25519")
	}
	verifies := test.shouldFail || slices.Contains(test.config.verifySignatureAlgorithms(), signatureEd25519)
	if !verifies || !signs(test.config.Credential) {
		flags = append(flags, "-runner-without-ed25519")
	}
	return flags
}

// signs reports that a credential is Ed25519's, or that none is asked for.
func signs(credential *Credential) bool {
	if credential == nil || credential.PrivateKey == nil {
		return true
	}
	_, ok := credential.PrivateKey.(ed25519.PrivateKey)
	return ok && (credential.SignatureAlgorithms == nil || slices.Contains(credential.SignatureAlgorithms, signatureEd25519))
}
