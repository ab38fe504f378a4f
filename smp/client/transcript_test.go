package client

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

type transcript struct {
	Version        smp.Version `json:"version"`
	SessionID      hexBytes    `json:"session_id"`
	SessionPrivate hexBytes    `json:"client_session_private"`
	Encrypted      bool        `json:"blocks_encrypted"`
	Messages       []struct {
		ID        hexBytes `json:"msg_id"`
		Decrypted hexBytes `json:"decrypted"`
	} `json:"messages"`
	Keys   []hexBytes `json:"keys"`
	Queues []struct {
		ID     hexBytes `json:"id"`
		Secret hexBytes `json:"secret"`
	} `json:"queues"`
	Blocks []struct {
		From      string   `json:"from"`
		Handshake bool     `json:"handshake"`
		Content   hexBytes `json:"content"`
		SHA256    hexBytes `json:"block_sha256"`
	} `json:"blocks"`
}

// replay is a client in the middle of a recorded session.
type replay struct {
	transcript
	t        *testing.T
	client   *Client
	router   box.Chain // the router's sending chain
	keys     []*Key
	answered map[string]Response // by correlation ID
	remade   int                 // authorized commands made again, of
	signed   int
	messages []Message
	events   []Event
}

// TestReplayTranscripts puts a client into recorded sessions of the reference: it makes the same hello and the same
// commands byte for byte, and understands every block of the router.
func TestReplayTranscripts(t *testing.T) {
	for _, v := range readVectors[transcript](t, "transcripts.json.gz") {
		t.Run(fmt.Sprintf("v%d", v.Version), func(t *testing.T) {
			r := &replay{transcript: v, t: t, answered: make(map[string]Response)}
			for _, pkcs8 := range v.Keys {
				k, err := ParseKey(pkcs8)
				if err != nil {
					t.Fatal(err)
				}
				r.keys = append(r.keys, k)
			}
			r.run()
		})
	}
}

func (r *replay) run() {
	r.handshake()
	for i, b := range r.Blocks {
		switch {
		case b.Handshake:
		case b.From == "client":
			r.commands(i, b.Content, b.SHA256)
		default:
			r.received(i, b.Content, b.SHA256)
		}
	}
	r.t.Log(r.remade, r.signed)
	if len(r.messages) != len(r.Messages) && r.Version != 7 && r.Version != 16 { // whose large blocks are left out
		r.t.Errorf("%d messages, want %d", len(r.messages), len(r.Messages))
	}
	if n := r.client.Waiting(); n != 0 && r.Version != 7 && r.Version != 16 {
		r.t.Errorf("%d commands without response", n)
	}
}

func (r *replay) handshake() {
	hello, ok := smp.ParseServerHello(r.Blocks[0].Content)
	if !ok {
		r.t.Fatal("hello does not parse")
	}
	key, err := box.ParsePKCS8(r.SessionPrivate)
	if err != nil {
		r.t.Fatal(err)
	}
	g := greeting{versions: smp.VersionRange{Min: r.Version, Max: r.Version}, key: key}
	leaf := []byte(nil)
	if hello.CertKey != nil {
		leaf = hello.CertKey.Chain[0]
		g.keyHash = box.Fingerprint(hello.CertKey.Chain[1])
	} else {
		sent, _ := smp.ParseClientHello(r.Blocks[1].Content)
		g.keyHash = [32]byte(sent.KeyHash)
	}
	answer, a, err := g.answer(nil, r.Blocks[0].Content, r.SessionID, leaf)
	if err != nil {
		r.t.Fatal(err)
	}
	if a.encrypted != r.Encrypted || a.version != r.Version {
		r.t.Fatalf("agreed on %d, encrypted %v", a.version, a.encrypted)
	}
	r.expect(1, answer, r.Blocks[1].Content)
	r.client = newClient(&Config{OnEvent: r.onEvent}, nil)
	r.client.sessionID, r.client.agreement = r.SessionID, a
	r.router = a.receive
}

func (r *replay) expect(block int, got, want []byte) {
	r.t.Helper()
	if !bytes.Equal(got, want) {
		r.t.Errorf("block %d: got %x, want %x", block, got, want)
	}
}

