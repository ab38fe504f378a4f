package smp

import "testing"

const rounds = 20 // random values of each kind at each version

// Every command at every version comes back as it went, is refused when it is cut anywhere or has a byte too many, and
// what is not refused has a reason: a field that runs to the end.
func TestCommandRoundTrip(t *testing.T) {
	g := newGen(t)
	allVersions(MinVersion, CurrentVersion+1, func(v Version) {
		for tag := CmdNew; tag <= CmdRfwd; tag++ {
			for range rounds {
				b, tail := g.command(tag, v)
				got, params, err := ParseCommand(v, b)
				if got != tag || !err.IsZero() {
					t.Fatalf("%s at version %d: %v, %v\n%x", tag, v, got, err, b)
				}
				eq(t, tag.String(), reencodeCommand(t, v, tag, params), b)
				for n := range b {
					cut, _, err := ParseCommand(v, b[:n])
					if err.IsZero() && n < len(b)-tail && bareCommands[string(b[:n])] == nil { // SUB in SUBS
						t.Fatalf("%s at version %d: %s in %d of %d bytes\n%x", tag, v, cut, n, len(b), b)
					} else if !err.IsZero() && (n >= len(b)-tail || err != ErrCmdUnknown && err != ErrCmdSyntax) {
						t.Fatalf("%s at version %d: %v in %d of %d bytes\n%x", tag, v, err, n, len(b), b)
					}
				}
				for _, extra := range []byte{0, ' ', 'T'} {
					if _, _, err := ParseCommand(v, append(b, extra)); err.IsZero() && !takesRest(tag) {
						t.Fatalf("%s at version %d: read with a byte %#x behind it\n%x", tag, v, extra, b)
					}
				}
			}
		}
	})
}

func takesRest(tag CommandTag) bool { return tag == CmdSend || tag == CmdPfwd || tag == CmdRfwd }

func TestResponseRoundTrip(t *testing.T) {
	g := newGen(t)
	allVersions(MinVersion, CurrentVersion+1, func(v Version) {
		for tag := RespIDs; tag <= RespErr; tag++ {
			for range rounds {
				b, tail := g.response(tag, v)
				got, params, err := ParseResponse(v, b)
				if !err.IsZero() {
					t.Fatalf("%s at version %d: %v\n%x", tag, v, err, b)
				}
				if downgraded := tag == RespSOK && got == RespOK || tag == RespDeld && got == RespEnd; got != tag && !downgraded {
					t.Fatalf("%s at version %d was read as %s", tag, v, got)
				}
				eq(t, tag.String(), reencodeResponse(t, v, got, params), b)
				for n := range b {
					_, _, err := ParseResponse(v, b[:n])
					if err.IsZero() && n < len(b)-tail && !shorterResponse(string(b[:n])) {
						t.Fatalf("%s at version %d: read %d of %d bytes\n%q", tag, v, n, len(b), b)
					} else if !err.IsZero() && n >= len(b)-tail {
						t.Fatalf("%s at version %d: %v in %d of %d bytes\n%x", tag, v, err, n, len(b), b)
					}
				}
			}
		}
	})
}

// shorterResponse tells the responses that others begin with.
func shorterResponse(s string) bool {
	e, ok := ParseError([]byte(s[min(len(s), len("ERR ")):]))
	switch {
	case s == "END": // in ENDS
		return true
	case !ok:
		return false
	}
	return e.code == errBlock || e.code == errBlocked && !e.notice.Present // in BLOCKED; before the notice
}

func TestHelloRoundTrip(t *testing.T) {
	g := newGen(t)
	allVersions(MinVersion, CurrentVersion+1, func(v Version) {
		for range rounds {
			certKey := g.certKey()
			h := ServerHello{VersionRange{MinVersion, v}, g.bytes(48), &certKey}
			b := AppendServerHello(nil, &h)
			got, ok := ParseServerHello(b)
			if eq(t, "router hello", AppendServerHello(nil, &got), b); !ok {
				t.Errorf("hello %x", b)
			}
			c := ClientHello{Version: v, KeyHash: g.bytes(32), Proxy: g.flip()}
			if g.flip() {
				c.PublicKey = g.dhKey()
			}
			if g.flip() {
				c.Service = &ServiceHello{[]ServiceRole{RoleMessaging, RoleNotifier, RoleProxy}[g.IntN(3)], certKey}
			}
			b = AppendClientHello(nil, &c)
			back, ok := ParseClientHello(b)
			if eq(t, "client hello", AppendClientHello(nil, &back), b); !ok {
				t.Errorf("client hello %x", b)
			}
			if v < VersionProxyServer { // the end of the hello is optional
				continue
			}
			for n := range b {
				if _, ok := ParseClientHello(b[:n]); ok {
					t.Fatalf("client hello of version %d: read %d of %d bytes", v, n, len(b))
				}
			}
		}
	})
}

func TestTransmissionRoundTrip(t *testing.T) {
	g := newGen(t)
	session := g.fill("", 32)
	allVersions(MinVersion, CurrentVersion+1, func(v Version) {
		for range rounds {
			auth := make([]byte, []int{0, AuthEd25519, AuthX25519, AuthEd448}[g.IntN(4)])
			var sig []byte
			if g.flip() {
				sig = make([]byte, ServiceSigSize)
			}
			command, _ := g.command(CmdNew+CommandTag(g.IntN(int(CmdRfwd))), v)
			signed := AppendAuthorized(nil, nil, g.bytes(MaxShort), g.bytes(MaxShort), command)[1:]
			b := AppendTransmission(nil, v, session, auth, sig, signed)
			tr, err := ParseTransmission(v, session, b)
			if !err.IsZero() {
				t.Fatalf("version %d: %v\n%x", v, err, b)
			}
			again := AppendAuthorized(nil, nil, tr.CorrID, tr.EntityID, tr.Command)[1:]
			eq(t, "transmission", AppendTransmission(nil, v, session, tr.Auth, tr.ServiceSig, again), b)
			checkCut(t, v, session, b, len(command))
		}
	})
}

func TestEveryTagIsKnown(t *testing.T) {
	for tag := CmdNew; tag <= CmdRfwd; tag++ {
		if parseCommandTag([]byte(tag.String())) != tag || tag.Party() == 0 {
			t.Errorf("command %s", tag)
		}
		if parseResponseTag([]byte(tag.String())) != 0 {
			t.Errorf("command %s is a response as well", tag)
		}
	}
	for tag := RespIDs; tag <= RespErr; tag++ {
		if parseResponseTag([]byte(tag.String())) != tag {
			t.Errorf("response %s", tag)
		}
	}
	for _, s := range []string{"", "SUB=", "sub", "SUBX", "SU", "OK", "SUB SUB"} {
		if tag := parseCommandTag([]byte(s)); tag != 0 {
			t.Errorf("%q is command %s", s, tag)
		}
	}
}
