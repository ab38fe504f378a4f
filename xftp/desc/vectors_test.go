package desc

import (
	"bytes"
	"testing"

	"switchyard/box"
	"switchyard/xftp/internal/vectors"
)

const vectorFile = "../testdata/xftp.json.gz"

type hexBytes = vectors.Hex

type descriptionVector struct {
	Size      int64
	Digest    hexBytes
	Key       hexBytes
	Nonce     hexBytes
	ChunkSize uint32 `json:"default_chunk_size"`
	Chunks    []struct {
		No       int
		Size     uint32
		Digest   hexBytes
		Replicas []struct {
			Server string
			ID     hexBytes `json:"replica_id"`
			Key    hexBytes
		}
	}
	Redirect *struct {
		Size   int64
		Digest hexBytes
	}
	Recipient string `json:"recipient_yaml"`
	Sender    string `json:"sender_yaml"`
	URI       string
	WithData  string `json:"uri_with_data"`
	Host      string `json:"web_host"`
	Fragment  string `json:"web_fragment"`
}

func (v *descriptionVector) description(t *testing.T) *Description {
	t.Helper()
	d := &Description{Party: Recipient, Size: v.Size, Digest: v.Digest, Key: [32]byte(v.Key), Nonce: [24]byte(v.Nonce), ChunkSize: v.ChunkSize}
	for i, c := range v.Chunks {
		if c.No != i+1 {
			t.Fatal("chunks out of order")
		}
		chunk := Chunk{Size: c.Size, Digest: c.Digest}
		for _, r := range c.Replicas {
			server, err := ParseServer(r.Server)
			if err != nil {
				t.Fatal(err)
			}
			key, err := box.ParsePKCS8(r.Key)
			if err != nil {
				t.Fatal(err)
			}
			chunk.Replicas = append(chunk.Replicas, Replica{server, r.ID, key})
		}
		d.Chunks = append(d.Chunks, chunk)
	}
	if v.Redirect != nil {
		d.Redirect = &Redirect{v.Redirect.Size, v.Redirect.Digest}
	}
	return d
}

func TestDescriptionVectors(t *testing.T) {
	for i, v := range vectors.Load[descriptionVector](t, vectorFile, "file_description") {
		d := v.description(t)
		check := func(what, got, want string) {
			t.Helper()
			if got != want {
				t.Errorf("case %d: %s is\n%s, want\n%s", i, what, got, want)
			}
		}
		check("text", string(d.YAML()), v.Recipient)
		check("URI", d.URI("simplex:", ""), v.URI)
		check("web link", d.WebLink("https://"+v.Host), "https://"+v.Host+"/file/#"+d.Fragment())
		d.Party = Sender
		check("sender's text", string(d.YAML()), v.Sender)
		for _, text := range []string{v.Recipient, v.Sender} {
			parsed, err := Parse([]byte(text))
			if err != nil {
				t.Fatalf("case %d: %v", i, err)
			}
			check("text read and written", string(parsed.YAML()), sameReplicaOrder(t, d, text, parsed))
		}
		fromURI, data, err := ParseURI(v.WithData)
		if err != nil || data == "" {
			t.Fatalf("case %d: %q %v", i, data, err)
		}
		check("URI with data", fromURI.URI("https://simplex.chat", data), d.uriLike(fromURI, data))
		for _, fragment := range []string{v.Fragment, d.forRecipient().Fragment()} {
			fromWeb, err := ParseFragment(fragment)
			if err != nil {
				t.Fatalf("case %d: %v", i, err)
			}
			check("text of the fragment", string(fromWeb.YAML()), string(fromURI.YAML()))
		}
	}
}

// sameReplicaOrder: where a chunk has several replicas, reading orders them as the text does, so that the digest may
// stand on another line when it is written again; else the text is reproduced.
func sameReplicaOrder(t *testing.T, d *Description, text string, parsed *Description) string {
	t.Helper()
	for _, c := range d.Chunks {
		if len(c.Replicas) > 1 {
			again, err := Parse(parsed.YAML())
			if err != nil || len(text) != len(parsed.YAML()) {
				t.Errorf("%v: %d bytes, then %d", err, len(text), len(parsed.YAML()))
				return ""
			}
			return string(again.YAML())
		}
	}
	return text
}

func (d *Description) forRecipient() *Description { c := *d; c.Party = Recipient; return &c }

func (d *Description) uriLike(parsed *Description, data string) string {
	return parsed.URI("https://simplex.chat", data)
}

func TestParseVectors(t *testing.T) {
	type vector struct {
		Kind, YAML string
		Canonical  *string
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "file_description_parse") {
		d, err := Parse([]byte(v.YAML))
		if err == nil {
			d, err = d.For(Recipient)
		}
		switch {
		case (err == nil) != (v.Canonical != nil):
			t.Errorf("%s: %v", v.Kind, err)
		case err == nil && !bytes.Equal(d.YAML(), []byte(*v.Canonical)):
			t.Errorf("%s becomes\n%s", v.Kind, d.YAML())
		}
	}
}

func TestSizeTextVectors(t *testing.T) {
	type vector struct {
		Size int64
		Text string
	}
	for _, v := range vectors.Load[vector](t, vectorFile, "file_size_text") {
		if got := SizeText(v.Size); got != v.Text {
			t.Errorf("%d is %s, want %s", v.Size, got, v.Text)
		}
		if n, err := ParseSize(v.Text); err != nil || n != v.Size {
			t.Errorf("%s is %d %v", v.Text, n, err)
		}
	}
}
