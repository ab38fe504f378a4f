package agent

import (
	"context"
	"errors"
	"net"
	"testing"

	"switchyard/tls"
)

// wiretap lets a test write to the client's socket behind the back of the router's TLS.
type wiretap struct {
	net.Conn
	router net.Conn
}

// TestRecordsThatAreNone gets bytes that are no records of TLS. The client's alert goes back to the router.
func TestRecordsThatAreNone(t *testing.T) {
	for _, test := range []struct {
		name   string
		record []byte
		alert  tls.Alert
	}{
		{"oversize", []byte{23, 3, 3, 0xff, 0xff}, tls.AlertRecordOverflow},
		{"another protocol", []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), tls.AlertUnexpectedMessage},
		{"not authentic", append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...), tls.AlertBadRecordMAC},
		{"in clear", []byte{21, 3, 3, 0, 2, 1, 0}, tls.AlertUnexpectedMessage},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got error
			router := newTestRouter(t, func(c *routerConn) { _, got = c.readBlock() })
			config := router.config()
			config.Connect = func(context.Context, string) (net.Conn, error) {
				client, server := net.Pipe()
				router.accept(server)
				return wiretap{client, server}, nil
			}
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(config)
				_, err := c.stream.conn.(wiretap).router.Write(test.record)
				if err != nil && test.alert != tls.AlertUnexpectedMessage { // the rest of the text may find nobody
					t.Error(err)
				}
				<-c.Done()
				var failure *tls.Error
				if !errors.As(c.Err(), &failure) || failure.Alert != test.alert || failure.Remote {
					t.Errorf("ended with %v", c.Err())
				}
			})
			var alert *tls.Error
			if !errors.As(got, &alert) || alert.Alert != test.alert || !alert.Remote {
				t.Errorf("the router got %v", got)
			}
		})
	}
}
