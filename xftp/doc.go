// Package xftp is the XFTP protocol as data: blocks, commands, responses, errors, hellos and the sizes of packets, for
// versions 1 to 3. It follows the protocol document (protocol/xftp.md of the reference) and its implementation where
// they differ. It does no I/O and imports smp (primitives, addresses) and box (keys, authorization).
//
// Clients speak HTTP/2 over TLS 1.3 with ALPN "xftp/1". Every request is a POST whose body begins with one block of
// 16,384 bytes; the body of FPUT and of a FILE response goes on with the packet.
//
//	hello     client → empty body (web clients: header xftp-web-hello, a challenge)
//	          router → pad( versions ‖ session ID ‖ chain ‖ signed X25519 key ‖ proof )
//	          client → pad( version ‖ key hash )
//	          router → empty body
//	          any fault: pad( "HANDSHAKE" or "SESSION" ), a bare word
//	command   pad( 01 ‖ u16 n ‖ transmission )                                     both directions
//	          transmission = short auth ‖ short sessionID ‖ short corrID ‖ short entityID ‖ command
//	          auth covers everything after itself
//	pad       u16 length ‖ content ‖ '#' up to 16,384 bytes
//
//	FNEW sndKey size digest rcvKeys password   → SIDS sndID rcvIDs   makes a packet's record
//	FADD rcvKeys                               → RIDS rcvIDs         adds recipients
//	FPUT                + packet               → OK                  uploads, once
//	FGET dhKey                                 → FILE dhKey nonce + encrypted packet + tag
//	FACK                                       → OK                  ends a recipient's access
//	FDEL                                       → OK                  deletes packet and record
//	PING                                       → PONG
//
// The rooms below: desc (file descriptions and links), sealed (the encrypted form of a file), packets (where a router
// keeps packets), router, client, storelog (records of the reference's router).
package xftp
