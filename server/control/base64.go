package control

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// decode reads base64url with or without padding, which is checked where it is there. Its faults are those of the reference's
// library, which looks at groups of four characters.
func decode(text []byte) (b []byte, fault string) {
	switch len(text) % 4 {
	case 1:
		return nil, "Base64-encoded bytestring has invalid size"
	case 2:
		text = append(text, "=="...)
	case 3:
		if text[len(text)-1] == '=' {
			return nil, "Base64-encoded bytestring has invalid padding"
		}
		text = append(text, '=')
	}
	for at := 0; at < len(text); at += 4 {
		if fault := judge(text, at); fault != "" {
			return nil, fault
		}
	}
	b = make([]byte, base64.URLEncoding.DecodedLen(len(text)))
	n, err := base64.URLEncoding.Decode(b, text)
	if err != nil {
		return nil, "Base64-encoded bytestring has invalid size" // judge has seen to it that there is none
	}
	return b[:n], ""
}

// judge finds the fault of four characters.
func judge(text []byte, at int) string {
	group := text[at : at+4]
	where := func(what string, i int) string { return what + " at offset: " + strconv.Itoa(at+i) }
	last := at+4 == len(text)
	for i, c := range group {
		if c == '=' && !(last && i >= 2) {
			return where("invalid padding", i)
		}
	}
	if last && group[2] == '=' && group[3] != '=' {
		return where("invalid character", 3)
	}
	for i, c := range group {
		if c != '=' && value(c) < 0 {
			return where("invalid character", i)
		}
	}
	switch {
	case group[2] == '=' && value(group[1])&15 != 0:
		return where("non-canonical encoding detected", 1)
	case group[2] != '=' && group[3] == '=' && value(group[2])&3 != 0:
		return where("non-canonical encoding detected", 2)
	}
	return ""
}

// value is what a character of base64url stands for, -1 for others.
func value(c byte) int {
	return strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c)
}
