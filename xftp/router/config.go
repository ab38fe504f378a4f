package router

import (
	stdtls "crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"switchyard/server/listen"
	"switchyard/tls"
	"switchyard/xftp/packets"
)

// Config of a router. KeyPair, Identity, Store and Listen are required.
type Config struct {
	Listen   []string                   // host:port
	KeyPair  *tls.KeyPair               // chain leaf first
	Identity [32]byte                   // fingerprint of the identity certificate
	Web      func() *stdtls.Certificate // of now, for browsers, which send SNI; nil, or without one: there are none
	Pages    http.Handler               // GET of browsers; nil: not found

	Store    *packets.Store
	NewFiles bool   // FNEW is allowed
	Password string // that FNEW must give; empty: none

	FileTTL     time.Duration // of packets; 0: they do not expire
	ExpireCheck time.Duration // between passes; DefaultExpireCheck when 0

	TLSTimeout    time.Duration // of the TLS handshake; DefaultTLSTimeout when 0
	UploadTimeout time.Duration // that a client may take to send the body of a request; DefaultUploadTimeout when 0
	PieceTimeout  time.Duration // of each piece of a body, 32 KiB at most, that a client sends or takes; DefaultPieceTimeout when 0
	InactiveTTL   time.Duration // a connection on which no request begins or moves for so long is closed; 0: never
	InactiveCheck time.Duration // between looks for such connections

	// UploadWindow is how many bytes of an upload may wait in memory when the disk is slow: the window of HTTP/2, so it
	// bounds too what one client with a long way sends in a round trip. DefaultUploadWindow when 0.
	UploadWindow int32

	Gate              *listen.Gate // decides on connections, as NewGate makes it; nil: one without limits but that of files
	CommandsPerSecond int          // of one connection; what comes faster waits; 0: no limit

	LogTLSErrors bool
	Log          *slog.Logger     // nil: nowhere
	Now          func() time.Time // nil: time.Now
}

// Defaults, those of the reference where it has them.
const (
	DefaultExpireCheck   = 2 * time.Hour
	DefaultTLSTimeout    = time.Minute
	DefaultUploadTimeout = 5 * time.Minute
	DefaultPieceTimeout  = time.Minute // the reference waits for ever
	DefaultUploadWindow  = 96 << 10    // with the buffer for writing an upload takes 128 KiB at most
)

// maxStreams is how many requests of a connection may be under way, as in the reference.
const maxStreams = 100

func (c Config) withDefaults() (Config, error) {
	if c.KeyPair == nil || c.Store == nil || len(c.Listen) == 0 {
		return c, errors.New("router: a key pair, a store and an address to listen on are required")
	}
	set(&c.ExpireCheck, DefaultExpireCheck)
	set(&c.TLSTimeout, DefaultTLSTimeout)
	set(&c.UploadTimeout, DefaultUploadTimeout)
	set(&c.PieceTimeout, DefaultPieceTimeout)
	set(&c.InactiveCheck, max(c.InactiveTTL, time.Second))
	set(&c.UploadWindow, DefaultUploadWindow)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Gate == nil {
		c.Gate = NewGate(listen.Limits{}, c.Log)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

func set[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
