package engine

import (
	"errors"
	"testing"

	"switchyard/smp"
	"switchyard/tls"
)

// The alert for a broken record comes behind the answers to what came before it: those that are sealed already have
// lower numbers, so a peer that got the alert first could open neither.
func TestAlertComesBehindAnswers(t *testing.T) {
	m := newMemorySession(t)
	commands := make([][]byte, smp.MaxBatch)
	for i := range commands {
		commands[i] = m.ping()
	}
	block := m.block(commands...)
	for range 2 { // the answers to the second have no room in the block of the first
		m.conn.in = m.peer.Seal(m.conn.in, block)
	}
	m.conn.in = append(m.conn.in, "\x17\x03\x03\x00\x20 this is no sealed TLS record ...."...)
	m.traffic()
	plain, err := m.answers()
	var alert *tls.Error
	if !errors.As(err, &alert) || !alert.Remote || alert.Alert != tls.AlertBadRecordMAC {
		t.Errorf("the peer reads %v, want the alert of the router", err)
	}
	if len(plain) != 2*smp.BlockSize || !m.conn.closed {
		t.Errorf("%d bytes of answers, closed: %v", len(plain), m.conn.closed)
	}
}
