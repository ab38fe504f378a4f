package engine_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// rawQueue is a queue that a raw client has made.
type rawQueue struct {
	smp.IDs
	key ed25519.PrivateKey
}

// newQueue creates a queue, of p where keys are missing.
func (c *rawClient) newQueue(corrID string, p smp.NewParams) rawQueue {
	c.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	key, _ := box.NewPublicKey(box.Ed25519, public)
	var dhSecret, dhPublic [32]byte
	if err := box.GenerateX25519(rand.Reader, &dhSecret, &dhPublic); err != nil {
		c.t.Fatal(err)
	}
	p.AuthKey, p.DHKey = key.AppendSPKI(nil), box.AppendX25519(nil, &dhPublic)
	response := c.ask(c.signed(private, corrID, "", string(smp.AppendNew(nil, c.version, &p))))[0]
	tag, params, _ := smp.ParseResponse(c.version, response.Command)
	ids, ok := smp.ParseIDs(c.version, params)
	if tag != smp.RespIDs || !ok {
		c.t.Fatalf("NEW is answered %.20q", response.Command)
	}
	return rawQueue{ids, private}
}

// A correlation ID may be so long that with it the response fits no block. The client is told, and others notice nothing.
func TestReplyLargerThanBlock(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	long := strings.Repeat("c", 255)
	contact := c.newQueue("n", smp.NewParams{Mode: smp.ModeContact})
	link := smp.LinkParams{LinkID: []byte("link"), Fixed: []byte("fixed"), User: make([]byte, 16200)}
	if got := c.ask(c.signed(contact.key, "l", string(contact.RecipientID), string(smp.AppendLSet(nil, link))))[0]; string(got.Command) != "OK" {
		t.Fatalf("LSET is answered %.20q", got.Command)
	}
	got := c.ask(c.transmission(nil, long, "link", "LGET"))[0]
	if string(got.Command) != "ERR LARGE_MSG" || string(got.CorrID) != long || string(got.EntityID) != "link" {
		t.Errorf("LGET is answered %.20q for entity %q", got.Command, got.EntityID)
	}
	q := c.newQueue("q", smp.NewParams{})
	c.ask(c.transmission(nil, "s", string(q.SenderID), "SEND F hello"))
	got = c.ask(c.signed(q.key, long, string(q.RecipientID), "GET"))[0]
	if string(got.Command) != "ERR LARGE_MSG" || string(got.CorrID) != long || string(got.EntityID) != string(q.RecipientID) {
		t.Errorf("GET is answered %.20q", got.Command)
	}
	if got := c.ask(c.signed(q.key, "g", string(q.RecipientID), "GET"))[0]; !strings.HasPrefix(string(got.Command), "MSG ") {
		t.Errorf("GET afterwards is answered %.20q", got.Command)
	}
	exchange(t, r.dial(t), r.dial(t), 1)
}
