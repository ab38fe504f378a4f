package desc

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"switchyard/smp"
	"switchyard/xftp"
	"switchyard/xftp/sealed"
)

// The numbers are those of the list of behaviours in the facts (section 7).

// TestFact25URIOfOneRecipient: for a file of 5 MB it is so short that no redirect is needed.
func TestFact25URIOfOneRecipient(t *testing.T) {
	payload, err := sealed.PayloadSize("testfile", 5<<20)
	if err != nil {
		t.Fatal(err)
	}
	sizes := xftp.SplitSizes(payload)
	d := sample(t, len(sizes))
	d.Size, d.ChunkSize = 0, sizes[0]
	for i, size := range sizes {
		digest := sha256.Sum256([]byte{byte(i)})
		d.Chunks[i].Size, d.Chunks[i].Digest = size, digest[:]
		d.Size += int64(size)
	}
	uri := d.URI("simplex:", "")
	if len(uri) >= 1002 || d.Redirect != nil {
		t.Errorf("%d bytes: %s", len(uri), uri)
	}
}

// twoServers describes the file of the reference's fixture: four chunks of 8mb, the last of 2mb, each with replicas on
// two routers.
func twoServers(t *testing.T) *Description {
	d := sample(t, 4)
	d.Size, d.ChunkSize = 26<<20, 8<<20
	for i := range d.Chunks {
		c := &d.Chunks[i]
		c.Size = 8 << 20
		other := c.Replicas[0]
		other.Server = smp.ServerAddress{Scheme: smp.SchemeXFTP, Hosts: []string{"b.example"}}
		c.Replicas = append(c.Replicas, other)
	}
	d.Chunks[3].Size = 2 << 20
	return d
}

func TestFact29TextOfADescription(t *testing.T) {
	text := twoServers(t).YAML()
	parsed, err := Parse(text)
	if err != nil || !bytes.Equal(parsed.YAML(), text) {
		t.Fatalf("%v\n%s", err, text)
	}
	var fields []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if replica, ok := strings.CutPrefix(line, "  - "); ok {
			parts := strings.Split(replica, ":")
			fields = append(fields, fmt.Sprint(parts[0], " ", len(parts)-3, " ", strings.Join(parts[min(4, len(parts)):], "")))
		}
	}
	// The chunk, how many of digest and size stand there, the size.
	want := []string{"1 1 ", "2 1 ", "3 1 ", "4 2 2mb", "1 0 ", "2 0 ", "3 0 ", "4 0 "}
	if strings.Join(fields, ",") != strings.Join(want, ",") {
		t.Errorf("%q\n%s", fields, text)
	}
}

func TestFact30URIWithData(t *testing.T) {
	d, data := sample(t, 2), `{"a":"b & c","d":[1,2]}`
	uri := d.URI("https://simplex.chat", data)
	parsed, got, err := ParseURI(uri)
	if err != nil || got != data || !bytes.Equal(parsed.YAML(), d.YAML()) || parsed.URI("https://simplex.chat", got) != uri {
		t.Errorf("%q %v", got, err)
	}
}

func TestFact35Redirect(t *testing.T) {
	d := sample(t, 1)
	d.Redirect = &Redirect{Size: 512, Digest: []byte{0x0d, 0x0e, 0x0f}}
	text := d.YAML()
	if !bytes.Contains(text, []byte("\nredirect:\n  digest: DQ4P\n  size: 512\n")) {
		t.Fatalf("%s", text)
	}
	parsed, err := Parse(text)
	if err != nil || parsed.Redirect.Size != 512 || !bytes.Equal(parsed.Redirect.Digest, d.Redirect.Digest) {
		t.Errorf("%+v %v", parsed, err)
	}
}
