package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/box"
	"switchyard/internal/pgtest"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// hexBytes are bytes in hexadecimal.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// leftKeys are the keys of the queues that a router of the reference has left.
type leftKeys struct {
	Services []struct {
		Role       string
		ID         hexBytes   `json:"service_id"`
		Chain      []hexBytes `json:"cert_chain"`
		LeafSecret hexBytes   `json:"leaf_private"`
	}
	Queues  []leftQueue
	waiting int // notifications
}

type leftQueue struct {
	Kind, State, Blocking string
	ID                    hexBytes `json:"rcv_id"`
	SenderID              hexBytes `json:"snd_id"`
	Key                   hexBytes `json:"rcv_auth_private"`
	SenderKey             hexBytes `json:"snd_auth_private"`
	Secret                hexBytes `json:"rcv_dh_secret"`
	Service               hexBytes `json:"service_id"`
	Notifier              *struct {
		ID  hexBytes `json:"notifier_id"`
		Key hexBytes `json:"auth_private"`
	}
	Undelivered []struct {
		Body   leftBody
		Notify bool `json:"notification"`
	}
}

// leftBody is a body, or the rule that makes it.
type leftBody []byte

func (b *leftBody) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, (*hexBytes)(b))
	}
	var rule struct{ Byte, Len int }
	err := json.Unmarshal(text, &rule)
	*b = bytes.Repeat([]byte{byte(rule.Byte)}, rule.Len)
	return err
}

// unpackState puts the files of a router of the reference into the directory ref. Its ini gets the script's port, no control port, and keeps
// messages for ever.
func unpackState(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open("../../wal/reference/testdata/state.tar.gz")
	ts.Check(err)
	defer f.Close()
	in, err := gzip.NewReader(f)
	ts.Check(err)
	for files := tar.NewReader(in); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		ts.Check(err)
		name, ours := strings.CutPrefix(h.Name, args[0]+"/")
		if !ours || h.Typeflag == tar.TypeDir {
			continue
		}
		content, err := io.ReadAll(files)
		ts.Check(err)
		if filepath.Base(name) == iniName {
			content = []byte(strings.NewReplacer("port = 19330\n", "port = "+ts.Getenv("PORT")+"\n", "control_port = 20330\n", "\n",
				"expire_messages_days = 21\n", "expire_messages_days = 36500\n", "expire_ntfs_hours = 24\n", "expire_ntfs_hours = 876000\n",
			).Replace(strings.Replace(string(content), "\ncontrol_port = 20330\n", "\n", 1)))
		}
		name = filepath.Join(ts.MkAbs("ref"), name)
		ts.Check(os.MkdirAll(filepath.Dir(name), 0o700))
		ts.Check(os.WriteFile(name, content, 0o600))
	}
}

// checkMoved uses all queues that ref/keys.json has the keys of: their messages come in order, senders and notifiers are
// served, and services find theirs. With the argument database it is about the state that the test's database holds, with silently
// no notifications wait.
func checkMoved(ts *testscript.TestScript, _ bool, args []string) {
	var keys leftKeys
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("ref/keys.json")), &keys))
	switch strings.Join(args, " ") {
	case "database":
		keys.inDatabase()
	case "silently":
	default:
		keys.waiting = 6
	}
	for i := range keys.Services {
		checkMovedService(ts, &keys, i)
	}
	dial(ts, func(ctx context.Context, c *client.Client) { checkMovedNotifiers(ctx, ts, c, &keys) })
	dial(ts, func(ctx context.Context, c *client.Client) {
		for i := range keys.Queues {
			checkMovedQueue(ctx, ts, c, &keys.Queues[i])
		}
	})
}

// inDatabase makes them those of the state in the database: three queues were changed behind its import, and notifications are
// not in it.
func (k *leftKeys) inDatabase() {
	k.Queues[6].State, k.Queues[24].State = "deleted", "deleted"
	k.Queues[8].State, k.Queues[8].Blocking = "blocked", `reason=content,notice={"ttl":86400}`
}

// startDatabase starts PostgreSQL with a state of the reference in it, and has URI name it.
func startDatabase(ts *testscript.TestScript, _ bool, _ []string) {
	pg, err := pgtest.Start()
	ts.Check(err)
	ts.Defer(func() { ts.Check(pg.Stop()) })
	f, err := os.Open("../../wal/reference/postgres/testdata/database.sql.gz")
	ts.Check(err)
	defer f.Close()
	in, err := gzip.NewReader(f)
	ts.Check(err)
	dump, err := io.ReadAll(in)
	ts.Check(err)
	ts.Check(pg.SQL(pgtest.Owner, "CREATE ROLE smp;\n"+string(dump)))
	ts.Setenv("URI", pg.URI(pgtest.Owner, pgtest.Owner))
}

func parseLeftKey(ts *testscript.TestScript, der []byte) *client.Key {
	key, err := client.ParseKey(der)
	ts.Check(err)
	return key
}

