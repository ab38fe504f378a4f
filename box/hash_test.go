package box

import (
	"bytes"
	"testing"
)

func TestHashVectors(t *testing.T) {
	type vector struct {
		Input    hexBytes
		SHA256   hexBytes
		SenderID hexBytes `json:"sender_id"`
	}
	for _, v := range cases[vector](t, "hash") {
		if id := SenderIDFromCorrID(v.Input); !bytes.Equal(id[:], v.SenderID) {
			t.Errorf("%x: sender ID %x", v.Input, id)
		}
		if sum := Fingerprint(v.Input); !bytes.Equal(sum[:], v.SHA256) {
			t.Errorf("%x: fingerprint %x", v.Input, sum)
		}
	}
}

func TestIDsHashVectors(t *testing.T) {
	var all []struct {
		IDs  []hexBytes
		Hash hexBytes
	}
	load(t, "ids_hash.json", &all)
	for _, v := range all {
		var h IDsHash
		for _, id := range v.IDs {
			h.Toggle(id)
		}
		if !bytes.Equal(h[:], v.Hash) {
			t.Errorf("%d IDs: %x, want %x", len(v.IDs), h, v.Hash)
		}
		for _, id := range v.IDs {
			h.Toggle(id)
		}
		if h != (IDsHash{}) {
			t.Errorf("all removed: %x", h)
		}
	}
}
