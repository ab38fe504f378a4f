package relay

import (
	"errors"
	"testing"

	"switchyard/smp"
	"switchyard/smp/client"
)

// TestOutcomes: requests are counted by how they end, those to the operator's own relays twice.
func TestOutcomes(t *testing.T) {
	p, _, _ := testPool(t, Config{OwnDomains: []string{"own.example", "relay.example"}})
	for _, host := range []string{"a.own.example", "relay.example", "notrelay.example", "b.example"} {
		p.connectTo(addressOf(host))
	}
	p.Forward(make([]byte, 32), nil, smp.PFWDParams{}, func([]byte, smp.Error) {})
	want := Tally{
		Connects: Outcomes{Requests: 4, Connect: 4}, OwnConnects: Outcomes{Requests: 2, Connect: 2},
		Forwards: Outcomes{Requests: 1, Connect: 1},
	}
	if got := p.Tally(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestKindsOfOutcomes: which answers are errors of which kind, as the reference counts them.
func TestKindsOfOutcomes(t *testing.T) {
	for err, want := range map[smp.Error]outcome{
		{}:                   succeeded,
		smp.ErrBrokerNetwork: failedConnect,
		smp.ErrBrokerTimeout: failedConnect,
		smp.ErrBrokerTransport(smp.TransportVersion): failedCompat,
		smp.ErrBrokerTransport(smp.TransportNoAuth):  failedCompat,
		smp.ErrBrokerTransport(smp.TransportBadAuth): failedOther,
		smp.ErrBrokerHost: failedOther,
	} {
		if got := connectOutcome(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	for err, want := range map[error]outcome{
		nil: succeeded, smp.ErrAuth: succeeded, client.ErrTimeout: failedOther, errors.New("x"): failedOther,
	} {
		if got := forwardOutcome(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
