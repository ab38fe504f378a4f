package smp

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 draws one")

// gen draws the values of a test from one seed, which it logs.
type gen struct{ *rand.Rand }

func newGen(t testing.TB) gen {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed %d", seed)
	return gen{rand.New(rand.NewPCG(seed, 0))}
}

func (g gen) flip() bool { return g.IntN(2) == 0 }

// bytes draws up to most bytes, often none and often a space among them.
func (g gen) bytes(most int) []byte {
	b := make([]byte, g.IntN(most+1))
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	if len(b) > 0 && g.flip() {
		b[g.IntN(len(b))] = ' '
	}
	if g.IntN(4) == 0 {
		return b[:0]
	}
	return b
}

// maybe draws bytes or nil.
func (g gen) maybe(most int) []byte {
	if g.flip() {
		return nil
	}
	return g.bytes(most)
}

func (g gen) fill(prefix string, n int) []byte {
	b := append([]byte(prefix), make([]byte, n)...)
	for i := len(prefix); i < len(b); i++ {
		b[i] = byte(g.Uint32())
	}
	return b
}

func (g gen) dhKey() []byte { return g.fill(spkiX25519, 32) }

func (g gen) authKey() []byte {
	switch g.IntN(3) {
	case 0:
		return g.fill(spkiEd25519, 32)
	case 1:
		return g.fill(spkiEd448, 57)
	}
	return g.dhKey()
}

func (g gen) password() []byte {
	if g.flip() {
		return nil
	}
	return []byte("p4ss.w0rd")[:g.IntN(10)]
}

func (g gen) mode() QueueMode { return []QueueMode{ModeUnset, ModeMessaging, ModeContact}[g.IntN(3)] }

func (g gen) nkey() NKeyParams { return NKeyParams{g.authKey(), g.dhKey()} }

func (g gen) subs() ServiceSubs { return ServiceSubs{int64(g.Uint64()), g.bytes(16)} }

func (g gen) address() ServerAddress {
	hosts := []string{"smp.example.org", "abc.onion", "10.0.0.1", "2001:db8::1", "localhost"}
	g.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	return ServerAddress{Scheme: SchemeSMP, KeyHash: [32]byte(g.fill("", 32)), Hosts: hosts[:1+g.IntN(3)],
		Port: []string{"", "5223", "443"}[g.IntN(3)]}
}

func (g gen) certKey() CertKey {
	c := CertKey{Chain: make([][]byte, 1+g.IntN(4)), SignedKey: g.bytes(200)}
	for i := range c.Chain {
		c.Chain[i] = g.bytes(600)
	}
	return c
}

func (g gen) new() *NewParams {
	p := &NewParams{AuthKey: g.authKey(), DHKey: g.dhKey(), BasicAuth: g.password(), Subscribe: g.flip(), Mode: g.mode(),
		HasLink: g.flip(), LinkID: g.bytes(24), SenderID: g.bytes(24), Fixed: g.bytes(300), User: g.bytes(300)}
	if p.HasNtf = g.flip(); p.HasNtf {
		p.Ntf = g.nkey()
	}
	return p
}

