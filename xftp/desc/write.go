package desc

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// YAML is the text of the description, byte for byte that of the reference: keys in alphabetical order, lists not
// indented, plain scalars where its writer leaves them plain.
func (d *Description) YAML() []byte {
	var b strings.Builder
	line := func(key, value string) { b.WriteString(key + ": " + scalar(value) + "\n") }
	line("chunkSize", SizeText(int64(d.ChunkSize)))
	line("digest", encode(d.Digest))
	line("key", encode(d.Key[:]))
	line("nonce", encode(d.Nonce[:]))
	line("party", string(d.Party))
	if d.Redirect != nil {
		b.WriteString("redirect:\n")
		line("  digest", encode(d.Redirect.Digest))
		b.WriteString("  size: " + strconv.FormatInt(d.Redirect.Size, 10) + "\n")
	}
	groups := d.groups()
	if len(groups) == 0 {
		b.WriteString("replicas: []\n")
	} else {
		b.WriteString("replicas:\n")
	}
	for _, g := range groups {
		b.WriteString("- chunks:\n")
		for _, e := range g.entries {
			b.WriteString("  - " + scalar(e.text()) + "\n")
		}
		line("  server", g.server.String())
	}
	line("size", SizeText(d.Size))
	return []byte(b.String())
}

// text is the line of a packet.
func (e *entry) text() string {
	s := strconv.Itoa(e.no) + ":" + encode(e.replica.ID) + ":" + encode(e.replica.Key.AppendPKCS8(nil))
	if e.digest != nil {
		s += ":" + encode(e.digest)
	}
	if e.sized {
		s += ":" + SizeText(int64(e.size))
	}
	return s
}

func encode(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

var numeric = regexp.MustCompile(`^[-+]?([0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|0x[0-9a-fA-F]+|0o[0-7]+)$`)

// scalar quotes what a reader would take for a number, or for the beginning of a document. Other texts of a
// description need no quotes.
func scalar(s string) string {
	if s == "" || numeric.MatchString(s) || strings.HasPrefix(s, "---") {
		return "'" + s + "'"
	}
	return s
}
