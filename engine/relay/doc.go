// Package relay is a router's side towards other routers while it is a proxy: sessions with them, shared by all of its
// clients (section "Proxy" of the SMP specification).
//
//	PRXY ─▶ Connect: address ─▶ relay ─▶ connected: PKEY at once
//	                                     connecting: wait with the others, one attempt serves all
//	                                     failed: the remembered error, until its time is over
//	PFWD ─▶ Forward: session ID ─▶ session ─▶ client.Client: RFWD … RRES ─▶ PRES
//
// A relay is an address value: all its hosts, port and fingerprint. It has one session, made by a goroutine that stays
// with it until it ends. A destination that cannot be reached, or ends its sessions without ever having answered, is not
// tried again for a second, then two, up to an hour; the log has one line when that begins and one when it ends.
//
// Everything that strangers can ask for is bounded (limits.go): attempts under way, sessions, remembered relays, commands
// without an answer for a relay and in all, and the time that each takes. What exceeds a bound is answered with the
// protocol's error for a relay that does not answer in time.
//
// How requests end is counted as the reference does, those to the operator's own relays apart as well (outcomes.go).
//
// Ownership: Pool.mu guards the maps and the fields of relays; sessions are immutable but for their atomics. Callbacks
// run on the caller's goroutine or on one of the pool's, with no lock held, and must not block.
//
// The package imports smp/client, smp, box and server/crash; nothing of the engine.
package relay
