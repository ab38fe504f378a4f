package load

import (
	"context"
	"errors"
	"fmt"

	"switchyard/smp"
	"switchyard/smp/client"
)

// proxiedSession is a session whose sender's commands go through a proxy. It consists of three things, and is over with
// the first of them: the connection with the router, the one with the proxy, and the proxy's with the router.
type proxiedSession struct {
	clientSession
	relay *client.Relay
}

func (s proxiedSession) Secure(q *client.RcvQueue, snd *client.SndQueue, byRecipient bool, done func(error)) error {
	if byRecipient {
		return s.clientSession.Secure(q, snd, true, done)
	}
	return s.do(snd.Secure(), done)
}

func (s proxiedSession) Send(snd *client.SndQueue, body []byte, done func(error)) error {
	return s.do(snd.Send(false, body), done)
}

// do sends a command through the proxy. When the answer is the proxy's own, nobody knows what has become of the command:
// as with a connection that was lost.
func (s proxiedSession) do(command client.Command, done func(error)) error {
	err := s.relay.Do(command, func(r client.Response) {
		var proxy *client.ProxyError
		if errors.As(r.Err, &proxy) {
			r.Err = fmt.Errorf("%w: %v", errProxied, proxy)
		}
		if errors.Is(r.Err, errProxied) || errors.Is(r.Err, client.ErrSealed) {
			go s.client.Close() // writes, which this goroutine must not wait for
		}
		done(r.Err)
	})
	if errors.Is(err, client.ErrDisconnected) || errors.Is(err, client.ErrClosed) {
		go s.client.Close()
	}
	return err
}

// errProxied is that a proxy could not forward a command.
var errProxied = errors.New("the proxy lost the router")

// proxiedConnection is a connection to the router, kept by a keeper, and one to the proxy beside it.
type proxiedConnection struct {
	*client.Keeper
	router Client
	server smp.ServerAddress // the proxy
	index  int
	on     func(Event)
	ctx    context.Context
	stop   context.CancelFunc

	// Owned by the keeper's goroutine.
	proxy  *client.Client // while the session lasts
	reason error          // why it could not begin
}

// ProxiedDialer dials the router and a proxy.
func ProxiedDialer(router Client, proxy smp.ServerAddress) Dialer {
	return func(index int, queues []*client.RcvQueue, on func(Event)) Connection {
		l := &proxiedConnection{router: router, server: proxy, index: index, on: on}
		l.ctx, l.stop = context.WithCancel(context.Background())
		k := router.KeeperConfig(index)
		k.OnEvent = l.event
		l.Keeper = client.NewKeeper(k, queues...)
		return l
	}
}

// Close implements Connection.
func (l *proxiedConnection) Close() {
	l.stop()
	l.Keeper.Close()
}

// event takes an event of the connection to the router.
func (l *proxiedConnection) event(e client.Event) {
	t, ok := translate(e)
	switch {
	case !ok:
		return
	case t.Kind == EventUp:
		relay, err := l.dialProxy(e.Client)
		if err != nil {
			l.reason = fmt.Errorf("by way of the proxy: %w", err)
			e.Client.Close()
			return
		}
		t.Session = proxiedSession{clientSession{e.Client}, relay}
	case t.Kind == EventDown:
		if l.proxy != nil {
			l.proxy.Close()
			<-l.proxy.Done() // the callbacks of the session have run
			l.proxy = nil
		}
		if l.reason != nil {
			t.Err, l.reason = l.reason, nil
		}
	}
	l.on(t)
}

// dialProxy connects to the proxy and asks for its session with the router. When that fails the keeper begins anew.
func (l *proxiedConnection) dialProxy(router *client.Client) (*client.Relay, error) {
	config := l.router.DialConfig(l.index)
	config.Address, config.LocalAddr = l.server, SourceAddr(l.server.Hosts, l.index)
	config.Versions = smp.VersionRange{} // --version is for the router
	config.OnEvent = func(e client.Event) {
		if e.Kind == client.EventClosed {
			go router.Close()
		}
	}
	proxy, err := client.Dial(l.ctx, config)
	if err != nil {
		return nil, err
	}
	l.proxy = proxy
	return proxy.DialRelay(l.ctx, l.router.Address, l.server.BasicAuth)
}
