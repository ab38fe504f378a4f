// Package tls is TLS 1.3 (RFC 8446) in the profile of the SimpleX network, as a state machine without I/O and with a
// net.Conn face on top. It knows nothing of SMP; of ours it imports box, for X25519 and ChaCha20-Poly1305.
//
// The profile:
//
//	cipher suites  TLS_CHACHA20_POLY1305_SHA256 (preferred), TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384
//	groups         X448 (preferred), X25519, either by HelloRetryRequest
//	signatures     Ed448, Ed25519, in certificates and in CertificateVerify
//	also           ALPN, SNI, optional client certificate, compatibility mode, KeyUpdate both ways, close_notify, alerts
//	not            resumption, PSK, 0-RTT (it is skipped as the RFC asks), post-handshake authentication, TLS 1.2
//
// # The handshake
//
//	Client                                                    Server
//	Advance(nil)   ClientHello              -------->
//	                                        <--------  [HelloRetryRequest]  Advance
//	Advance        [ClientHello]            -------->
//	                                                   ServerHello          Advance
//	                                                   {EncryptedExtensions}
//	                                                   {CertificateRequest*}
//	                                                   {Certificate}
//	                                                   {CertificateVerify}
//	                                        <--------  {Finished}
//	Advance        {Certificate*}
//	               {CertificateVerify*}
//	               {Finished}               -------->                       Advance
//	HandshakeDone                                                           HandshakeDone
//	Seal, Open     [Application Data]       <------->  [Application Data]   Open, Seal
//
// Each Advance of the picture is one call that does all the asymmetric work of that flight, so that a caller can run it
// on a pool of workers. Each side also sends one change_cipher_spec, and drops those of the other (compatibility mode).
//
// # Who owns what
//
// A Conn has no goroutine, no lock and no socket. Whoever calls it owns it until the call returns; a NetConn guards its
// own with a lock. Input buffers stay with the caller, and are overwritten: records are opened in place. Output is
// appended to buffers of the caller. When the handshake is done, its state (transcript, key shares, hellos) is dropped,
// and a Conn keeps two AEADs, two traffic secrets, the session identifier and the peer's chain.
//
// # Reading order
//
// The files follow RFC 8446: client_hello.go, server_hello.go and extensions.go (4.1, 4.2), encrypted_extensions.go
// (4.3), authentication.go (4.4), post_handshake.go (4.6), record.go (5), alert.go (6), keyschedule.go (7);
// server.go and client.go are the state machines (Appendix A), certificate.go, verify.go and issue.go the X.509 part.
package tls
