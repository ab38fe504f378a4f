package sealed

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"switchyard/xftp"
	"switchyard/xftp/internal/vectors"
)

func seal(t testing.TB, name string, content []byte, total int64, key *Key) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Encrypt(&b, bytes.NewReader(content), name, int64(len(content)), total, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(sealed []byte, key *Key) (string, []byte, error) {
	o, err := NewOpener(bytes.NewReader(sealed), int64(len(sealed)), key)
	if err != nil {
		return "", nil, err
	}
	var b bytes.Buffer
	n, err := o.WriteTo(&b)
	if err == nil && (n != o.Size || n != int64(b.Len())) {
		err = errors.New("another size than the opener told")
	}
	return o.Name, b.Bytes(), err
}

func TestFileVectors(t *testing.T) {
	type vector struct {
		Name      string `json:"file_name"`
		Len       int    `json:"content_len"`
		Mult      int
		Key       vectors.Hex
		Nonce     vectors.Hex
		Extra     *string `json:"file_extra"`
		Header    vectors.Hex
		Total     int64 `json:"enc_size"`
		Encrypted vectors.Big
		SHA512    vectors.Hex `json:"encrypted_sha512"`
		Chunks    []struct {
			SHA256 vectors.Hex
			Size   uint32
		}
	}
	for _, v := range vectors.Load[vector](t, "../testdata/xftp.json.gz", "file_encryption") {
		content := make([]byte, v.Len)
		for i := range content {
			content[i] = byte(i*v.Mult + i/256)
		}
		key := &Key{[32]byte(v.Key), [24]byte(v.Nonce)}
		var b bytes.Buffer
		if err := encrypt(&b, bytes.NewReader(content), v.Header, int64(v.Len), v.Total, key); err != nil {
			t.Fatal(err)
		}
		sealed := b.Bytes()
		if h, err := header(v.Name); v.Extra == nil && (err != nil || !bytes.Equal(h, v.Header)) {
			t.Errorf("%s: header %x %v", v.Name, h, err)
		}
		if sum := sha512.Sum512(sealed); !v.Encrypted.Equal(sealed) || !bytes.Equal(sum[:], v.SHA512) {
			t.Errorf("%s: %d bytes of another form", v.Name, len(sealed))
		}
		name, got, err := open(sealed, key)
		if err != nil || name != v.Name || !bytes.Equal(got, content) {
			t.Errorf("%s opens to %s, %d bytes, %v", v.Name, name, len(got), err)
		}
		rest := sealed
		for _, c := range v.Chunks {
			if sum := sha256.Sum256(rest[:c.Size]); !bytes.Equal(sum[:], c.SHA256) {
				t.Errorf("%s: another chunk", v.Name)
			}
			rest = rest[c.Size:]
		}
	}
}

// TestFactsVector: the known answer in the facts.
func TestFactsVector(t *testing.T) {
	var key Key
	for i := range key.Key {
		key.Key[i] = byte(i + 1)
	}
	copy(key.Nonce[:], key.Key[:])
	sealed := seal(t, "test.txt", []byte("Hello, this is test file content!"), 256, &key)
	sum := sha256.Sum256(sealed)
	if hex.EncodeToString(sum[:]) != "2a53202895336d2e19c5db31e00b907dffb21805c6242b25f58614e6217474be" {
		t.Errorf("%x", sealed)
	}
}

// TestFact48ContentEndsBeforeLastPacket: where the last packet holds only a few bytes of the payload, the reference's
// receiver appends filler; the content must end where its length says.
func TestFact48ContentEndsBeforeLastPacket(t *testing.T) {
	key := &Key{}
	for k := 1; k <= 17; k++ {
		payload := int64(2*xftp.Size64K + k)
		overhead, _ := PayloadSize("testfile", 0)
		content := bytes.Repeat([]byte{byte(k)}, int(payload-overhead))
		_, got, err := open(seal(t, "testfile", content, 3*xftp.Size64K, key), key)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d: %d bytes, want %d, %v", k, len(got), len(content), err)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	key := &Key{Key: [32]byte{1}}
	sealed := seal(t, "name", []byte("content"), 4096, key)
	for _, at := range []int{8, 20, 2000, 4090} {
		damaged := bytes.Clone(sealed)
		damaged[at] ^= 0x80
		if _, _, err := open(damaged, key); err == nil {
			t.Errorf("damage at %d is not seen", at)
		}
	}
	if _, _, err := open(sealed, &Key{}); err == nil {
		t.Error("another key opens it")
	}
	last := bytes.Clone(sealed)
	last[4095] ^= 1
	if _, _, err := open(last, key); !errors.Is(err, ErrTag) {
		t.Error(err)
	}
	if _, err := NewOpener(bytes.NewReader(sealed[:5]), 5, key); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
	o, err := NewOpener(bytes.NewReader(sealed[:4095]), 4096, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.WriteTo(io.Discard); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
}

func TestRefusedFiles(t *testing.T) {
	key := &Key{}
	if _, err := PayloadSize(strings.Repeat("é", 128), 1); !errors.Is(err, ErrName) {
		t.Error(err)
	}
	if err := Encrypt(io.Discard, strings.NewReader("abc"), "n", 3, 16+8+3+3-1, key); !errors.Is(err, ErrSize) {
		t.Error(err)
	}
	if err := Encrypt(io.Discard, strings.NewReader("abc"), "n", 2, 4096, key); err == nil {
		t.Error("a file that grows is sealed")
	}
	if name, _, err := open(seal(t, "a\xffb", nil, 64, key), key); err != nil || name != "a?b" {
		t.Error(name, err)
	}
}

func FuzzOpen(f *testing.F) {
	key := &Key{}
	f.Add(seal(f, "name", []byte("content"), 128, key))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		name, content, err := open(sealed, key)
		if err == nil && len(name)+len(content) > len(sealed) {
			t.Fatal("more came out than went in")
		}
	})
}
