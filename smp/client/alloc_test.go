package client

import (
	"bytes"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// exchange is a client without connection in the middle of a load: each round it sends and is answered.
type exchange struct {
	client  *Client
	router  box.Chain
	block   []byte
	message []byte // MSG of a queue, sealed
	queue   *RcvQueue
	sender  *SndQueue
	body    []byte
	events  int
	answers int
}

func newExchange(t testing.TB, alg box.Alg) *exchange {
	t.Helper()
	x := &exchange{
		block: make([]byte, smp.BlockSize),
		queue: &RcvQueue{ID: bytes.Repeat([]byte{'q'}, 24), Secret: make(Bytes, box.KeySize)},
		body:  make([]byte, smp.MaxBody(smp.CurrentVersion)),
	}
	x.client = looseClient(smp.CurrentVersion, func(e Event) {
		if m, err := x.queue.Open(e.MsgID, e.Body); err != nil || len(m.Body) != len(x.body) {
			t.Error("message does not open")
		}
		x.events++
	})
	var secret [box.KeySize]byte
	x.client.encrypted = true
	x.client.receive, x.client.agreement.send = box.NewChains(x.client.sessionID, &secret)
	x.client.serverKey = &[box.KeySize]byte{9}
	x.router = x.client.receive
	x.sender = &SndQueue{ID: x.queue.ID}
	if alg != 0 {
		var err error
		x.sender.Key, err = NewKey(alg)
		must(t, err)
	}
	x.message = make([]byte, smp.DeliveredSize)
	plain := smp.AppendMessageBody(x.message[18:18], 1, false, x.body)
	must(t, box.PadInPlace(x.message[16:], len(plain)))
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &secret)
	box.Seal(x.message, (*[box.NonceSize]byte)(x.queue.ID), &subkey)
	return x
}

func (x *exchange) answered(r Response) { x.answers++ }

// send is Do and the writer up to the TLS record.
func (x *exchange) send(t testing.TB, done func(Response)) corrID {
	command := x.sender.Send(false, x.body)
	id := newCorrID()
	b, err := x.client.encodeBlock(&command, &id)
	must(t, err)
	x.client.pending.add(id, pending{entity: command.entity, done: done})
	must(t, x.client.agreement.send.SealBlock(b.data[blockStart:blockEnd], b.n))
	b.release()
	return id
}

// receive is the reader from the TLS record on. response appends a transmission's response.
func (x *exchange) receive(t testing.TB, id []byte, tag smp.ResponseTag) {
	content := append(x.block[18:18], 1, 0, 0)
	content = smp.AppendResponseHeader(content, x.client.version, nil, id, x.queue.ID)
	if tag == smp.RespMsg {
		content = smp.AppendMsg(content, smp.Msg{ID: x.queue.ID, Body: x.message})
	} else {
		content = smp.AppendOK(content)
	}
	n := len(content) - 3
	content[1], content[2] = byte(n>>8), byte(n)
	must(t, x.router.SealBlock(x.block, len(content)))
	must(t, x.client.handleBlock(x.block))
}

// TestHotPathAllocations counts the allocations of a command with its response, and of a message. Those of Ed25519 are the
// signature's own.
func TestHotPathAllocations(t *testing.T) {
	for _, test := range []struct {
		name string
		alg  box.Alg
		max  float64
	}{
		{"unauthorized", 0, 0},
		{"Ed25519", box.Ed25519, 1},
		{"X25519", box.X25519, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := newExchange(t, test.alg)
			done := x.answered
			round := func() {
				id := x.send(t, done)
				x.receive(t, id[:], smp.RespOK)
				x.receive(t, nil, smp.RespMsg)
			}
			round()
			if n := testing.AllocsPerRun(100, round); n > test.max && !raceDetector {
				t.Errorf("%v allocations", n)
			}
			if x.answers != x.events || x.answers < 100 {
				t.Errorf("%d answers, %d events", x.answers, x.events)
			}
		})
	}
}

func BenchmarkSend(b *testing.B) {
	for _, alg := range []box.Alg{0, box.Ed25519, box.X25519} {
		b.Run(alg.String(), func(b *testing.B) {
			x := newExchange(b, alg)
			done := x.answered
			b.ReportAllocs()
			for b.Loop() {
				id := x.send(b, done)
				x.client.pending.take(id)
			}
		})
	}
}

func BenchmarkReceiveMessage(b *testing.B) {
	x := newExchange(b, 0)
	b.ReportAllocs()
	for b.Loop() {
		x.receive(b, nil, smp.RespMsg)
	}
}