// commands makes the transmissions of a client's block again and seals the block.
func (r *replay) commands(i int, content, hash []byte) {
	batch, ok := smp.ParseBatch(content)
	if !ok {
		r.t.Fatalf("block %d does not parse", i)
	}
	var again [][]byte
	for raw, more := batch.Next(); more; raw, more = batch.Next() {
		t, e := smp.ParseTransmission(r.Version, r.SessionID, raw)
		if !e.IsZero() {
			r.t.Fatal(e)
		}
		again = append(again, r.encode(raw, &t))
		id := string(t.CorrID)
		r.client.pending.add(corrID(t.CorrID), pending{
			entity: t.EntityID,
			done:   func(response Response) { r.onResponse(id, response) },
		})
	}
	b := borrow()
	defer b.release()
	b.n = len(smp.AppendBatch(b.data[r.client.contentStart():r.client.contentStart()], again...))
	r.expect(i, b.data[r.client.contentStart():][:b.n], content)
	block := b.data[blockStart:blockEnd]
	if r.Encrypted {
		if err := r.client.send.SealBlock(block, b.n); err != nil {
			r.t.Fatal(err)
		}
	} else if err := box.PadInPlace(block, b.n); err != nil {
		r.t.Fatal(err)
	}
	if sum := sha256.Sum256(block); !bytes.Equal(sum[:], hash) {
		r.t.Errorf("block %d differs as sent", i)
	}
}

// encode makes a transmission with whichever key made it in the record. Keys that are not in the record leave it as it
// is; at most the commands with a key made for one purpose are such.
func (r *replay) encode(raw []byte, t *smp.Transmission) []byte {
	command := Raw(nil, t.EntityID, t.Command)
	if len(t.Auth) == 0 {
		return r.append(&command, t.CorrID)
	}
	r.signed++
	for _, key := range r.keys {
		if authSize(key.Alg()) != len(t.Auth) {
			continue
		}
		command.key = key
		if again := r.append(&command, t.CorrID); bytes.Equal(again, raw) {
			r.remade++
			return again
		}
	}
	return raw
}

func (r *replay) append(command *Command, id []byte) []byte {
	to := r.client.peer()
	b, err := to.appendTransmission(nil, command, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// received seals a router's block and gives it to the client.
func (r *replay) received(i int, content, hash []byte) {
	if content == nil { // left out of the record
		if r.Encrypted {
			var key [box.KeySize]byte
			var nonce [box.NonceSize]byte
			r.router.Next(&key, &nonce)
			r.client.receive.Next(&key, &nonce)
		}
		return
	}
	block := make([]byte, smp.BlockSize)
	var err error
	if r.Encrypted {
		copy(block[18:], content)
		err = r.router.SealBlock(block, len(content))
	} else {
		copy(block[2:], content)
		err = box.PadInPlace(block, len(content))
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if sum := sha256.Sum256(block); !bytes.Equal(sum[:], hash) {
		r.t.Errorf("block %d differs as sent", i)
	}
	if err := r.client.handleBlock(block); err != nil {
		r.t.Errorf("block %d: %v", i, err)
	}
}

func (r *replay) onResponse(id string, response Response) {
	if _, twice := r.answered[id]; twice {
		r.t.Error("two responses to one command")
	}
	r.answered[id] = response
	if msgID, sealed, ok := response.Message(); ok {
		r.open(response.Entity, msgID, sealed)
	}
	if _, ok := response.Err.(smp.Error); response.Err != nil && !ok {
		r.t.Errorf("response with %v", response.Err)
	}
}

func (r *replay) onEvent(e Event) {
	switch e.Kind {
	case EventMessage:
		r.open(e.Entity, e.MsgID, e.Body)
	case EventUnexpected:
		r.t.Errorf("unexpected %s: %v", e.Tag, e.Err)
	}
	r.events = append(r.events, e)
}

// open decrypts a message and compares it with what the reference's client read. The secret of one queue, made for its
// link, is not in the record.
func (r *replay) open(entity, msgID, sealed []byte) {
	q := RcvQueue{}
	for _, known := range r.Queues {
		if bytes.Equal(known.ID, entity) {
			q.Secret = Bytes(known.Secret)
		}
	}
	if q.Secret == nil {
		r.messages = append(r.messages, Message{})
		return
	}
	m, err := q.Open(msgID, sealed)
	if err != nil {
		r.t.Error(err)
	}
	for _, want := range r.Messages {
		if bytes.Equal(want.ID, msgID) {
			got := smp.AppendMessageBody(nil, m.Time, m.Notify, m.Body)
			if !bytes.Equal(got, want.Decrypted) {
				r.t.Errorf("message %x, want %x", got, want.Decrypted)
			}
		}
	}
	r.messages = append(r.messages, m)
}
