package router

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp"
	"switchyard/xftp/client"
	"switchyard/xftp/packets"
)

// The numbers are those of the list of behaviours in the facts (section 7).

func TestFact1WrongDigest(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	key, reader := newKey(t), newKey(t)
	body := make([]byte, xftp.Size64K)
	sum := sha256.Sum256(body)
	id, _, err := c.Create(ctx, key, client.Packet{Size: xftp.Size64K, Digest: append(sum[:], "_wrong"...), Recipients: []box.PublicKey{reader.Public()}})
	check(t, err)
	wants(t, "upload", c.Upload(ctx, key, id, bytes.NewReader(body), xftp.Size64K), xftp.ErrDigest)
	if n := f.files(); len(n) > 0 {
		t.Errorf("files %v", n)
	}
	if u := f.store.Usage(); u.Bytes != 0 {
		t.Errorf("usage %+v", u)
	}
}

func TestFact2DownloadWithWrongDigest(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	right := p.digest
	p.digest = make([]byte, 32)
	if err := p.download(c, 0); !errors.Is(err, client.ErrPacketDigest) {
		t.Error(err)
	}
	p.digest = right
	check(t, p.download(c, 0))
}

func TestFact3NameOfTheFile(t *testing.T) {
	f := newFixture(t, options{})
	p := f.stored(f.dial(), xftp.Size64K, 1)
	name := base64.URLEncoding.EncodeToString(p.id)
	if !strings.HasSuffix(name, "==") || len(f.files()) != 1 || f.files()[0] != name {
		t.Errorf("%v, want %s", f.files(), name)
	}
	b, err := os.ReadFile(filepath.Join(f.path, name))
	check(t, err)
	if !bytes.Equal(b, p.body) {
		t.Error("the file is not what was uploaded")
	}
}

func TestFact4AddedRecipientsDownloadTheSame(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.create(c, xftp.Size256K, 1)
	p.readers = append(p.readers, newKey(t), newKey(t))
	ids, err := c.AddRecipients(ctx, p.sender, p.id, []box.PublicKey{p.readers[1].Public(), p.readers[2].Public()})
	check(t, err)
	p.readIDs = append(p.readIDs, ids...)
	check(t, p.upload(c))
	for i := range 3 {
		check(t, p.download(f.dial(), i))
	}
}

func TestFact5Delete(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	check(t, c.Delete(ctx, p.sender, p.id))
	if n := f.files(); len(n) > 0 {
		t.Errorf("files %v", n)
	}
	wants(t, "download", p.download(c, 0), xftp.ErrAuth)
	wants(t, "delete again", c.Delete(ctx, p.sender, p.id), xftp.ErrAuth)
}

func TestFact6Acknowledge(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 2)
	check(t, c.Acknowledge(ctx, p.readers[0], p.readIDs[0]))
	if n := f.files(); len(n) != 1 {
		t.Errorf("files %v", n)
	}
	wants(t, "download", p.download(c, 0), xftp.ErrAuth)
	wants(t, "again", c.Acknowledge(ctx, p.readers[0], p.readIDs[0]), xftp.ErrAuth)
	check(t, p.download(c, 1))
}

func TestFact7UnknownSize(t *testing.T) {
	f := newFixture(t, options{})
	key := newKey(t)
	_, _, err := f.dial().Create(ctx, key, client.Packet{Size: 96 << 10, Digest: make([]byte, 32), Recipients: []box.PublicKey{key.Public()}})
	wants(t, "create", err, xftp.ErrSize)
}

// TestFact8Quota: the connection is kept where the reference keeps it, so the test speaks on the wire.
func TestFact8Quota(t *testing.T) {
	f := newFixture(t, options{quota: 2 * xftp.Size64K})
	c := f.dial()
	first, _ := f.stored(c, xftp.Size64K, 1), f.stored(c, xftp.Size64K, 1)
	third := f.create(c, xftp.Size64K, 1)
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	put := append(w.block(third.sender, third.id, "FPUT"), third.body...)
	if got := answer(t, w.post(put)); got != "ERR QUOTA" {
		t.Errorf("third upload: %s", got)
	}
	if got := answer(t, w.post(w.block(first.sender, first.id, "FDEL"))); got != "OK" {
		t.Error(got)
	}
	if got := answer(t, w.post(put)); got != "OK" {
		t.Errorf("after the deletion: %s", got)
	}
	check(t, third.download(c, 0))
}

