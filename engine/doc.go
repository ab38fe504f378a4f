// Package engine is the router on the network: gnet event loops that own connections.
//
//	socket → loop: tls.Open in place → block chain opens in place → smp parses, no copy but one of the used content
//	       ──ring──▶ shard (looks up, verifies, applies, commits)
//	shard  ──inbox──▶ loop: packs replies into a block of the session → block chain seals → tls seals → one write
//
// A loop reads from all connections that are ready before it hands their commands to the shards. So drains are large when
// there is much to do, and commands share the cost of signatures, commits and wake-ups. Then the loop turns: it takes replies,
// seals and writes. After each hand-over, and every few blocks, it yields its processor, as shards and waiters get no other
// when all loops have input without end.
//
// A loop never waits for a shard without serving its own inbox, so that shards may wait for loops. Replies to one
// connection share blocks: a block is sealed when the loop turns, not when a reply comes. Responses keep the
// order in which the shards gave them; those of different shards interleave.
//
// Connections come from the acceptors that all routers share (../server/listen), which bound their number and that of one
// source. Each goes to the loop that has the fewest (accept.go). On ports for WebSockets, package ./websocket carries the
// blocks (webinput.go). On a port that a site shares, connections of browsers leave their loop for it (accept.go).
//
// Strangers can ask for expensive things: TLS key agreement and signatures, and the session key of the SMP hello. These run
// on a bounded pool of workers with a queue of its own (./workerpool), so that a storm of connections leaves established
// sessions their latency. A worker leaves its processor to loops and shards after each job. It waits a little while the shards
// are behind with what connected clients want. No worker waits for the disk: a goroutine of the shards finds the service of a
// certificate, or makes and stores it (service.go).
//
// Ownership:
//   - a session belongs to its loop; while busy is set, its handshake belongs to a worker. The table in session.go has its
//     buffers;
//   - a loop's fields belong to its event loop's goroutine, but for inbox, which shards fill, and relayed, which relay
//     sessions fill;
//   - an idle session holds no buffer: a record that is half read waits in gnet's, a block in a pooled one.
//
// A client's input may have to wait: its socket is not read then, and TCP holds the client back. backpressure.go has the
// reasons, one table and one set; backlog.go bounds what waits; ./socket leaves sockets of gnet unread.
//
// Limits have names (limits.go) and every closed connection has a named cause, which is also its counter (stats.go).
// Package ./counts has the statistics of the reference, which Router.Count fills.
// admission.go keeps the limits that operators set, but for the rate of commands, which is a reason to wait. halfread.go ends
// blocks and handshakes that are begun and not finished. stop.go ends a router.
//
// Forwarding has two sides here. The destination's (forwarded.go) opens RFWD and sends the command inside through the
// shards as any other. The proxy's (proxy.go) hands PFWD to the pool of relays in ./relay.
//
// engine imports its own sub-packages, shard and shard/ring, server/listen, server/crash, stage, smp, box and tls. The protocol is
// in ../smp, its behaviour in ../shard.
package engine
