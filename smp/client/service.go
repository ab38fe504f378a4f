package client

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// A client service is a client with a certificate: a router associates the queues that it creates or subscribes with it,
// and then one SUBS (or NSUBS, for a service of notifiers) subscribes all of them.

// ServiceCredentials open sessions of a service.
type ServiceCredentials struct {
	KeyPair *tls.KeyPair // certificate, whose fingerprint is the service's identity, and its key
	Role    smp.ServiceRole
}

// serviceValidFor is how long certificates of services are valid.
const serviceValidFor = 100 * 365 * 24 * time.Hour

// NewServiceCertificate makes a self-signed Ed25519 certificate with nothing but a name, as services of the reference
// have it.
func NewServiceCertificate(commonName string, now time.Time) (*tls.KeyPair, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(serviceValidFor),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		return nil, err
	}
	return &tls.KeyPair{Chain: [][]byte{der}, Key: private}, nil
}

// certificates are those of the TLS client.
func (s *ServiceCredentials) certificates() []*tls.KeyPair {
	if s == nil {
		return nil
	}
	return []*tls.KeyPair{s.KeyPair}
}

// least is the first version at which routers know services of the role.
func (s *ServiceCredentials) least() smp.Version {
	if s.Role == smp.RoleMessaging {
		return smp.VersionRcvService
	}
	return smp.VersionServiceCerts
}

// serviceSession is a session of a service.
type serviceSession struct {
	id          []byte
	role        smp.ServiceRole
	fingerprint [32]byte
	key         *Key // Ed25519, of this session
}

// newServiceSession makes a session and the part of the hello that opens it.
func newServiceSession(s *ServiceCredentials) (*serviceSession, *smp.ServiceHello, error) {
	key, err := NewKey(box.Ed25519)
	if err != nil {
		return nil, nil, err
	}
	signed, err := box.AppendSignedKey(nil, key.SPKI(), s.KeyPair.Sign)
	if err != nil {
		return nil, nil, err
	}
	session := &serviceSession{role: s.Role, fingerprint: tls.Fingerprint(tls.Identity(s.KeyPair.Chain)), key: key}
	return session, &smp.ServiceHello{Role: s.Role, CertKey: smp.CertKey{Chain: s.KeyPair.Chain, SignedKey: signed}}, nil
}

// admitted reads the router's answer to the hello of a service.
func (s *serviceSession) admitted(block []byte) error {
	content, err := box.Unpad(block)
	if err != nil {
		return smp.TransportBlock
	}
	reply, ok := smp.ParseServiceReply(content)
	switch {
	case !ok:
		return smp.TransportParse
	case reply.Err != 0:
		return fmt.Errorf("%w: %w", ErrServiceRefused, reply.Err)
	}
	s.id = append([]byte(nil), reply.ServiceID...)
	return nil
}

// signs tells the commands that the service signs beside the queue's key.
func (s *serviceSession) signs(command *Command) bool {
	if s == nil {
		return false
	}
	switch command.tag {
	case smp.CmdNew, smp.CmdSub, smp.CmdNSub:
		return true
	}
	return false
}

// serviceSignatureSize is that of '1' and the service's signature behind the authorization of the queue's key.
const serviceSignatureSize = 1 + 1 + box.Ed25519SignatureSize

// sign puts the service's signature of the covered bytes at its place.
func (s *serviceSession) sign(dst, covered []byte) {
	signature := s.key.private.Sign(covered)
	dst[0], dst[1] = '1', byte(len(signature))
	copy(dst[2:], signature)
}

// ServiceID is the ID of the service whose session this is, nil for other clients.
func (c *Client) ServiceID() []byte {
	if c.service == nil {
		return nil
	}
	return c.service.id
}

// SubscribeService subscribes all queues of the service (SUBS, NSUBS). expected is what the client believes they are;
// the answer is what the router has. What waits on them comes as events. When all messages have come that waited, so
// does an EventService with ALLS.
func (c *Client) SubscribeService(ctx context.Context, expected smp.ServiceSubs) (smp.ServiceSubs, error) {
	if c.service == nil {
		return smp.ServiceSubs{}, ErrNoService
	}
	command := Command{tag: smp.CmdSubs, key: c.service.key, entity: c.service.id, subs: &expected}
	if c.service.role == smp.RoleNotifier {
		command.tag = smp.CmdNSubs
	}
	r, err := c.Call(ctx, command)
	if err != nil {
		return smp.ServiceSubs{}, err
	}
	if r.Tag != smp.RespSOKs {
		return smp.ServiceSubs{}, &UnexpectedError{r.Tag}
	}
	got, ok := smp.ParseSOKs(c.version, r.Params)
	if !ok {
		return smp.ServiceSubs{}, ErrBadResponse
	}
	return got, nil
}

// Ended is what ENDS says: how many queues another session of the service has taken over, and their hash. ok is false
// for other events.
func (e *Event) Ended() (subs smp.ServiceSubs, ok bool) {
	if e.Tag != smp.RespEnds || e.Client == nil {
		return subs, false
	}
	return smp.ParseSOKs(e.Client.version, e.Params)
}

// NSub subscribes a notifier: SOK (OK before version 16).
func NSub(key *Key, notifierID []byte) Command {
	return Command{tag: smp.CmdNSub, key: key, entity: notifierID}
}