func TestFact9IdleConnectionsAreClosed(t *testing.T) {
	f := newFixture(t, options{config: func(c *Config) { c.InactiveTTL, c.InactiveCheck = 200*time.Millisecond, 50*time.Millisecond }})
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	if got := answer(t, w.post(w.block(nil, nil, "PING"))); got != "PONG" {
		t.Error(got)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for w.h2.CanTakeNewRequest() { // the test ends by its own timeout if the connection stays
		<-tick.C
	}
}

// TestFact10Restart: what was answered is there after a restart of the store.
func TestFact10Restart(t *testing.T) {
	dir := t.TempDir()
	var p *packet
	t.Run("before", func(t *testing.T) {
		f := newFixture(t, options{dir: dir})
		c := f.dial()
		p = f.stored(c, xftp.Size64K, 2)
		check(t, c.Acknowledge(ctx, p.readers[0], p.readIDs[0]))
	})
	f := newFixture(t, options{dir: dir})
	c := f.dial()
	wants(t, "acknowledged", p.download(c, 0), xftp.ErrAuth)
	check(t, p.download(c, 1))
	check(t, c.Delete(ctx, p.sender, p.id))
}

func TestFact11RestartWithoutStore(t *testing.T) {
	o := options{dir: t.TempDir(), memory: true}
	var p *packet
	t.Run("before", func(t *testing.T) {
		f := newFixture(t, o)
		p = f.stored(f.dial(), xftp.Size64K, 1)
	})
	c := newFixture(t, o).dial()
	wants(t, "download", p.download(c, 0), xftp.ErrAuth)
	wants(t, "delete", c.Delete(ctx, p.sender, p.id), xftp.ErrAuth)
}

func TestFact12Password(t *testing.T) {
	for _, test := range []struct {
		server, given string
		newFiles      bool
		want          xftp.Error
	}{
		{"secret", "", true, xftp.ErrAuth},
		{"secret", "wrong", true, xftp.ErrAuth},
		{"secret", "secret", true, xftp.Error{}},
		{"secret", "secret", false, xftp.ErrAuth},
		{"", "any", true, xftp.Error{}},
	} {
		f := newFixture(t, options{config: func(c *Config) { c.Password, c.NewFiles = test.server, test.newFiles }})
		key := newKey(t)
		_, _, err := f.dial().Create(ctx, key, client.Packet{
			Size: xftp.Size64K, Digest: make([]byte, 32), Recipients: []box.PublicKey{key.Public()}, Password: test.given,
		})
		if test.want.IsZero() {
			check(t, err)
		} else {
			wants(t, fmt.Sprintf("%+v", test), err, test.want)
		}
	}
}

func TestFact13SecondUploadChangesNothing(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	check(t, c.Upload(ctx, p.sender, p.id, bytes.NewReader(make([]byte, xftp.Size64K)), xftp.Size64K))
	check(t, p.download(c, 0))
	if u := f.store.Usage(); u.Bytes != xftp.Size64K || u.Count != 1 {
		t.Errorf("%+v", u)
	}
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	if got := answer(t, w.post(append(w.block(p.sender, p.id, "FPUT"), 1, 2, 3))); got != "ERR SIZE" {
		t.Errorf("a short second upload: %s", got)
	}
}

func TestFact20WithoutALPN(t *testing.T) {
	f := newFixture(t, options{})
	c, err := client.Dial(ctx, client.Config{Address: f.address, NoALPN: true})
	check(t, err)
	defer c.Close()
	p := f.stored(c, xftp.Size64K, 1)
	check(t, p.download(c, 0))
	if c.Version() != 1 {
		t.Error(c.Version())
	}
}

func TestFact21ManyRecipients(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.create(c, xftp.Size64K, 200)
	for _, n := range []int{200, 100} {
		var keys []box.PublicKey
		for range n {
			k := newKey(t)
			p.readers, keys = append(p.readers, k), append(keys, k.Public())
		}
		ids, err := c.AddRecipients(ctx, p.sender, p.id, keys)
		check(t, err)
		p.readIDs = append(p.readIDs, ids...)
	}
	check(t, p.upload(c))
	for _, i := range []int{0, 99, 299, 499} {
		check(t, p.download(c, i))
	}
}

func TestFact22MissingBody(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p, q := f.stored(c, xftp.Size64K, 1), f.stored(c, xftp.Size64K, 1)
	check(t, os.Remove(filepath.Join(f.path, base64.URLEncoding.EncodeToString(p.id))))
	wants(t, "download", p.download(c, 0), xftp.ErrAuth)
	check(t, q.download(c, 0))
}

func TestFact23WrongFingerprint(t *testing.T) {
	f := newFixture(t, options{})
	f.address.KeyHash[0] ^= 1
	_, err := client.Dial(ctx, client.Config{Address: f.address})
	var c *client.ConnectError
	if !errors.As(err, &c) {
		t.Error(err)
	}
}

func TestFact32Ed448(t *testing.T) {
	f := newFixture(t, options{scheme: tls.Ed448})
	c := f.dial()
	check(t, f.stored(c, xftp.Size64K, 1).download(c, 0))
}

func TestFact36BodySizes(t *testing.T) {
	f := newFixture(t, options{config: func(c *Config) { c.UploadTimeout = 300 * time.Millisecond }})
	c := f.dial()
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	for name, n := range map[string]int{"none": 0, "short": 5, "one less": xftp.Size64K - 1, "one more": xftp.Size64K + 1, "double": 2 * xftp.Size64K} {
		p := f.create(c, xftp.Size64K, 1)
		if got := answer(t, w.post(append(w.block(p.sender, p.id, "FPUT"), make([]byte, n)...))); got != "ERR SIZE" {
			t.Errorf("%s: %s", name, got)
		}
	}
	p := f.create(c, xftp.Size64K, 1)
	endless := &stuck{head: append(w.block(p.sender, p.id, "FPUT"), p.body...), released: make(chan struct{})}
	defer close(endless.released)
	q, err := http.NewRequest(http.MethodPost, "https://localhost/", endless)
	check(t, err)
	response, err := w.h2.RoundTrip(q)
	check(t, err)
	block := make([]byte, xftp.BlockSize)
	if _, err := io.ReadFull(response.Body, block); err != nil || answer(t, block) != "ERR TIMEOUT" {
		t.Errorf("a body without end: %v", err)
	}
	if n := f.files(); len(n) > 0 || f.store.Usage().Bytes != 0 {
		t.Errorf("files %v, %+v", n, f.store.Usage())
	}
}

func TestFact37BeforeUpload(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.create(c, xftp.Size64K, 1)
	wants(t, "download", p.download(c, 0), xftp.ErrNoFile)
	check(t, c.Delete(ctx, p.sender, p.id))
}

// TestFact38To41Requests: commands that are refused, and that the connection goes on after each.
func TestFact38To41Requests(t *testing.T) {
	f := newFixture(t, options{})
	p := f.create(f.dial(), xftp.Size64K, 1)
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	other := newKey(t)
	ed448, err := box.GenerateKey(box.Ed448, rand.Reader)
	check(t, err)
	fnew := string(xftp.AppendCommand(nil, &xftp.Command{Tag: xftp.FNEW, SenderKey: other.Public(), Size: xftp.Size64K,
		Digest: make([]byte, 32), Recipients: []box.PublicKey{other.Public()}}))
	fget := string(xftp.AppendCommand(nil, &xftp.Command{Tag: xftp.FGET, DHKey: [32]byte{9}}))
	fnewOf := func(count byte) string { // the count stands before the only key, which has a length; then there is no password
		at := len(fnew) - len("0") - 45 - 1
		return fnew[:at] + string(count) + fnew[at+1:]
	}
	if fnew[len(fnew)-47] != 1 {
		t.Fatalf("%q", fnew)
	}
	// wrongly signs what lacks the session identifier, and changes and cuts that signature.
	wrongly := func(flip byte, length int) []byte {
		signed := xftp.AppendSigned(nil, w.sessionID, nil, p.id, []byte("FDEL"))
		auth, err := xftp.AppendAuthorization(nil, p.sender, nil, signed[1+len(w.sessionID):], nil)
		check(t, err)
		auth[0] ^= flip
		b, err := xftp.AppendBlock(nil, auth[:length], signed)
		check(t, err)
		return b
	}
	foreign := *w
	foreign.sessionID = make([]byte, 32)
	unsigned := w.block(nil, p.id, "FDEL")
	for _, test := range []struct {
		name  string
		block []byte
		want  string
	}{
		{"38 signed PING", w.block(other, nil, "PING"), "ERR CMD HAS_AUTH"},
		{"38 unsigned FGET", w.block(nil, p.readIDs[0], fget), "ERR CMD NO_AUTH"},
		{"38 FGET without a key", w.block(p.readers[0], p.readIDs[0], "FGET "), "ERR CMD SYNTAX"},
		{"38 unsigned FDEL", unsigned, "ERR CMD NO_AUTH"},
		{"38 FNEW with entity", w.block(other, p.id, fnew), "ERR CMD HAS_AUTH"},
		{"38 unknown", w.block(other, p.id, "FOO"), "ERR CMD UNKNOWN"},
		{"38 lower case", w.block(other, p.id, "fdel"), "ERR CMD UNKNOWN"},
		{"38 PING and more", w.block(nil, nil, "PING "), "ERR CMD SYNTAX"},
		{"39 FADD without keys", w.block(p.sender, p.id, "FADD \x00"), "ERR CMD SYNTAX"},
		{"39 FNEW without keys", w.block(other, nil, fnewOf(0)), "ERR CMD SYNTAX"},
		{"39 FNEW with fewer keys than it says", w.block(other, nil, fnewOf(2)), "ERR CMD SYNTAX"},
		{"40 63-byte signature", wrongly(0, 63), "ERR BLOCK"},
		{"40 forged signature", wrongly(1, 64), "ERR AUTH"},
		{"40 signature without the session", wrongly(0, 64), "ERR AUTH"},
		{"40 another key", w.block(other, p.id, "FDEL"), "ERR AUTH"},
		{"40 Ed448 on an Ed25519 key", w.block(ed448, p.id, "FDEL"), "ERR AUTH"},
		{"40 recipient's command with sender's ID", w.block(p.sender, p.id, "FACK"), "ERR AUTH"},
		{"40 sender's command with recipient's ID", w.block(p.readers[0], p.readIDs[0], "FDEL"), "ERR AUTH"},
		{"40 unknown ID", w.block(p.sender, make([]byte, 16), "FDEL"), "ERR AUTH"},
		{"40 ID of another length", w.block(p.sender, make([]byte, 24), "FDEL"), "ERR AUTH"},
		{"41 foreign session", foreign.block(p.sender, p.id, "FDEL"), "ERR SESSION"},
		{"3.4 no block", []byte("short"), "ERR BLOCK"},
		{"the right one", w.block(p.sender, p.id, "FDEL"), "OK"},
	} {
		if got := answer(t, w.post(test.block)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestFact46LongBody: what follows a block that has no packet is of no account.
func TestFact46LongBody(t *testing.T) {
	f := newFixture(t, options{})
	w := f.dialWire(xftp.ALPN)
	w.greet(f, 3)
	for range 3 { // so that what is not read is more than a window of the connection
		if got := answer(t, w.post(append(w.block(nil, nil, "PING"), make([]byte, 400_000)...))); got != "PONG" {
			t.Error(got)
		}
	}
}

func TestFact42And43Hello(t *testing.T) {
	f := newFixture(t, options{})
	w := f.dialWire(xftp.ALPN)
	if got := bare(t, w.post(w.block(nil, nil, "PING"))); got != "HANDSHAKE" {
		t.Errorf("42 a command first: %s", got)
	}
	if _, ok := xftp.ParseServerHello(w.post(nil)); !ok {
		t.Error("no hello after a fault")
	}
	if got := bare(t, w.post(nil)); got != "HANDSHAKE" {
		t.Errorf("42 a second hello: %s", got)
	}
	wrong := f.cfg.Identity
	wrong[0] ^= 1
	for name, b := range map[string]func() ([]byte, error){
		"key hash":  func() ([]byte, error) { return xftp.AppendClientHello(nil, 3, &wrong) },
		"version 0": func() ([]byte, error) { return xftp.AppendClientHello(nil, 0, &f.cfg.Identity) },
		"version 4": func() ([]byte, error) { return xftp.AppendClientHello(nil, 4, &f.cfg.Identity) },
	} {
		body, err := b()
		check(t, err)
		if got := bare(t, w.post(body)); got != "HANDSHAKE" {
			t.Errorf("43 %s: %s", name, got)
		}
	}
	right, err := xftp.AppendClientHello(nil, 2, &f.cfg.Identity)
	check(t, err)
	if rest := w.post(right); len(rest) > 0 {
		t.Errorf("%d bytes after the right hello", len(rest))
	}
	if got := answer(t, w.post(nil)); got != "ERR BLOCK" {
		t.Errorf("an empty command: %s", got)
	}
}

func TestFact44BlockedPacket(t *testing.T) {
	f := newFixture(t, options{})
	c := f.dial()
	p := f.stored(c, xftp.Size64K, 1)
	check(t, f.store.Block(context.Background(), packets.ID(p.id), xftp.ErrBlocked(smp.BlockSpam, smp.Notice{}).BlockingInfo()))
	for version, want := range map[xftp.Version]string{1: "ERR AUTH", 2: "ERR AUTH", 3: "ERR BLOCKED reason=spam"} {
		w := f.dialWire(xftp.ALPN)
		w.greet(f, version)
		for name, block := range map[string][]byte{
			"sender":          w.block(p.sender, p.id, "FDEL"),
			"recipient":       w.block(p.readers[0], p.readIDs[0], "FACK"),
			"wrong signature": w.block(newKey(t), p.id, "FDEL"),
		} {
			if got := answer(t, w.post(block)); got != want {
				t.Errorf("version %d, %s: %s, want %s", version, name, got, want)
			}
		}
	}
	if n := f.files(); len(n) > 0 {
		t.Errorf("files %v", n)
	}
}

// TestH2WithoutSNI: every request has an empty answer; http/1.1 is served like xftp/1.
func TestH2WithoutSNI(t *testing.T) {
	f := newFixture(t, options{})
	if b := f.dialWire("h2").post(nil); len(b) > 0 {
		t.Errorf("%d bytes", len(b))
	}
	f.dialWire("http/1.1").greet(f, 3)
}
