package site

import (
	"crypto"
	stdtls "crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/server/crash"
	"switchyard/server/identity"
)

// lookEvery is how often a handshake looks whether the files have changed.
const lookEvery = 2 * time.Second

// Certificate is the certificate for browsers: whatever package crypto/tls takes. Its files are read again when they change; a
// pair that cannot be used is logged once, and the one before stays.
type Certificate struct {
	// Immutable.
	cert, key string
	log       *slog.Logger
	signing   chan struct{} // has room for the signatures that may be made at a time

	current atomic.Pointer[stdtls.Certificate] // nil: there is none yet
	looked  atomic.Int64                       // time of the last look, in nanoseconds

	mu     sync.Mutex
	seen   stamp // of the files that were read last
	broken bool  // they could not be used
}

// stamp tells files from those that were there before.
type stamp [2]struct {
	size    int64
	mode    fs.FileMode
	changed time.Time
}

// errNoFiles says that a file is missing.
var errNoFiles = errors.New("the certificate for browsers: there is no such file")

// OpenCertificate reads a certificate chain and its key, and says who else can read the key. That there is no such file is no
// fault: until there is, Ready says false.
func OpenCertificate(cert, key string, log *slog.Logger) (c *Certificate, exposed string, err error) {
	c = &Certificate{cert: cert, key: key, log: log, signing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	c.looked.Store(time.Now().UnixNano())
	if exposed, err = identity.CheckKey(key); err != nil {
		return nil, "", err
	}
	now, err := c.stamp()
	if errors.Is(err, errNoFiles) {
		return c, exposed, nil
	}
	if err != nil {
		return nil, "", err
	}
	pair, err := c.read()
	c.seen = now
	c.current.Store(pair)
	return c, exposed, err
}

// Missing names the file that is not there, empty when both are.
func (c *Certificate) Missing() string {
	for _, name := range []string{c.cert, c.key} {
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// Ready tells whether there is a certificate.
func (c *Certificate) Ready() bool {
	if c.current.Load() != nil {
		return true
	}
	if c.due() {
		go func() { // the disk may be slow, and who asks is not
			defer crash.Report()
			c.look()
		}()
	}
	return false
}

// Current is the certificate, nil while there is none.
func (c *Certificate) Current() *stdtls.Certificate {
	if c.due() {
		c.look()
	}
	return c.current.Load()
}

// Config is what servers of the site speak TLS with.
func (c *Certificate) Config() *stdtls.Config {
	return &stdtls.Config{MinVersion: stdtls.VersionTLS12, GetCertificate: func(*stdtls.ClientHelloInfo) (*stdtls.Certificate, error) {
		if current := c.Current(); current != nil {
			return current, nil
		}
		return nil, errNoFiles
	}}
}

// due tells whether it is time for a look, to one of those who ask.
func (c *Certificate) due() bool {
	now, last := time.Now().UnixNano(), c.looked.Load()
	return now-last >= int64(lookEvery) && c.looked.CompareAndSwap(last, now)
}

// look reads the files if they are others than before.
func (c *Certificate) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := c.stamp()
	if err != nil || now == c.seen {
		return // a file that is missing is being replaced
	}
	pair, err := c.read()
	if c.seen, c.broken = now, err != nil; c.broken {
		c.log.Error("the certificate for browsers cannot be used, and the one before stays", "cause", err)
		return
	}
	c.take(pair)
}

// take has new connections shown a pair.
func (c *Certificate) take(pair *stdtls.Certificate) {
	c.current.Store(pair)
	c.log.Info("browsers are shown another certificate", "file", c.cert, "expires", pair.Leaf.NotAfter)
}

// Next reads the files now, and change takes over what they have. The error says why they cannot be used; the certificate before
// stays then. That there are none is no fault as long as there was none.
func (c *Certificate) Next() (change func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, err := c.stamp()
	switch {
	case errors.Is(err, errNoFiles) && c.current.Load() == nil, err == nil && now == c.seen && !c.broken:
		return func() {}, nil
	case err != nil:
		return nil, err
	}
	pair, err := c.read()
	if err != nil {
		return nil, err
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen, c.broken = now, false
		c.take(pair)
	}, nil
}

func (c *Certificate) stamp() (s stamp, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return s, fmt.Errorf("%w: %s", errNoFiles, name)
		case err != nil:
			return s, c.fault(err)
		}
		s[i].size, s[i].mode, s[i].changed = info.Size(), info.Mode(), info.ModTime()
	}
	return s, nil
}

func (c *Certificate) read() (*stdtls.Certificate, error) {
	if _, err := identity.CheckKey(c.key); err != nil {
		return nil, err
	}
	pair, err := stdtls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, c.fault(err)
	}
	if signer, ok := pair.PrivateKey.(crypto.Signer); ok {
		pair.PrivateKey = &queuedSigner{signer, c.signing}
	}
	return &pair, nil
}

// fault names the setting; an error of crypto/tls does not always name the file.
func (c *Certificate) fault(err error) error {
	return fmt.Errorf("the certificate for browsers: %s and %s: %w; correct cert and key in section [%s] of the ini", c.cert, c.key, err, section)
}

// queuedSigner signs for few handshakes at a time: strangers ask for signatures, one of a large RSA key takes a processor
// milliseconds, and the router has other things to do.
type queuedSigner struct {
	crypto.Signer
	signing chan struct{}
}

func (s *queuedSigner) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	s.signing <- struct{}{}
	defer func() { <-s.signing }()
	return s.Signer.Sign(random, digest, o)
}
