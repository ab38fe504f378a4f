package relay

import "time"

// Limits of what clients can have a proxy do.
const (
	// maxDials is how many attempts to connect may be under way: each takes a goroutine, a socket and at most
	// DialTimeout.
	maxDials = 1024
	// maxSessions bounds connections to relays. One that nobody uses makes room for a new one.
	maxSessions = 4096
	// maxRelays bounds the relays that are known, most of them as dead: some 500 bytes each.
	maxRelays = 1 << 14
	// maxWaiting is how many PRXY may wait for one attempt.
	maxWaiting = 1 << 14
	// maxUnanswered bounds the commands without an answer for one relay. When its socket is clogged, each holds a block of
	// 16 KiB.
	maxUnanswered = 4096
	// maxForwards bounds them for all relays: 256 MiB when all their sockets are clogged.
	maxForwards = 1 << 14
	// maxErrorText is how much of a relay's error is passed on. Only the text of a failed store is longer than some words.
	maxErrorText = 1024
)

// Times.
const (
	defaultDialTimeout    = 45 * time.Second // as the reference
	defaultCommandTimeout = 30 * time.Second // as the reference
	// idleTime is after how long without use a session is closed.
	idleTime = 30 * time.Minute
	// sweepTime is how often such sessions are looked for.
	sweepTime = time.Minute
	// minRetry and maxRetry bound the time for which a failure is remembered. It doubles with each failure.
	minRetry = time.Second
	maxRetry = time.Hour
)
