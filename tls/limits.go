package tls

// Limits on what a peer may make us read, keep or do. RFC 8446 leaves them to the implementation.
const (
	// maxHandshakeBytes bounds the records of a whole handshake in one direction. A client with a chain of four
	// Ed448 certificates needs 4 KiB; the rest is for those who cut messages into tiny records.
	maxHandshakeBytes = 128 << 10

	// maxHello, maxCertificate and maxShortMessage bound a message, and so what is kept of an incomplete one.
	maxHello        = 16 << 10 // ClientHellos of browsers with post-quantum shares have 2 KiB
	maxCertificate  = 32 << 10 // with room for chains of larger algorithms above the leaf
	maxTicket       = 64 << 10 // NewSessionTicket is ignored, but OpenSSL puts the client's chain into it
	maxShortMessage = 4 << 10

	// maxEarlyData is how many bytes of refused early data are skipped; the profile has no tickets, so none is due.
	maxEarlyData = 16 << 10

	// maxLight has room for an empty Certificate and a Finished of SHA-384, each in a record of its own behind a
	// change_cipher_spec, and none for a key and a signature in the frame of a certificate.
	maxLight = 160

	// Records and messages that cost us work and carry nothing, in a row.
	maxEmptyRecords = 32
	maxWarnings     = 4
	maxKeyUpdates   = 32
)

// limit is the length of the longest message of a type, header included.
func (t messageType) limit() int {
	switch t {
	case typeClientHello, typeServerHello, typeEncryptedExtensions:
		return maxHello
	case typeCertificate:
		return maxCertificate
	case typeNewSessionTicket:
		return maxTicket
	}
	return maxShortMessage
}

// flood counts what carries nothing. Application data resets it.
type flood struct {
	empties, warnings, keyUpdates uint8
}

func (f *flood) count(counter *uint8, limit uint8, what string) error {
	if *counter == limit {
		return fatal(AlertUnexpectedMessage, "too many "+what)
	}
	*counter++
	return nil
}

func (f *flood) changeCipherSpec() error { return f.emptyRecord() }
func (f *flood) emptyRecord() error      { return f.count(&f.empties, maxEmptyRecords, "empty records") }
func (f *flood) warning() error          { return f.count(&f.warnings, maxWarnings, "warnings") }
func (f *flood) keyUpdate() error        { return f.count(&f.keyUpdates, maxKeyUpdates, "key updates") }