// command draws a command; tail is how many bytes at its end belong to a field that takes all the rest.
func (g gen) command(tag CommandTag, v Version) (b []byte, tail int) {
	rest := g.bytes(500)
	switch tag {
	case CmdNew:
		return AppendNew(nil, v, g.new()), 0
	case CmdSubs:
		return AppendSubs(nil, v, g.subs()), 0
	case CmdNSubs:
		return AppendNSubs(nil, v, g.subs()), 0
	case CmdKey:
		return AppendKey(nil, g.authKey()), 0
	case CmdSKey:
		return AppendSKey(nil, g.authKey()), 0
	case CmdLKey:
		return AppendLKey(nil, g.authKey()), 0
	case CmdRKey:
		return AppendRKey(nil, slices.Repeat([][]byte{g.authKey(), g.authKey()}, 1+g.IntN(5))...), 0
	case CmdLSet:
		return AppendLSet(nil, LinkParams{g.bytes(24), g.bytes(300), g.bytes(300)}), 0
	case CmdNKey:
		return AppendNKey(nil, g.nkey()), 0
	case CmdAck:
		return AppendAck(nil, g.bytes(24)), 0
	case CmdSend:
		return AppendSend(nil, g.flip(), rest), len(rest)
	case CmdPrxy:
		return AppendPRXY(nil, &PRXYParams{g.address(), g.password()}), 0
	case CmdPfwd:
		return AppendPFWD(nil, PFWDParams{Version(g.Uint32()), g.dhKey(), rest}), len(rest)
	case CmdRfwd:
		return AppendRFWD(nil, rest), len(rest)
	}
	return bareCommands[tag.String()](nil), 0
}

// response draws a response like command.
func (g gen) response(tag ResponseTag, v Version) (b []byte, tail int) {
	rest := g.bytes(500)
	switch tag {
	case RespIDs:
		p := &IDs{RecipientID: g.bytes(24), SenderID: g.bytes(24), DHKey: g.dhKey(), Mode: g.mode(), LinkID: g.maybe(24),
			ServiceID: g.maybe(24), HasNtf: g.flip(), Ntf: NID{g.bytes(24), g.dhKey()}}
		return AppendIDs(nil, v, p), 0
	case RespLnk:
		return AppendLnk(nil, Lnk{g.bytes(24), g.bytes(300), g.bytes(300)}), 0
	case RespSOK:
		return AppendSOK(nil, v, g.maybe(24)), 0
	case RespSOKs:
		return AppendSOKs(nil, v, g.subs()), 0
	case RespEnds:
		return AppendEnds(nil, v, g.subs()), 0
	case RespMsg:
		return AppendMsg(nil, Msg{g.bytes(24), rest}), len(rest)
	case RespNID:
		return AppendNID(nil, NID{g.bytes(24), g.dhKey()}), 0
	case RespNMsg:
		return AppendNMsg(nil, &NMsg{[24]byte(g.fill("", 24)), g.bytes(144)}), 0
	case RespPKey:
		return AppendPKey(nil, &PKey{g.bytes(48), VersionRange{8, Version(8 + g.IntN(10))}, g.certKey()}), 0
	case RespRRes:
		return AppendRRes(nil, rest), len(rest)
	case RespPRes:
		return AppendPRes(nil, rest), len(rest)
	case RespInfo:
		p := &Info{g.flip(), g.flip(), &InfoSub{SubThreadPending, g.maybe(24)}, g.IntN(200), nil}
		if g.flip() {
			p.Msg = &InfoMsg{g.bytes(24), time.Unix(g.Int64N(1<<33), g.Int64N(1e9)), InfoMessage}
		}
		return AppendInfo(nil, p), 0
	case RespErr:
		e := g.error()
		if e.code == errStore {
			tail = len(e.text)
		}
		return AppendErr(nil, v, e), tail
	case RespDeld:
		return AppendDeld(nil, v), 0
	}
	return bareResponses[tag.String()](nil), 0
}

func (g gen) error() Error {
	e := Error{code: errBlock + errorCode(g.IntN(int(errTransport)))}
	switch e.code {
	case errBlocked:
		e.detail = uint8(g.IntN(len(blockReasons)))
		if g.flip() {
			e.notice = Notice{Present: true, HasTTL: true, TTL: int64(g.Uint64())}
		}
	case errStore, errResponse, errUnexpected:
		e.text = string(g.bytes(100))
	case errTransport:
		e.detail = 1 + uint8(g.IntN(int(TransportBadService)))
	}
	for e.relayed < maxRelayed && g.IntN(3) == 0 {
		e = ErrProxyProtocol(e)
	}
	return e
}
