package client

import (
	"bytes"
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// looseClient is a client without connection, in which commands with known correlation IDs wait.
func looseClient(v smp.Version, onEvent func(Event)) *Client {
	c := newClient(&Config{OnEvent: onEvent}, nil)
	c.sessionID = bytes.Repeat([]byte{'s'}, 32)
	c.version = v
	return c
}

func knownID(i int) corrID { return corrID(bytes.Repeat([]byte{byte('0' + i)}, 24)) }

// FuzzBlock gives a client a block of the router. Whatever is in it, commands are answered once at most, and what is
// not ErrBadBlock leaves the client working.
func FuzzBlock(f *testing.F) {
	entity := bytes.Repeat([]byte{'q'}, 24)
	id := knownID(1)
	for _, v := range []smp.Version{6, 19} {
		header := func(corrID, entityID []byte) []byte {
			return smp.AppendResponseHeader(nil, v, bytes.Repeat([]byte{'s'}, 32), corrID, entityID)
		}
		ok := smp.AppendOK(header(id[:], entity))
		pong := smp.AppendPong(header(id[:], nil))
		msg := smp.AppendMsg(header(nil, entity), smp.Msg{ID: id[:], Body: []byte("sealed")})
		f.Add(uint16(v), smp.AppendBatch(nil, ok, pong, msg))
		f.Add(uint16(v), smp.AppendBatch(nil, smp.AppendErr(header(id[:], nil), v, smp.ErrBlock), ok[:20]))
		f.Add(uint16(v), smp.AppendBatch(nil, smp.AppendEnd(header(nil, entity)), smp.AppendAlls(header(nil, nil))))
	}
	f.Fuzz(func(t *testing.T, version uint16, content []byte) {
		if len(content) > smp.MaxContent {
			return
		}
		v := smp.MinVersion + smp.Version(version)%(smp.CurrentVersion-smp.MinVersion+1)
		events, answered := 0, make(map[int]int)
		c := looseClient(v, func(e Event) {
			events++
			if e.Kind == 0 || (e.Kind == EventUnexpected || e.Kind == EventError) != (e.Err != nil) {
				t.Errorf("event %d with error %v", e.Kind, e.Err)
			}
		})
		for i := range 4 {
			p := pending{done: func(Response) { answered[i]++ }}
			if i > 0 {
				p.entity = entity
			}
			c.pending.add(knownID(i), p)
		}
		block := make([]byte, smp.BlockSize)
		copy(block[2:], content)
		must(t, box.PadInPlace(block, len(content)))
		if err := c.handleBlock(block); err != nil && err != ErrBadBlock {
			t.Fatal(err)
		}
		for i, n := range answered {
			if n > 1 {
				t.Errorf("command %d answered %d times", i, n)
			}
		}
		if batch, ok := smp.ParseBatch(content); ok && events+len(answered) != batch.Len() {
			t.Errorf("%d events and %d responses from %d transmissions", events, len(answered), batch.Len())
		}
	})
}

// FuzzOpen gives a queue the body of a message, sealed with its own secret.
func FuzzOpen(f *testing.F) {
	f.Add(smp.AppendMessageBody(nil, 1700000000, true, []byte("hello")))
	f.Add(smp.AppendQuotaBody(nil, 1700000000))
	f.Add([]byte("QUOTA"))
	q := &RcvQueue{Secret: bytes.Repeat([]byte{7}, box.KeySize)}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, (*[box.KeySize]byte)(q.Secret))
	f.Fuzz(func(t *testing.T, plain []byte) {
		var nonce [box.NonceSize]byte
		sealed := append(make([]byte, box.TagSize), plain...)
		box.Seal(sealed, &nonce, &subkey)
		m, err := q.Open(nonce[:], sealed)
		if (err != nil) != (err == ErrBody) || err != nil && fmt.Sprint(m) != fmt.Sprint(Message{}) {
			t.Errorf("message %+v, error %v", m, err)
		}
	})
}
