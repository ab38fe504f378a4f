package identity

import (
	"testing"
	"time"

	"switchyard/tls"
)

func TestNotAfter(t *testing.T) {
	now := time.Now()
	id, err := Create(t.TempDir(), tls.Ed448, "127.0.0.1", now)
	if err != nil {
		t.Fatal(err)
	}
	ends := NotAfter(id.KeyPair)
	if len(ends) != 2 {
		t.Fatal(ends)
	}
	for which, end := range ends {
		if days := end.Sub(now) / (24 * time.Hour); days < 100_000 { // what a Duration holds of 999,999 days
			t.Errorf("%s ends in %d days", which, days)
		}
	}
}
