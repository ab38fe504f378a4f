package desc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"switchyard/box"
	"switchyard/smp"
)

var (
	errNoYAML = errors.New("the file description is not YAML")
	errSize   = errors.New("is not a size: digits and kb, mb, gb or nothing are")
)

// Parse reads and validates the YAML of a description. Unknown keys are ignored, aliases are not followed. Errors say
// what is wrong, and show nothing of the text, in which keys may stand anywhere.
func Parse(text []byte) (*Description, error) {
	if err := bounded(text); err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, errNoYAML
	}
	if len(doc.Content) != 1 {
		return nil, errors.New("the file description is empty")
	}
	top, err := mapping(doc.Content[0])
	if err != nil {
		return nil, err
	}
	d := &Description{}
	return d, d.read(top)
}

func (d *Description) read(top map[string]*yaml.Node) (err error) {
	size := func(key string) (n int64) {
		s, bad := text(top, key, true)
		if bad == nil {
			if n, bad = ParseSize(s); bad != nil {
				bad = errSize
			}
		}
		err = errors.Join(err, within(key, bad))
		return n
	}
	bytes := func(key string, n int) []byte {
		b, bad := binary(top, key, n)
		err = errors.Join(err, within(key, bad))
		return b
	}
	d.Size = size("size")
	chunkSize := size("chunkSize")
	if chunkSize > 1<<32-1 {
		return errors.New("chunkSize is too large")
	}
	d.ChunkSize = uint32(chunkSize)
	d.Digest = bytes("digest", 0)
	key, nonce := bytes("key", len(d.Key)), bytes("nonce", len(d.Nonce))
	party, bad := text(top, "party", true)
	if d.Party = Party(party); bad != nil || d.Party != Recipient && d.Party != Sender {
		err = errors.Join(err, errors.New("party is neither recipient nor sender"))
	}
	if err != nil {
		return firstLine(err)
	}
	d.Key, d.Nonce = [box.KeySize]byte(key), [box.NonceSize]byte(nonce)
	if err := d.readRedirect(top["redirect"]); err != nil {
		return err
	}
	entries, err := readReplicas(top["replicas"])
	if err != nil {
		return err
	}
	return d.merge(entries)
}

// firstLine keeps the first of joined errors: one clear line is enough.
func firstLine(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(line)
}

func within(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", key, err)
}

func (d *Description) readRedirect(n *yaml.Node) error {
	if n == nil || n.ShortTag() == "!!null" {
		return nil
	}
	m, err := mapping(n)
	if err != nil {
		return within("redirect", err)
	}
	r := &Redirect{}
	if r.Digest, err = binary(m, "digest", 0); err != nil {
		return within("redirect", err)
	}
	size := m["size"]
	if size == nil || size.ShortTag() != "!!int" {
		return errors.New("redirect: size is not a number")
	}
	if r.Size, err = strconv.ParseInt(size.Value, 10, 64); err != nil || r.Size < 0 {
		return errors.New("redirect: size is not a number of bytes")
	}
	d.Redirect = r
	return nil
}

func readReplicas(n *yaml.Node) (entries []entry, err error) {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil, errors.New("replicas: is not a list")
	}
	for _, item := range n.Content {
		m, err := mapping(item)
		if err != nil {
			return nil, within("replicas", err)
		}
		address, err := text(m, "server", false)
		if err != nil {
			return nil, within("replicas", err)
		}
		server, err := ParseServer(address)
		if err != nil {
			return nil, within("replicas", err)
		}
		chunks := m["chunks"]
		if chunks == nil || chunks.Kind != yaml.SequenceNode {
			return nil, errors.New("replicas: chunks is not a list")
		}
		if len(entries)+len(chunks.Content) > maxReplicas {
			return nil, errTooLarge
		}
		for _, c := range chunks.Content {
			e, ok := parseEntry(c, server)
			if !ok {
				return nil, fmt.Errorf("replicas: line %d is not a chunk", c.Line)
			}
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// ParseServer reads the address of an XFTP router without password, as descriptions have it.
func ParseServer(s string) (smp.ServerAddress, error) {
	a, err := smp.ParseAddress(s)
	if err != nil || a.Scheme != smp.SchemeXFTP || a.BasicAuth != "" {
		return a, errors.New("server is not an address like xftp://KEYHASH@HOST")
	}
	return a, nil
}

// parseEntry reads number:ID:key[:digest[:size]].
func parseEntry(n *yaml.Node, server smp.ServerAddress) (e entry, ok bool) {
	if n.Kind != yaml.ScalarNode {
		return e, false
	}
	parts := strings.Split(n.Value, ":")
	if len(parts) < 3 || len(parts) > 5 {
		return e, false
	}
	no, err := strconv.ParseUint(parts[0], 10, 31)
	if err != nil {
		return e, false
	}
	e.no, e.replica.Server = int(no), server
	if e.replica.ID, ok = decode(parts[1]); !ok || len(e.replica.ID) > smp.MaxShort {
		return e, false
	}
	der, ok := decode(parts[2])
	if !ok {
		return e, false
	}
	if e.replica.Key, err = box.ParsePKCS8(der); err != nil || e.replica.Key.Alg() == box.X448 {
		return e, false
	}
	if len(parts) > 3 {
		if e.digest, ok = decode(parts[3]); !ok {
			return e, false
		}
	}
	if len(parts) > 4 {
		size, err := ParseSize(parts[4])
		if err != nil || size > 1<<32-1 {
			return e, false
		}
		e.size, e.sized = uint32(size), true
	}
	return e, true
}

// decode reads base64url, padded or not, of one byte at least.
func decode(s string) ([]byte, bool) {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	return b, err == nil && len(b) > 0 && !strings.ContainsAny(s, "\r\n")
}

func mapping(n *yaml.Node) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, errors.New("keys and values are expected")
	}
	m := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if m[key] != nil {
			return nil, fmt.Errorf("line %d has a key that stands there twice", n.Content[i].Line)
		}
		m[key] = n.Content[i+1]
	}
	return m, nil
}

// text is the scalar of a key. A size that is a number to YAML is refused, as the reference does.
func text(m map[string]*yaml.Node, key string, asString bool) (string, error) {
	n := m[key]
	switch {
	case n == nil:
		return "", errors.New(key + " is missing")
	case n.Kind != yaml.ScalarNode, asString && n.ShortTag() != "!!str":
		return "", errors.New("is not a text")
	}
	return n.Value, nil
}

// binary is the base64url of a key; n is its length, 0 for any.
func binary(m map[string]*yaml.Node, key string, n int) ([]byte, error) {
	s, err := text(m, key, false)
	if err != nil {
		return nil, err
	}
	b, ok := decode(s)
	if !ok || n > 0 && len(b) != n {
		return nil, errors.New("is not base64url of the right length")
	}
	return b, nil
}
