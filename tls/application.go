package tls

import (
	"fmt"
	"io"
)

// Records after the handshake: Open and Seal are the hot path, and allocate nothing.

// Open takes the protection off one whole record (RecordLen tells its extent), in place, and returns its application
// data: a part of record, at record[RecordHeader:], or if dst is not nil a copy in dst[:0]. Data is empty for records
// that are TLS's own business (KeyUpdate, tickets); look at HasPending after each of them.
//
// The error is io.EOF once the peer sent close_notify, or an *Error that ends the connection; its alert waits in
// Pending. Open repeats it.
func (c *Conn) Open(dst, record []byte) (plain []byte, err error) {
	if c.readErr != nil {
		return nil, c.readErr
	}
	c.mustBeEstablished()
	if n, whole, err := RecordLen(record); err != nil || !whole || n != len(record) {
		return nil, c.fail(orInternal(err, "Open wants one whole record"))
	}
	if contentType(record[0]) != typeApplicationData {
		return nil, c.fail(fatal(AlertUnexpectedMessage, "record in clear under protection"))
	}
	typ, content, err := c.in.open(record)
	if err != nil {
		return nil, c.fail(err)
	}
	if typ != typeApplicationData || len(content) == 0 || len(c.partial) > 0 {
		return nil, c.fail(c.readOther(typ, content))
	}
	c.flood = flood{}
	if dst != nil {
		return append(dst[:0], content...), nil
	}
	return content, nil
}

func orInternal(err error, reason string) error {
	if err != nil {
		return err
	}
	return fatal(AlertInternalError, reason)
}

// fail ends reading with err, and queues its alert. nil is no failure.
func (c *Conn) fail(err error) error {
	if err == nil {
		return nil
	}
	c.readErr, c.partial = err, nil
	if alert, ok := alertOf(err); ok && !c.writeClosed {
		c.alert, c.alertDue = alert, true
	}
	if err != io.EOF && !c.alertDue {
		c.writeClosed = true
	}
	return err
}

// HasPending reports that Pending has something to send. During the handshake it has not: Advance says all.
func (c *Conn) HasPending() bool {
	return c.hs == nil && !c.writeClosed && (c.alertDue || c.keyUpdateDue || c.out.worn())
}

// Pending appends what TLS itself has to send: the alert of an error of Open, after which nothing more can be sent; the
// answer to the peer's KeyUpdate; or a KeyUpdate because the key has been used enough.
func (c *Conn) Pending(out []byte) []byte {
	if !c.HasPending() {
		return out
	}
	if c.alertDue {
		return c.Abort(out, c.alert)
	}
	return c.KeyUpdate(out, false)
}

// Seal appends plain as records of at most MaxPlaintext to dst, after what is pending. It appends nothing if the
// connection is closed for writing. plain must not overlap the free part of dst.
func (c *Conn) Seal(dst, plain []byte) []byte {
	c.mustBeEstablished()
	for len(plain) > 0 {
		dst = c.Pending(dst)
		if c.writeClosed {
			return dst
		}
		n := min(len(plain), MaxPlaintext)
		dst = c.out.sealRecord(dst, typeApplicationData, versionTLS12, plain[:n])
		plain = plain[n:]
	}
	return dst
}

// SealInPlace makes a record of the n bytes (at most MaxPlaintext) at buf[RecordHeader:], and returns it as
// buf[:n+RecordOverhead]; nil if the connection is closed for writing. Send what is Pending first.
func (c *Conn) SealInPlace(buf []byte, n int) []byte {
	c.mustBeEstablished()
	if n > MaxPlaintext {
		panic(fmt.Sprintf("tls: SealInPlace of %d bytes", n))
	}
	if c.writeClosed {
		return nil
	}
	record := buf[:n+RecordOverhead]
	record[RecordHeader+n] = byte(typeApplicationData)
	c.out.sealInPlace(record, n)
	return record
}

// CloseNotify appends close_notify. Nothing can be sealed after it; records can still be opened.
func (c *Conn) CloseNotify(out []byte) []byte { return c.Abort(out, AlertCloseNotify) }

// Abort appends an alert of the caller's choice, once, after which nothing can be sealed. During the handshake it also
// ends that.
func (c *Conn) Abort(out []byte, alert Alert) []byte {
	if c.writeClosed {
		return out
	}
	if c.hs != nil {
		c.readErr = fatal(alert, "aborted by the caller")
	}
	c.writeClosed, c.alertDue = true, false
	return c.appendAlert(out, alert)
}

// mustBeEstablished catches callers who would send in clear.
func (c *Conn) mustBeEstablished() {
	if c.hs != nil || c.out.aead == nil && !c.writeClosed {
		panic("tls: the handshake is not done")
	}
}
