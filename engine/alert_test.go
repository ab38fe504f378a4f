package engine

import (
	"errors"
	"reflect"
	"testing"
	"unsafe"

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

// A key that has sealed as many records as it may is followed by the next one, however much there is to say at each turn.
func TestKeyIsUpdatedOfBusySession(t *testing.T) {
	m := newMemorySession(t)
	out := reflect.ValueOf(m.session.tls).Elem().FieldByName("out")
	may := out.FieldByName("maxRecords")
	*(*uint64)(unsafe.Pointer(may.UnsafeAddr())) = 2
	commands := make([][]byte, smp.MaxBatch)
	for i := range commands {
		commands[i] = m.ping()
	}
	for range 2 {
		m.conn.in = m.peer.Seal(m.conn.in, m.block(commands...))
	}
	m.traffic()
	m.loop.flush()
	if plain, err := m.answers(); len(plain) != 2*smp.BlockSize || err != nil {
		t.Fatalf("%d bytes of answers, error %v", len(plain), err)
	}
	if n := out.FieldByName("seq").Uint(); n != 0 {
		t.Errorf("the key goes on when it has sealed %d records of 2", n)
	}
}
