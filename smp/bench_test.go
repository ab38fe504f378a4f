package smp

import (
	"maps"
	"slices"
	"testing"
)

// paths are the ways of the commands that make up the traffic, both ways, on both sides. Each must not allocate.
func paths(tb testing.TB) map[string]func() {
	const v = CurrentVersion
	g := newGen(tb)
	session, corr, entity := g.fill("", 32), g.fill("", 24), g.fill("", 24)
	authorized := func(command []byte) []byte {
		signed := AppendAuthorized(nil, nil, corr, entity, command)[1:]
		return AppendBatch(nil, AppendTransmission(nil, v, session, make([]byte, AuthEd25519), nil, signed))
	}
	send := authorized(AppendSend(nil, true, make([]byte, MaxBody(v))))
	ack := authorized(AppendAck(nil, entity))
	sub := authorized(AppendSub(nil))
	answer := func(response []byte) []byte {
		return AppendBatch(nil, append(AppendResponseHeader(nil, v, session, corr, entity), response...))
	}
	msg := answer(AppendMsg(nil, Msg{entity, make([]byte, DeliveredSize)}))
	ok, sok, quota := answer(AppendOK(nil)), answer(AppendSOK(nil, v, entity)), answer(AppendErr(nil, v, ErrQuota))
	buf, body := make([]byte, 0, 2*BlockSize), make([]byte, DeliveredSize)
	auth := make([]byte, AuthEd25519)
	var packer Packer

	serve := func(content []byte) func() {
		return func() {
			batch, _ := ParseBatch(content)
			t, _ := batch.Next()
			tr, _ := ParseTransmission(v, session, t)
			tag, params, _ := ParseCommand(v, tr.Command)
			if err := CheckCredentials(tag, len(tr.Auth) > 0, len(tr.EntityID) > 0); !err.IsZero() || tag.Party() == 0 {
				panic("bad command")
			}
			switch tag {
			case CmdSend:
				_, _ = ParseSend(params)
			case CmdAck:
				_, _ = ParseAck(params)
			}
		}
	}
	receive := func(content []byte) func() {
		return func() {
			batch, _ := ParseBatch(content)
			t, _ := batch.Next()
			tr, _ := ParseResponseTransmission(v, session, t)
			tag, params, err := ParseResponse(v, tr.Command)
			if !err.IsZero() || !CheckResponseEntity(tag, len(tr.EntityID) > 0).IsZero() {
				panic("bad response")
			}
			switch tag {
			case RespMsg:
				_, _ = ParseMsg(params)
			case RespSOK:
				_, _ = ParseSOK(params)
			}
		}
	}
	give := func(command func(b []byte) []byte) func() {
		return func() {
			packer.Reset(buf)
			signed := command(AppendAuthorized(buf[BlockSize:BlockSize], session, corr, entity, nil))[1+len(session):]
			packer.End(AppendTransmission(packer.Begin(), v, session, auth, nil, signed))
		}
	}
	return map[string]func(){
		"serve SEND":    serve(send),
		"serve ACK":     serve(ack),
		"serve SUB":     serve(sub),
		"receive MSG":   receive(msg),
		"receive OK":    receive(ok),
		"receive SOK":   receive(sok),
		"receive QUOTA": receive(quota),
		"give SEND":     give(func(b []byte) []byte { return AppendSend(b, true, body[:1000]) }),
		"give ACK":      give(func(b []byte) []byte { return AppendAck(b, entity) }),
		"give SUB":      give(AppendSub),
		"answer MSG": func() {
			packer.Reset(buf)
			b := AppendResponseHeader(packer.Begin(), v, session, nil, entity)
			packer.End(append(AppendMsgHeader(b, entity), body...))
		},
		"answer OK": func() {
			packer.Reset(buf)
			packer.End(AppendOK(AppendResponseHeader(packer.Begin(), v, session, corr, entity)))
		},
		"answer SOK": func() {
			packer.Reset(buf)
			packer.End(AppendSOK(AppendResponseHeader(packer.Begin(), v, session, corr, entity), v, nil))
		},
		"answer AUTH": func() {
			packer.Reset(buf)
			packer.End(AppendErr(AppendResponseHeader(packer.Begin(), v, session, corr, entity), v, ErrAuth))
		},
		"message body": func() {
			m := AppendMessageBody(buf, 1700000000, true, body[:MaxBody(v)])
			_, _ = ParseMessageBody(m)
		},
	}
}

func TestPathsDoNotAllocate(t *testing.T) {
	for name, path := range paths(t) {
		if n := testing.AllocsPerRun(100, path); n > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkPaths(b *testing.B) {
	all := paths(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				all[name]()
			}
		})
	}
}
