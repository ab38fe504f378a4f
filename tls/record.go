package tls

import (
	"crypto/cipher"
	"encoding/binary"
)

// The record layer (RFC 8446 section 5):
//
//	┌──────┬─────────┬────────┬──────────────────────────────────────────┐
//	│ type │ 03 03   │ length │ fragment                                 │   in clear
//	├──────┼─────────┼────────┼──────────────────────────┬──────┬──────┬─┴───┐
//	│ 23   │ 03 03   │ length │ content                  │ type │ 00…  │ tag │   protected
//	└──────┴─────────┴────────┴──────────────────────────┴──────┴──────┴─────┘
//	  1      2         2        ≤ 16384                     1      0…    16

// Sizes in bytes.
const (
	RecordHeader   = 5
	RecordOverhead = RecordHeader + 1 + tagLen         // header, content type, tag: what Seal adds to a record
	MaxPlaintext   = 1 << 14                           // content of one record
	MaxRecord      = RecordHeader + MaxPlaintext + 256 // largest record that RecordLen lets pass
	maxInner       = MaxPlaintext + 1                  // content, content type and padding (section 5.4)
	maxCiphertext  = MaxPlaintext + 256                // fragment of a protected record (section 5.2)
)

type contentType uint8

const (
	typeChangeCipherSpec contentType = 20
	typeAlert            contentType = 21
	typeHandshake        contentType = 22
	typeApplicationData  contentType = 23
)

const (
	versionTLS10 = 0x0301 // of the first ClientHello's record, for old middleboxes (section 5.1)
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
)

// RecordLen is the length of the record at the start of in, header included. ok is false if in does not hold the whole
// record yet; n is then the length if the header is there, else 0. An error means that this is not TLS or that the
// record is oversize; give it to Abort.
//
// The version is ignored but for its first byte: RFC 8446 section 5.1 wants all of it ignored, other implementations
// refuse what is not 3, and so does this one, because then it is another protocol.
func RecordLen(in []byte) (n int, ok bool, err error) {
	if len(in) > 0 && (in[0] < byte(typeChangeCipherSpec) || in[0] > byte(typeApplicationData)) {
		return 0, false, fatal(AlertUnexpectedMessage, "unknown record type")
	}
	if len(in) > 1 && in[1] != 3 {
		return 0, false, fatal(AlertProtocolVersion, "not a TLS record")
	}
	if len(in) < RecordHeader {
		return 0, false, nil
	}
	length := int(binary.BigEndian.Uint16(in[3:]))
	if length > maxCiphertext {
		return 0, false, fatal(AlertRecordOverflow, "record longer than 2^14+256 bytes")
	}
	n = RecordHeader + length
	return n, n <= len(in), nil
}

// direction is the protection of the records of one direction.
type direction struct {
	aead       cipher.AEAD // nil while records are in clear
	seq        uint64      // of the next record under this key
	maxRecords uint64
	iv         [ivLen]byte
	nonce      [ivLen]byte // scratch: a local one would escape through the AEAD interface
	secret     [maxHashLen]byte
}

// rekey installs a traffic secret; the sequence number starts anew (section 5.3).
func (d *direction) rekey(s *suite, secret trafficSecret) {
	key := secret.key(s)
	aead, err := s.aead(key)
	if err != nil {
		panic("tls: " + err.Error())
	}
	clear(key)
	d.forget()
	d.aead, d.maxRecords = aead, s.maxRecords
	copy(d.iv[:], secret.iv(s))
	copy(d.secret[:], secret)
}

// update installs the secret that follows the present one (section 7.2).
func (d *direction) update(s *suite) {
	next := trafficSecret(d.secret[:s.hashLen]).next(s)
	d.rekey(s, next)
	clear(next)
}

// nextNonce is the nonce of the next record (section 5.3).
func (d *direction) nextNonce() []byte {
	d.nonce = d.iv
	binary.BigEndian.PutUint64(d.nonce[4:], binary.BigEndian.Uint64(d.iv[4:])^d.seq)
	d.seq++
	return d.nonce[:]
}

// open takes the protection off a record whose outer type is application_data, in place. The content is a part of
// record. An error of the AEAD is errAuthentication.
func (d *direction) open(record []byte) (contentType, []byte, error) {
	header, fragment := record[:RecordHeader], record[RecordHeader:]
	if len(fragment) < tagLen {
		return 0, nil, errAuthentication
	}
	inner, err := d.aead.Open(fragment[:0], d.nextNonce(), fragment, header)
	if err != nil {
		d.seq-- // a server that skips early data goes on
		return 0, nil, errAuthentication
	}
	if len(inner) > maxInner {
		return 0, nil, fatal(AlertRecordOverflow, "inner plaintext longer than 2^14+1 bytes")
	}
	end := len(inner) - 1
	for end >= 0 && inner[end] == 0 {
		end--
	}
	if end < 0 {
		return 0, nil, fatal(AlertUnexpectedMessage, "record of nothing but padding")
	}
	return contentType(inner[end]), inner[:end], nil
}

var errAuthentication = fatal(AlertBadRecordMAC, "record does not authenticate")

// seal appends content as records of at most MaxPlaintext; none for empty content.
func (d *direction) seal(dst []byte, typ contentType, version uint16, content []byte) []byte {
	for len(content) > 0 {
		n := min(len(content), MaxPlaintext)
		dst = d.sealRecord(dst, typ, version, content[:n])
		content = content[n:]
	}
	return dst
}

var roomForTag [tagLen]byte

func (d *direction) sealRecord(dst []byte, typ contentType, version uint16, content []byte) []byte {
	if d.aead == nil {
		dst = append(dst, byte(typ), byte(version>>8), byte(version), byte(len(content)>>8), byte(len(content)))
		return append(dst, content...)
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0)
	dst = append(dst, content...)
	dst = append(dst, byte(typ))
	dst = append(dst, roomForTag[:]...)
	d.sealInPlace(dst[start:], len(content))
	return dst
}

// sealInPlace protects the n bytes of content at record[RecordHeader:], whose content type stands behind them; record
// is n+RecordOverhead long.
func (d *direction) sealInPlace(record []byte, n int) {
	length := n + 1 + tagLen
	record[0], record[1], record[2] = byte(typeApplicationData), versionTLS12>>8, versionTLS12&0xff
	record[3], record[4] = byte(length>>8), byte(length)
	inner := record[RecordHeader : RecordHeader+n+1]
	d.aead.Seal(inner[:0], d.nextNonce(), inner, record[:RecordHeader])
}

// worn reports that a KeyUpdate is due before the next record (section 5.5).
func (d *direction) worn() bool { return d.seq >= d.maxRecords }
