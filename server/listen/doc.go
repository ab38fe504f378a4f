// Package listen lets clients in: what the routers do with connections before it matters which protocol they speak.
//
//	Open ─▶ listeners ─▶ Acceptor ─▶ Gate: as many as there may be? as many of this source? ─▶ the router
//	                        │ error: it pauses, and says so at most once a minute
//	                        └─ from a proxy: its PROXY header is read beside, and names the address that counts
//
// A Gate bounds connections: their number, so that files are left for the store, and that of one source, which is a prefix
// of addresses. It lends files to requests that need one beside their connection's. And it counts connections, with a named cause for each
// that was closed and for what was refused on those that stay (cause.go). All listeners of a router share one. What a source has used up outlives its connections (source.go). Rates are
// kept by a TokenBucket, a bucket in one number (tokenbucket.go).
//
// An Acceptor gives connections to a router; a Listener is the same for servers of the standard library. Where both share a
// port, the router reads what comes first, and hands over what is not its own (handed.go). A connection from a proxy has a goroutine until its header is read (proxied.go), so that no acceptor waits for it; others have none.
//
// Gate and Acceptor may be used by several goroutines at a time; a Source belongs to the Gate, which alone looks inside; a
// TokenBucket belongs to its owner. What a Gate decides by may be changed while it runs. The package imports server/crash only,
// and knows no protocol but the PROXY header's, and no event loop.
package listen