// checkMovedService subscribes the queues of a service.
func checkMovedService(ts *testscript.TestScript, keys *leftKeys, i int) {
	v := &keys.Services[i]
	private, err := x509.ParsePKCS8PrivateKey(v.LeafSecret)
	ts.Check(err)
	pair := &tls.KeyPair{Key: private.(ed25519.PrivateKey)}
	for _, der := range v.Chain {
		pair.Chain = append(pair.Chain, der)
	}
	var want smp.ServiceSubs
	var hash box.IDsHash
	for j := range keys.Queues {
		if q := &keys.Queues[j]; q.State != "deleted" && bytes.Equal(q.Service, v.ID) {
			want.Count++
			hash.Toggle(q.ID)
		}
	}
	want.Hash = hash[:]
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	config := client.Defaults(addressOf(ts))
	config.Service = &client.ServiceCredentials{KeyPair: pair, Role: smp.ServiceRole(v.Role[0])}
	c, err := client.Dial(ctx, config)
	ts.Check(err)
	defer c.Close()
	if !bytes.Equal(c.ServiceID(), v.ID) {
		ts.Fatalf("service %s has the ID %x, want %x", v.Role, c.ServiceID(), v.ID)
	}
	got, err := c.SubscribeService(ctx, want)
	ts.Check(err)
	if got.Count != want.Count || !bytes.Equal(got.Hash, want.Hash) {
		ts.Fatalf("service %s has %d queues of hash %x, want %d of %x", v.Role, got.Count, got.Hash, want.Count, want.Hash)
	}
}

// checkMovedNotifiers subscribes all notifiers, who learn of the messages that came while nobody was there.
func checkMovedNotifiers(ctx context.Context, ts *testscript.TestScript, c *client.Client, keys *leftKeys) {
	for i := range keys.Queues {
		q := &keys.Queues[i]
		if q.Notifier == nil {
			continue
		}
		r, err := c.Call(ctx, client.NSub(parseLeftKey(ts, q.Notifier.Key), q.Notifier.ID))
		if q.State == "deleted" {
			if !errors.Is(err, smp.ErrAuth) && !errors.Is(r.Err, smp.ErrAuth) {
				ts.Fatalf("%s: the notifier got %v, %v", q.Kind, r.Err, err)
			}
			continue
		}
		ts.Check(errors.Join(err, r.Err))
	}
	for n := 0; n < keys.waiting; {
		select {
		case e := <-c.Events():
			if e.Tag == smp.RespNMsg {
				n++
			}
		case <-ctx.Done():
			ts.Fatalf("%d notifications came, want %d", n, keys.waiting)
		}
	}
}

// checkMovedQueue receives what waits in a queue, sends to it, and receives that.
func checkMovedQueue(ctx context.Context, ts *testscript.TestScript, c *client.Client, q *leftQueue) {
	rcv := &client.RcvQueue{
		ID: client.Bytes(q.ID), SenderID: client.Bytes(q.SenderID), Key: parseLeftKey(ts, q.Key), Secret: client.Bytes(q.Secret),
	}
	receive := func() *client.Message {
		m, err := c.Get(ctx, rcv)
		if err != nil {
			ts.Fatalf("%s, %s: %v", q.Kind, q.State, err)
		}
		if m != nil {
			_, err = c.Ack(ctx, rcv, m.ID)
			ts.Check(err)
		}
		return m
	}
	switch q.State {
	case "deleted":
		if _, err := c.Get(ctx, rcv); !errors.Is(err, smp.ErrAuth) {
			ts.Fatalf("%s: got %v", q.Kind, err)
		}
		return
	case "blocked":
		if _, err := c.Get(ctx, rcv); err == nil || err.Error() != "BLOCKED "+q.Blocking {
			ts.Fatalf("%s: got %v, want %s", q.Kind, err, q.Blocking)
		}
		return
	}
	for i, want := range q.Undelivered {
		m := receive()
		if m == nil || m.Quota || m.Notify != want.Notify || !bytes.Equal(m.Body, want.Body) {
			ts.Fatalf("%s: message %d is not the one that waited", q.Kind, i)
		}
	}
	m := receive()
	if strings.HasPrefix(q.Kind, "quota exceeded") {
		if m == nil || !m.Quota {
			ts.Fatalf("%s: no quota marker", q.Kind)
		}
		m = receive()
	}
	if m != nil {
		ts.Fatalf("%s: more messages than waited", q.Kind)
	}
	if q.State != "active" || strings.Contains(q.Kind, "x25519 sender key") {
		return // of that key there is no half
	}
	var sender *client.Key
	if len(q.SenderKey) > 0 {
		sender = parseLeftKey(ts, q.SenderKey)
	}
	ts.Check(c.Send(ctx, rcv.Sender(sender), false, []byte(q.Kind)))
	if m = receive(); m == nil || string(m.Body) != q.Kind {
		ts.Fatalf("%s: what is sent now does not come", q.Kind)
	}
}
