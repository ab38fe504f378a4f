package engine

import (
	"errors"
	"testing"

	"switchyard/box"
	"switchyard/shard"
	"switchyard/smp"
)

// serviceVector is the hello of a service, and the answer of the reference.
type serviceVector struct {
	Version    smp.Version `json:"version"`
	Chain      []hexBytes  `json:"cert_chain"`
	CertHash   hexBytes    `json:"cert_hash"`
	Role       string      `json:"role"`
	ServiceID  hexBytes    `json:"service_id"`
	SessionKey hexBytes    `json:"session_key"`
	Hello      hexBytes    `json:"client_block"`
	Reply      hexBytes    `json:"reply_block"`
	Error      string      `json:"error"`
}

// Clients of the reference are admitted as services, and answered as the reference answers them.
func TestServiceHelloVectors(t *testing.T) {
	admitted := 0
	for i, v := range readVectors[serviceVector](t, "services.json.gz") {
		hello, ok := smp.ParseClientHello(v.Hello)
		if !ok || (hello.Service != nil) != (len(v.Reply) > 0) {
			t.Fatalf("vector %d: hello parses %v, service %v", i, ok, hello.Service != nil)
		}
		if hello.Service == nil {
			continue
		}
		admitted++
		var chain [][]byte
		for _, c := range v.Chain {
			chain = append(chain, c)
		}
		claim, fault := judgeService(chain, hello.Service)
		if claim == nil {
			t.Fatalf("vector %d: refused: %v", i, fault)
		}
		if string(claim.fingerprint[:]) != string(v.CertHash) || string(claim.role) != v.Role || string(claim.key.AppendSPKI(nil)) != string(v.SessionKey) {
			t.Errorf("vector %d: another service", i)
		}
		a := agreed{claim: claim}
		if v.Error != "" {
			a.admit(nil, errors.New("refused"))
		} else {
			a.admit(&shard.Service{ID: smp.ID(v.ServiceID)}, nil)
		}
		reply, err := box.Unpad(a.reply)
		if err != nil || string(reply) != string(v.Reply) || a.ok != (v.Error == "") || a.claim != nil {
			t.Errorf("vector %d: reply %x, want %x", i, reply, v.Reply)
		}
		if _, fault := judgeService(chain[:len(chain)-1], hello.Service); fault != smp.TransportBadAuth {
			t.Errorf("vector %d: shorter chain: %v", i, fault)
		}
	}
	if admitted != 9 {
		t.Errorf("%d services", admitted)
	}
}
