package engine

import "time"

// Limits of a connection.
const (
	// handshakeInput is how much may wait while a worker has the handshake before the socket does: a ClientHello has a few
	// hundred bytes, a client's certificate chain a few thousand; behind the latter there may be the client's hello and its
	// first commands. Where sockets cannot be told to wait, a connection with more is closed.
	handshakeInput = 32 << 10
	// outputPause is the unsent output at which a session's input is no longer taken: the size of a delivery window.
	outputPause = 256 << 10
	// askedLimit is how many commands of a session the shards may have before its input waits, until half of them are
	// answered. It bounds the blocks that wait in a shard, and what is on its way when a client does not read: with a block
	// of 255 more, each of which is answered with a block, less than outputLimit. A shard has enough to do with it, but for
	// one whose disk takes 100 ms: 2,500 commands of one connection a second.
	askedLimit = 256
	// inputLimit is the unread input at which a session is closed: 256 blocks. It is reached only where sockets cannot be
	// told to wait (backpressure.go), by a peer that sends without reading or too fast.
	inputLimit = 4 << 20
	// inputPeek is how much of the unread input is looked at at a time: more than one read of gnet, so that it usually is
	// all there is. Where sockets wait, hardly more is in memory.
	inputPeek = 128 << 10
	// outputLimit is the unsent output at which a session is closed, whatever its input.
	outputLimit = 16 << 20
	// backlogTotal bounds what waits of all clogged sessions, unsent and unread. Beyond it each may have outputPause, and
	// beyond twice as much none may have anything.
	backlogTotal = 512 << 20
	// stallLimit is how long a socket may take nothing of what waits before its session is closed.
	stallLimit = 5 * time.Minute
	// writeBlocks is how many blocks are given to the socket at a time; systems take up to 1,024 pieces.
	writeBlocks = 512
)

// Limits of what waits while a session has as many commands with other routers as it may have. Its input is not taken
// then.
const (
	// heldInput is the unread input at which such a session is closed: 1,000 forwarded messages. It takes inputLimit's place,
	// and is reached only where that is.
	heldInput = 16 << 20
	// heldTotal bounds that of all such sessions. Beyond it each may have inputPeek, and beyond twice as much none may
	// have anything.
	heldTotal = 512 << 20
	// defaultForwards is Config.ForwardsPerClient, that of the reference.
	defaultForwards = 32
)

// Timing of the loops.
const (
	// tick is how often a loop looks for connections that are late with their handshake or idle.
	tick = time.Second
	// drainTick is how often a loop looks whether clogged sockets have drained, while there are any: gnet does not tell.
	// While none of them takes anything it looks less and less often.
	drainTick    = 5 * time.Millisecond
	drainTickMax = 160 * time.Millisecond
	// ringWait is how long a loop naps between tries to put a batch into a full ring.
	ringWait = 20 * time.Microsecond
	// gatherLimit is how many blocks of commands a loop reads before it hands them to the shards and looks at replies: a
	// batch of signatures that is larger costs hardly less for each.
	gatherLimit = 64
	// yieldAfter is how many blocks a loop opens and seals before it lets others have its processor: a third of a millisecond
	// of work.
	yieldAfter = 8
	// lingerTime is how long a stopping router waits for its peers to close connections that it has taken leave of, and
	// flushTime is how long it waits for sockets to take what was answered.
	lingerTime = time.Second
	flushTime  = 5 * time.Second
	// lingerTick is how often it looks.
	lingerTick = 10 * time.Millisecond
)

// Defaults of Config, those of the reference.
const (
	defaultTLSTimeout       = 60 * time.Second
	defaultHandshakeTimeout = 120 * time.Second
	defaultInactiveTTL      = 6 * time.Hour
	defaultInactiveCheck    = time.Hour
)
