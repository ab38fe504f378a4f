package client

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// signedByService is a command that the reference has authorized with a queue's key and a service's.
type signedByService struct {
	Version    smp.Version `json:"version"`
	SessionID  hexBytes    `json:"session_id"`
	CorrID     hexBytes    `json:"corr_id"`
	EntityID   hexBytes    `json:"entity_id"`
	Command    hexBytes    `json:"command"`
	PrivateKey hexBytes    `json:"private_key"`
	ServerKey  hexBytes    `json:"server_session_public"`
	ServiceKey hexBytes    `json:"service_private"`
	CertHash   hexBytes    `json:"service_cert_hash"`
	Sent       hexBytes    `json:"sent"`
}

func TestServiceSignatureVectors(t *testing.T) {
	for _, v := range readVectors[signedByService](t, "servicesigned.json.gz") {
		key, err := ParseKey(v.PrivateKey)
		must(t, err)
		own, err := ParseKey(v.ServiceKey)
		must(t, err)
		serverKey, err := box.ParseX25519(v.ServerKey)
		must(t, err)
		to := peer{v.Version, v.SessionID, &serverKey, &serviceSession{fingerprint: [32]byte(v.CertHash), key: own}}
		command := Command{tag: smp.CmdSub, key: key, entity: v.EntityID}
		if string(v.Command) == "NSUB" {
			command = NSub(key, v.EntityID)
		}
		sent, err := to.appendTransmission(nil, &command, v.CorrID)
		must(t, err)
		if !bytes.Equal(sent, v.Sent) {
			t.Errorf("version %d, %s\n%x\nwant\n%x", v.Version, v.Command, sent, v.Sent)
		}
	}
}

// A certificate is as the reference's: one that a router accepts, with nothing but a name in it.
func TestNewServiceCertificate(t *testing.T) {
	pair, err := NewServiceCertificate("name", time.Now())
	must(t, err)
	must(t, tls.VerifyClientChain(pair.Chain, time.Now()))
	if scheme, err := tls.CertificateScheme(pair.Chain[0]); err != nil || scheme != tls.Ed25519 || len(pair.Chain) != 1 {
		t.Error(scheme, err)
	}
	other, err := NewServiceCertificate("name", time.Now())
	must(t, err)
	if bytes.Equal(other.Chain[0], pair.Chain[0]) {
		t.Error("two services have one certificate")
	}
}

func TestServiceReplies(t *testing.T) {
	block := func(content []byte) []byte {
		b, err := box.Pad(nil, content, smp.BlockSize)
		must(t, err)
		return b
	}
	s := new(serviceSession)
	must(t, s.admitted(block(smp.AppendServiceReply(nil, smp.ServiceReply{ServiceID: []byte("id")}))))
	if string(s.id) != "id" {
		t.Errorf("ID %q", s.id)
	}
	refused := s.admitted(block(smp.AppendServiceReply(nil, smp.ServiceReply{Err: smp.TransportBadService})))
	if !errors.Is(refused, ErrServiceRefused) || !errors.Is(refused, smp.TransportBadService) {
		t.Error(refused)
	}
	for content, want := range map[string]error{"": smp.TransportParse, "X": smp.TransportParse, "EHANDSHAKE": smp.TransportParse, "R\x05ab": smp.TransportParse} {
		if err := s.admitted(block([]byte(content))); !errors.Is(err, want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if err := s.admitted(bytes.Repeat([]byte{0xff}, smp.BlockSize)); !errors.Is(err, smp.TransportBlock) {
		t.Error(err)
	}
}
