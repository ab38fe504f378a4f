// Package smp is the SMP protocol, versions 6 to 19, as data: it encodes and parses everything that a client, a router
// and a proxy say to each other. It does no I/O, holds no keys and imports nothing of ours. Values are flat; what a
// parser returns aliases its input and lives as long as that; encoders append. Nothing here has state or locks, except
// that a Batch, KeyList or Packer belongs to one goroutine.
//
// Source: the protocol documents of SimpleX (simplex-messaging.md, transport.md) and, where they differ from it, the
// reference implementation. Every command, response and error text is in COMMANDS.md, generated from the tables here.
//
// # Notation
//
//	u8 u16 u32 i64   big-endian; i64 in two's complement; times are i64 Unix seconds
//	short(x)         u8 length, x           large(x)   u16 length, x         tail   all bytes that are left
//	bool             'T' | 'F'              maybe(x)   '0' | '1' x           range  u16 min, u16 max, min ≤ max
//	list(x)          u8 count ≥ 1, x …      key        short(SubjectPublicKeyInfo): Ed25519, Ed448 or X25519
//	dhKey            key, X25519 only       mode       'M' messaging (sender may secure) | 'C' contact
//	certKey          list(large(certificate)) large(signed key), leaf first
//	server           list(short(host)) short(port) short(fingerprint)
//
// # Blocks
//
// Below everything is TLS 1.3. On it, both sides send blocks of exactly 16384 bytes, as often as they like:
//
//	plain       u16 length | content ≤ 16382          | '#' filler
//	encrypted   tag 16     | { u16 length | content ≤ 16366 | '#' filler }
//
// The hellos are always plain. Later blocks are encrypted when the version is 11 or later, the client gave a key in
// its hello and is not a proxy. Each side then ratchets a chain key for every block (HKDF-SHA512; package box).
// A block that does not open or unpad is answered with ERR BLOCK without IDs, and the session goes on.
//
// # Hellos
//
//	router   range short(sessionID) [max ≥ 7: certKey]
//	client   u16 version short(fingerprint) [≥ 7: dhKey, optional] [≥ 14: bool proxy] [≥ 16: maybe(role certKey)]
//	router   'R' short(serviceID) | 'E' transportError            only when the client sent a service
//
// The session ID is the client's TLS Finished: 32 bytes. The router speaks first. The version is the largest in both
// ranges; without ALPN the router offers 6 alone. The signed key is an X25519 key signed by the TLS leaf certificate
// (in a service an Ed25519 key, for service signatures); the fingerprint is the SHA-256 of the second certificate.
// Roles are 'M' messaging, 'N' notifier, 'P' proxy. A router that dislikes a hello closes and says nothing; what
// follows a hello in its block is ignored.
//
// # Transmissions
//
//	content        u8 count 1…255 | count × large(transmission)       and not a byte more
//	transmission   short(authenticator) [svc] [version 6: short(sessionID)] short(corrID) short(entityID) command
//	svc            only when version ≥ 16 and the authenticator is not empty: maybe(short(64-byte service signature))
//	command        TAG [' ' parameters]
//
// The authenticator covers short(sessionID) short(corrID) short(entityID) command, at every version. Its length is its
// kind: 0 none, 64 Ed25519 signature, 114 Ed448 signature, 80 X25519: the crypto_box, with the nonce corrID and the
// router's session key, of the SHA-512 of those bytes. On a service session, NEW, SUB and NSUB carry both signatures,
// and the queue key's covers certificate hash (32 bytes) || those bytes. SUBS and NSUBS are signed by the service alone.
//
// Responses have an empty authenticator and echo corrID and entityID; events (MSG, NMSG, END, ENDS, DELD, ALLS and
// some ERR) have an empty corrID. The sum of 2 + length over the transmissions of a block is at most 16365, encrypted
// or not. The reference fills blocks from the last transmission to the first, so that the first block is the short one.
//
// # Errors of parsing
//
//	the content does not parse                            ERR BLOCK, no corrID, no entityID; once
//	a transmission does not                               ERR BLOCK, no corrID, no entityID; the others are served
//	authenticator of another length                       ERR BLOCK, corrID
//	version 6: another session ID                         ERR SESSION, corrID
//	unknown tag; bad parameters; credentials missing      ERR CMD …, corrID, entityID: ParseCommand, CheckCredentials
//
// # What is sealed
//
//	MSG body        16122   box of { i64 time, flags, ' ', body of SEND } or { "QUOTA ", i64 time }, padded to 16106
//	NMSG metadata     144   box of { short(msgID) i64 time }, padded to 128
//	body of SEND            u16 client version, maybe(dhKey), 24-byte nonce, box of the client's message
//	PFWD tail       16242   box of { content of one transmission for the relay }, padded to 16226
//	RFWD tail               box of { short(corrID of PFWD) u16 version dhKey, PFWD tail }, not padded
//	PRES tail       16242   box of { content of one response }, padded to 16226
//	RRES tail               box of { short(corrID of PFWD) PRES tail }, not padded
//
// A box is a 16-byte tag and XSalsa20 ciphertext; padding is u16 length, data, '#' filler. The nonce of MSG is the
// message ID, that of PFWD and RFWD their corrID, that of PRES and RRES the same 24 bytes in reverse. The body of SEND
// is at most 16048 bytes, 16064 at versions 8 to 10, 16088 before: MaxBody.
//
//go:generate go test -run ^TestCommandsPage$ -update .
package smp
