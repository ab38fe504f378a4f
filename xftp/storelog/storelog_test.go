package storelog

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/xftp/packets"
)

// TestLogOfReference: the log of a router that stopped: four packets with a body, one was deleted, one recipient of
// two packets has acknowledged them.
func TestLogOfReference(t *testing.T) {
	f, err := os.Open("testdata/file-server-store.log")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Read(f)
	if err != nil || len(s.Skipped) > 0 || len(s.Packets) != 4 {
		t.Fatalf("%d packets, %v, %v", len(s.Packets), s.Skipped, err)
	}
	recipients := 0
	for _, p := range s.Packets {
		if !p.Record.Uploaded || p.Record.Size != 65536 || len(p.Record.Digest) != 32 || p.Record.Status != packets.Active {
			t.Errorf("%+v", p.Record)
		}
		recipients += len(p.Recipients)
	}
	if recipients != 4 {
		t.Errorf("%d recipients", recipients)
	}
}

func text(b []byte) string { return base64.URLEncoding.EncodeToString(b) }

func id(n byte) string { b := [16]byte{n}; return text(b[:]) }

func key(t testing.TB) string {
	k, err := box.GenerateKey(box.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := k.Public()
	return text(p.AppendSPKI(nil))
}

// TestReplay: each log, and what is left of it as "ID status uploaded recipients", and the lines that are skipped.
func TestReplay(t *testing.T) {
	k := key(t)
	fnew := func(n byte, rest string) string { return "FNEW " + id(n) + " " + k + " 65536 AAAA 3600" + rest + "\n" }
	fadd := func(n byte, recipients ...byte) string {
		var list []string
		for _, r := range recipients {
			list = append(list, id(r)+":"+k)
		}
		return "FADD " + id(n) + " " + strings.Join(list, ",") + "\n"
	}
	put := "FPUT " + id(1) + " " + text([]byte("/x/y")) + "\n"
	for _, test := range []struct {
		name, log, left string
		skipped         int
	}{
		{"life", fnew(1, " active") + fadd(1, 2, 3) + put + "FACK " + id(2) + "\n", "1 0 true 1", 0},
		{"old record without status", fnew(1, "") + put, "1 0 true 0", 0},
		{"body before recipients", fnew(1, " active") + put + fadd(1, 2), "1 0 true 1", 0},
		{"deleted", fnew(1, " active") + fadd(1, 2) + "FDEL " + id(1) + "\n", "", 0},
		{"deleted, ID of recipient free again", fnew(1, " active") + fadd(1, 2) + "FDEL " + id(1) + "\n" + fnew(4, " active") + fadd(4, 2), "4 0 false 1", 0},
		{"blocked", fnew(1, " active") + put + "FBLK " + id(1) + " reason=spam,notice={\"ttl\":5}\n", "1 2 false 0", 0},
		{"compacted blocked loses its body", fnew(1, " blocked,reason=content") + put, "1 2 false 0", 1},
		{"off", fnew(1, " off") + put, "1 1 false 0", 1},
		{"body twice", fnew(1, " active") + put + put, "1 0 true 0", 1},
		{"created twice", fnew(1, " active") + fnew(1, " active"), "1 0 false 0", 1},
		{"recipient twice", fnew(1, " active") + fadd(1, 2) + fadd(1, 2), "1 0 false 1", 1},
		{"unknown packet", fadd(1, 2) + put + "FDEL " + id(1) + "\nFACK " + id(2) + "\n", "", 4},
		{"size 0", strings.Replace(fnew(1, " active"), "65536", "0", 1), "", 1},
		{"bad time", strings.Replace(fnew(1, " active"), "3600", "-1", 1), "", 1},
		{"bad status", fnew(1, " asleep") + fnew(2, " blocked,reason=x"), "", 2},
		{"bad key", strings.Replace(fnew(1, " active"), k, "AAAA", 1), "", 1},
		{"bad IDs", "FNEW AAAA " + k + "\nFDEL !\n", "", 2},
		{"other lines", "\nFOO " + id(1) + "\nFDEL\n" + fnew(1, " active") + "FOO " + id(1) + "\nFPUT " + id(1) + "\n\r\n", "1 0 false 0", 4},
	} {
		s, err := Read(strings.NewReader(test.log))
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, p := range s.Packets {
			left = append(left, fmt.Sprint(p.ID[0], p.Record.Status, p.Record.Uploaded, len(p.Recipients)))
		}
		if strings.Join(left, "; ") != test.left || len(s.Skipped) != test.skipped {
			t.Errorf("%s: %q, want %q; skipped %v, want %d", test.name, left, test.left, s.Skipped, test.skipped)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("FNEW " + id(1) + " " + key(f) + " 65536 AAAA 3600 blocked,reason=spam\nFADD " + id(1) + " " + id(2) + ":" + key(f))
	f.Fuzz(func(t *testing.T, log string) {
		s, err := Read(strings.NewReader(log))
		if err == nil && len(s.Packets)+len(s.Skipped) > strings.Count(log, "\n")+1 {
			t.Fatal("more records than lines")
		}
	})
}
