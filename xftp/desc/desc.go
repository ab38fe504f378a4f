// Package desc is XFTP's file description: what a recipient needs to download and decrypt a file, or a sender to
// delete it. It has three forms: YAML, exactly as the reference writes it; a URI with the YAML as a parameter; and the
// fragment of a web link, the YAML compressed. See docs of the reference, protocol/xftp.md, "File description".
//
//	chunkSize: 4mb                        packets of another size say so themselves
//	digest: BASE64URL                     SHA-512 of the encrypted file
//	key: BASE64URL                        of package sealed, as is the nonce
//	nonce: BASE64URL
//	party: recipient                      or sender
//	redirect:                             present when the file is itself a description: its size and digest
//	  digest: BASE64URL
//	  size: 18874368
//	replicas:                             grouped by router; packets with number, ID, private key, and in the first
//	- chunks:                             replica the SHA-256 and the size if it is not chunkSize
//	  - 1:ID:PRIVATEKEY:DIGEST:1mb
//	  server: xftp://KEYHASH@HOST
//	size: 18mb                            of the encrypted file, the sum of its packets
//
// A description holds keys: it must not be logged, and errors show nothing of it. What a text may become in memory is bounded
// (bounds.go). The package does no I/O and imports smp and box.
package desc

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/box"
	"switchyard/smp"
)

// Party is whom a description is for.
type Party string

// The parties.
const (
	Recipient Party = "recipient"
	Sender    Party = "sender"
)

// Description describes a file.
type Description struct {
	Party     Party
	Size      int64  // bytes of the encrypted file
	Digest    []byte // SHA-512 of the encrypted file
	Key       [box.KeySize]byte
	Nonce     [box.NonceSize]byte
	ChunkSize uint32  // of chunks that have no own in the text; that of the first chunk when we write
	Chunks    []Chunk // numbered from 1 in order
	Redirect  *Redirect
}

// Redirect says that the described file is a description, and of what.
type Redirect struct {
	Size   int64  // bytes of the encrypted file that the inner description describes
	Digest []byte // SHA-512 of that file
}

// Chunk is a part of the encrypted file, as long as the packet that holds it.
type Chunk struct {
	Size     uint32
	Digest   []byte // SHA-256
	Replicas []Replica
}

// Replica is one packet with the chunk. Which ID and key these are depends on the party.
type Replica struct {
	Server smp.ServerAddress
	ID     []byte
	Key    *box.PrivateKey
}

// Errors of descriptions, besides those that tell a place in the text.
var (
	ErrParty      = errors.New("incorrect XFTP party")
	ErrSequence   = errors.New("chunk numbers are not sequential")
	ErrTotal      = errors.New("chunks total size is different than file size")
	ErrNoDigest   = errors.New("no digest for chunk")
	ErrDifference = errors.New("different size or digest in chunk replicas")
)

// Entry is one line of a description: a packet on a router.
type entry struct {
	no      int
	replica Replica
	digest  []byte // nil where another line of the chunk has it
	size    uint32 // 0 where it is the chunk size of the description, or another line has it
	sized   bool
}

// Group is the entries of one router.
type group struct {
	server  smp.ServerAddress
	entries []entry
}

// groups sorts the replicas by router, in the order of the reference, and keeps the order of chunks within.
func (d *Description) groups() (groups []group) {
	at := make(map[string]int)
	for i, c := range d.Chunks {
		for j, r := range c.Replicas {
			e := entry{no: i + 1, replica: r}
			if j == 0 {
				e.digest, e.size, e.sized = c.Digest, c.Size, c.Size != d.ChunkSize
			}
			router := r.Server.String()
			g, found := at[router]
			if !found {
				g = len(groups)
				at[router] = g
				groups = append(groups, group{server: r.Server})
			}
			groups[g].entries = append(groups[g].entries, e)
		}
	}
	slices.SortFunc(groups, func(a, b group) int { return compareServers(&a.server, &b.server) })
	return groups
}

// ServerSize is how much of a file one router holds.
type ServerSize struct {
	Server smp.ServerAddress
	Size   int64
}

// ServerSizes lists the routers in the order of the text. As in the reference a further replica of a chunk counts as
// one of the description's chunk size.
func (d *Description) ServerSizes() (sizes []ServerSize) {
	for _, g := range d.groups() {
		s := ServerSize{Server: g.server}
		for _, e := range g.entries {
			if e.sized {
				s.Size += int64(e.size)
			} else {
				s.Size += int64(d.ChunkSize)
			}
		}
		sizes = append(sizes, s)
	}
	return sizes
}

// merge makes chunks of entries: the lines of a chunk must agree where they say the same, and one must have the digest.
func (d *Description) merge(entries []entry) error {
	chunks := make(map[int]*Chunk)
	sized := make(map[int]bool)
	for _, e := range entries {
		c := chunks[e.no]
		if c == nil {
			c = &Chunk{Size: d.ChunkSize}
			chunks[e.no] = c
		}
		if e.digest != nil {
			if c.Digest != nil && !bytes.Equal(c.Digest, e.digest) {
				return ErrDifference
			}
			c.Digest = e.digest
		}
		if e.sized {
			if sized[e.no] && c.Size != e.size {
				return ErrDifference
			}
			c.Size, sized[e.no] = e.size, true
		}
		c.Replicas = append(c.Replicas, e.replica)
	}
	var total int64
	d.Chunks = make([]Chunk, len(chunks))
	for no, c := range chunks {
		if c.Digest == nil {
			return ErrNoDigest
		}
		if no < 1 || no > min(len(chunks), maxChunks) {
			return ErrSequence
		}
		d.Chunks[no-1] = *c
		total += int64(c.Size)
	}
	if total != d.Size {
		return ErrTotal
	}
	return nil
}

// For returns the description if it is for the party, else ErrParty.
func (d *Description) For(p Party) (*Description, error) {
	if d.Party != p {
		return nil, ErrParty
	}
	return d, nil
}

// SizeText is a number of bytes as descriptions and people write it: "500", "64kb", "18mb", "1gb".
func SizeText(n int64) string {
	for _, unit := range []string{"", "kb", "mb"} {
		if n%1024 != 0 {
			return strconv.FormatInt(n, 10) + unit
		}
		n /= 1024
	}
	return strconv.FormatInt(n, 10) + "gb"
}

// ParseSize reads a size: decimal digits, then kb, mb, gb or nothing.
func ParseSize(s string) (int64, error) {
	shift := 0
	for i, unit := range []string{"kb", "mb", "gb"} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			s, shift = digits, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil || n > (1<<62)>>shift || strings.HasPrefix(s, "+") {
		return 0, fmt.Errorf("%q is not a size: write digits and kb, mb, gb or nothing", s)
	}
	return int64(n) << shift, nil
}
