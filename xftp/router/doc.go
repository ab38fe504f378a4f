// Package router is the XFTP router: it listens, speaks TLS and HTTP/2 with its clients, and carries out their
// commands on a packets.Store. It follows protocol/xftp.md of the reference, and its implementation where they differ
// (facts: sections 1 to 4).
//
//	server/listen ─▶ ClientHello ─┬─ no SNI, or no web certificate ─▶ our tls ──────┐
//	                              └─ SNI and a web certificate ─────▶ crypto/tls ───┴─▶ HTTP/2 ─▶ request (request.go)
//
//	request ─┬─ OPTIONS, GET from the web ─▶ preflight, page
//	         ├─ before the hello is done ──▶ hello (hello.go)
//	         └─ command (command.go) ─▶ packets.Store, upload.go, download.go
//
// Bodies stream: an upload is hashed and written as it arrives, a download is read and encrypted as the client takes
// it; each holds a few buffers, whatever the size of the packet. Downloads are written by larger pieces while there are
// few of them (download.go), and credit for uploads goes out in few records (credit.go). Every request is read to its end
// before its response ends, and client and router wait for each other piece by piece, with a bound (transfer.go); who
// exceeds it is told by GOAWAY (leave.go). All requests of a connection together hold less than 8 MiB.
//
// Connections, and the files that their requests open, are bounded (files.go), and every connection that ends has a cause,
// as in the SMP router; those that do nothing make room in a crowd (crowd.go).
//
// # Who owns what
//
// Each connection has a goroutine of HTTP/2 and one more for each request under way. A session (state of a connection)
// has a lock, held only to look at or change it. Counters are atomic. The package imports xftp, xftp/packets, server/listen, server/statistics,
// box and tls.
package router
