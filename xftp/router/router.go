package router

import (
	"context"
	stdtls "crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"switchyard/box"
	"switchyard/server/listen"
	"switchyard/xftp/packets"
)

//lint:file-ignore SA1019 net/http has this HTTP/2, too, but gives no access to the connection below it: here
// its credit and its end are ours.

// Router is an XFTP router.
type Router struct {
	cfg   Config
	store *packets.Store
	http  *http2.Server
	base  *http.Server // what HTTP/2 asks of HTTP/1
	Stats Stats

	settings atomic.Pointer[Settings] // those that hold; what is in cfg of them is what they began with

	verifiers sync.Pool // *box.Verifier
	buffers   sync.Pool // *[]byte of bufferSize
	small     sync.Pool // *[]byte of smallFrame
	large     sync.Pool // *[]byte of largeFrame
	downloads atomic.Int32
	traffic   traffic

	ready    chan struct{}
	draining atomic.Bool
	ctx      context.Context // ends when Stop begins
	stop     context.CancelFunc

	handshakes atomic.Int32 // of TLS, under way
	crowd      crowd
	pages      http.Handler

	mu        sync.Mutex
	listeners []net.Listener   // immutable once ready
	acceptor  *listen.Acceptor // nil until Run listens
	sessions  map[*session]struct{}
	conns     sync.WaitGroup // none is added once acceptor has stopped
	closed    bool           // Stop has begun
}

// bufferSize is what an upload is read and written by.
const bufferSize = 32 << 10

// maxReadFrame is the reference's: with its header such a frame of HTTP/2 fills two records of TLS. Larger ones would
// have to be held in memory as a whole.
const maxReadFrame = 32<<10 - 9

// maxHeader is how many bytes of header fields a request may have: those of native clients have none, browsers send
// hundreds.
const maxHeader = 16 << 10

// New makes a router. Run serves.
func New(cfg Config) (*Router, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Router{
		cfg:   cfg,
		store: cfg.Store,
		http: &http2.Server{
			MaxConcurrentStreams:         maxStreams,
			MaxReadFrameSize:             maxReadFrame,
			MaxUploadBufferPerStream:     cfg.UploadWindow,
			MaxUploadBufferPerConnection: max(1<<20-1, cfg.UploadWindow),
		},
		base:     &http.Server{ErrorLog: log.New(io.Discard, "", 0), MaxHeaderBytes: maxHeader},
		ready:    make(chan struct{}),
		sessions: make(map[*session]struct{}),
		traffic:  traffic{handshakes: newHandshakes()},
	}
	r.crowd = crowd{every: lookInterval, handshake: hurriedHandshake, idle: hurriedIdle, atEase: handshakesAtEase}
	if r.pages = http.NotFoundHandler(); cfg.Pages != nil {
		r.pages = cfg.Gate.Handler(cfg.Pages)
	}
	r.verifiers.New = func() any { return new(box.Verifier) }
	r.buffers.New = func() any { b := make([]byte, bufferSize); return &b }
	r.small.New = func() any { b := make([]byte, smallFrame); return &b }
	r.large.New = func() any { b := make([]byte, largeFrame); return &b }
	r.ctx, r.stop = context.WithCancel(context.Background())
	begun := cfg.Settings()
	r.settings.Store(&begun)
	r.Stats.begin(cfg.Now(), r.store.Usage)
	return r, nil
}

// Run listens and serves until Stop. It fails when it cannot listen.
func (r *Router) Run() error {
	listeners, err := listen.Open(r.cfg.Listen)
	if err != nil {
		return err
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		listen.Close(listeners)
		return nil
	}
	r.listeners = listeners
	r.acceptor = r.cfg.Gate.Accept(listeners, func(c net.Conn, s *listen.Source) error {
		r.conns.Go(func() { r.serve(c, s) })
		return nil
	})
	r.mu.Unlock()
	close(r.ready)
	var running sync.WaitGroup
	running.Go(r.expire)
	running.Go(r.lookAfter)
	running.Wait()
	<-r.ctx.Done()
	return nil
}

// Ready is closed when the router listens.
func (r *Router) Ready() <-chan struct{} { return r.ready }

// Addrs is where it listens, once it is Ready.
func (r *Router) Addrs() (addrs []net.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.listeners {
		addrs = append(addrs, l.Addr())
	}
	return addrs
}

// Drain has the router take no new connections any more. Those that there are stay until they end, or the router does.
func (r *Router) Drain() {
	r.draining.Store(true)
	select {
	case <-r.ready:
	case <-r.ctx.Done():
		return
	}
	r.mu.Lock()
	acceptor := r.acceptor
	r.mu.Unlock()
	acceptor.Stop()
}

// Draining tells that the router takes no new connections.
func (r *Router) Draining() bool { return r.draining.Load() }

// Stop stops listening, lets requests under way end until ctx does, and closes the connections.
func (r *Router) Stop(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	acceptor := r.acceptor
	r.mu.Unlock()
	r.stop()
	if acceptor != nil {
		acceptor.Stop()
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for r.busy() && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	r.mu.Lock()
	for s := range r.sessions {
		s.close(listen.CauseStop)
	}
	r.mu.Unlock()
	r.conns.Wait()
	return ctx.Err()
}

func (r *Router) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sessions {
		if s.active.Load() > 0 {
			return true
		}
	}
	return false
}

// pause waits, and tells whether the router goes on.
func (r *Router) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}

// serve serves a connection to its end.
func (r *Router) serve(raw net.Conn, source *listen.Source) {
	defer raw.Close()
	limitSending(raw)
	s := &session{raw: raw, begun: r.cfg.Now()}
	defer func() { r.cfg.Gate.Leave(source, *s.why.Load()) }()
	if !r.enter(s) {
		s.end(listen.CauseStop)
		return
	}
	defer r.leave(s)
	r.handshakes.Add(1)
	err := r.handshake(s)
	r.handshakes.Add(-1)
	r.traffic.shaken(s, err)
	if err != nil {
		s.end(causeOfHandshake(err))
		if r.settings.Load().LogTLSErrors {
			r.cfg.Log.Info("TLS handshake failed", "cause", err)
		}
		return
	}
	var conn net.Conn
	if web, ok := s.conn.Conn.(*stdtls.Conn); ok {
		conn = judged{s.conn, web}
	} else {
		conn = &creditor{Conn: s.conn, worth: uint32(r.cfg.UploadWindow) / 2}
	}
	r.http.ServeConn(conn, &http2.ServeConnOpts{
		Context:    context.WithValue(context.Background(), sessionKey{}, s),
		BaseConfig: r.base,
		Handler:    http.HandlerFunc(r.request),
	})
	s.end(listen.CausePeer)
}

func (r *Router) enter(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.sessions[s] = struct{}{}
	}
	return !r.closed
}

func (r *Router) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sessions, s)
	s.forget()
}

// expire deletes old packets, at once and then every ExpireCheck.
func (r *Router) expire() {
	for r.cfg.FileTTL > 0 {
		err := r.store.Expire(r.ctx, r.cfg.FileTTL, func() { r.Stats.Expired.Add(1) })
		if err != nil && r.ctx.Err() == nil {
			r.cfg.Log.Error("cannot expire packets", "cause", cause(err))
		}
		if !r.pause(r.cfg.ExpireCheck) {
			return
		}
	}
}
