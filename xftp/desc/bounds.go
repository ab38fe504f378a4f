package desc

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

// The bounds of a description. The YAML library may make a node of some 160 bytes from a single byte, so a short link could
// take gigabytes. A text that may become more than these is refused before the library sees it.
const (
	// MaxText is how many bytes of YAML a description may have: enough for maxChunks.
	MaxText = 8 << 20
	// maxChunks is how many packets a file may have: 1 GiB in the smallest packets, 64 GiB in those of 4 MiB.
	maxChunks = 1 << 14
	// maxReplicas is how many packets the chunks may have together. The public key of each takes some time.
	maxReplicas = 2 * maxChunks
	// maxElements bounds the nodes of the YAML, in which each replica is one on a line of its own.
	maxElements = 1 << 17
	// maxLine is enough for the address of a router with all the hosts that one may have.
	maxLine = 16 << 10
	// maxIndent is a multiple of what descriptions have. Nested lists on one line are bounded by the library.
	maxIndent = 64
)

var errTooLarge = errors.New("the file description is too large")

// bounded tells whether a text can become only so much. Every node begins behind a line break or behind one of a few
// characters, whatever else they mean where they stand, so that counting these is an upper bound.
func bounded(text []byte) error {
	switch {
	case len(text) > MaxText:
		return errTooLarge
	case !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0: // else the library would take UTF-16
		return errNoYAML
	}
	elements, line, indent := 0, 0, 0
	var last byte = '\n'
	for _, c := range text {
		switch {
		case c == '\n' || c == '\r':
			elements++
			line, indent = -1, 0
		case c == ' ' && indent == line: // nothing else on the line so far
			indent++
		case c == ',' || c == '[' || c == '{' || c == '"' || c == '\'':
			elements++
		case c == 0x85 || c == 0xa8 || c == 0xa9: // how the line breaks of Unicode end
			elements++
		}
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') && (last == ':' || last == '-' || last == '?') {
			elements++
		}
		line++
		last = c
		if elements > maxElements || line > maxLine || indent > maxIndent {
			return errTooLarge
		}
	}
	return nil
}
