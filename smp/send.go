package smp

import "bytes"

// SendParams are the parameters of SEND.
type SendParams struct {
	Notify bool   // the recipient asks to be notified
	Flags  []byte // the flags field, 'T' or 'F' and whatever a later version put behind it
	Body   []byte // may be empty; MaxBody bounds it
}

// AppendSend appends SEND.
func AppendSend(b []byte, notify bool, body []byte) []byte {
	return append(append(AppendBool(append(b, "SEND "...), notify), ' '), body...)
}

// ParseSend reads the parameters of SEND: flags, a space, and all the rest as the body.
func ParseSend(params []byte) (p SendParams, ok bool) {
	n := 1
	if len(params) < 2 || params[1] != ' ' { // flags longer than the one byte of today
		if n = bytes.IndexByte(params, ' '); n < 1 {
			return p, false
		}
	}
	p.Notify, _, ok = ParseBool(params)
	p.Flags, p.Body = params[:n:n], params[n+1:]
	return p, ok
}
