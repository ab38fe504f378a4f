package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchyard/box"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// TestLogHoldsNoSecrets: at each level the log has nothing of the IDs, keys, digests, bodies and passwords of what it was
// about, be it well done, refused, or a fault of the disk.
func TestLogHoldsNoSecrets(t *testing.T) {
	for _, level := range []string{"trace", "debug", "info", "note", "warn", "error"} {
		t.Run(level, func(t *testing.T) {
			const password, admin = "password-of-creators", "password-of-the-administrator"
			control, err := freePort()
			check(t, err)
			p := newProcess(t, "log_tls_errors = off", "log_tls_errors = on", "# control_port = 5226", "control_port = "+control,
				"# control_port_admin_password =", "control_port_admin_password = "+admin,
				"# create_password = printable ASCII characters without space, '@', ':' and '/'", "create_password = "+password)
			p.start("--log-level", level)
			secrets := p.work(password)
			secrets["password of the administrator"] = []byte(admin)
			p.tell(control, "auth "+admin, "delete "+base64.RawURLEncoding.EncodeToString(secrets["recipient ID 1"]), "quit")
			p.stop(syscall.SIGTERM)
			key, err := os.ReadFile(filepath.Join(p.dir, "etc", "server.key"))
			check(t, err)
			secrets["server key"] = key[40:80]
			for name, secret := range secrets {
				for _, form := range formsOf(secret) {
					if strings.Contains(p.log(), form) {
						t.Errorf("the log has the %s: %s", name, p.log())
					}
				}
			}
			if told := strings.Contains(p.log(), "the store failed") || strings.Contains(p.log(), "cannot read the body"); !told {
				t.Errorf("no fault of the disk is in the log: %s", p.log())
			}
		})
	}
}

// work has the router do and refuse everything, and returns what of it nobody may know.
func (p *process) work(password string) map[string][]byte {
	secrets := map[string][]byte{"password of creators": []byte(password)}
	c := p.dial()
	defer c.Close()
	wrong, err := box.GenerateKey(box.Ed25519, rand.Reader)
	check(p.t, err)
	for i := range 2 {
		name := func(what string) string { return fmt.Sprint(what, " ", i) }
		key, err := box.GenerateKey(box.Ed25519, rand.Reader)
		check(p.t, err)
		body := make([]byte, xftp.Size64K)
		rand.Read(body)
		sum := sha256.Sum256(body)
		packet := client.Packet{Size: xftp.Size64K, Digest: sum[:], Recipients: []box.PublicKey{key.Public()}, Password: "another-password"}
		if _, _, err = c.Create(ctx, key, packet); !errors.Is(err, xftp.ErrAuth) {
			p.t.Fatal("created with another password: ", err)
		}
		packet.Password = password
		id, recipients, err := c.Create(ctx, key, packet)
		check(p.t, err)
		check(p.t, c.Upload(ctx, key, id, bytes.NewReader(body), xftp.Size64K))
		check(p.t, c.Download(ctx, key, recipients[0], xftp.Size64K, sum[:], io.Discard))
		for what, err := range map[string]error{"FDEL": c.Delete(ctx, wrong, id), "FACK": c.Acknowledge(ctx, wrong, recipients[0])} {
			if !errors.Is(err, xftp.ErrAuth) {
				p.t.Fatalf("%s with a wrong key: %v", what, err)
			}
		}
		secrets[name("sender ID")], secrets[name("recipient ID")] = id, recipients[0]
		secrets[name("body")], secrets[name("digest")] = body[:32], sum[:]
		public := key.Public()
		secrets[name("key of the sender")] = public.Bytes()
		if i == 0 {
			p.spoil(c, key, id, recipients[0], sum[:])
		}
	}
	return secrets
}

// spoil has the disk fail at a packet: its file is a directory that is not empty.
func (p *process) spoil(c *client.Conn, key *box.PrivateKey, id, recipient, sum []byte) {
	file := filepath.Join(p.dir, "files", base64.URLEncoding.EncodeToString(id))
	check(p.t, os.Remove(file))
	check(p.t, os.MkdirAll(filepath.Join(file, "x"), 0o700))
	other := p.dial() // as the router ends the connection of a download that it cannot go on with
	defer other.Close()
	if other.Download(ctx, key, recipient, xftp.Size64K, sum, io.Discard) == nil {
		p.t.Error("downloaded what is not there")
	}
	check(p.t, c.Delete(ctx, key, id)) // and its body, which cannot be removed, is told in the log
}

// tell sends lines to the control port and waits until it closes.
func (p *process) tell(port string, lines ...string) {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
	check(p.t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, strings.Join(lines, "\n")+"\n")
	check(p.t, err)
	said, err := io.ReadAll(conn)
	check(p.t, err)
	if !strings.Contains(string(said), "ok\n") {
		p.t.Errorf("the control port said %q", said)
	}
}

// formsOf is how a secret may stand in a log.
func formsOf(secret []byte) []string {
	return []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)[:8],
		base64.URLEncoding.EncodeToString(secret)[:8], fmt.Sprintf("%q", secret), fmt.Sprint(secret)}
}

// TestNoCoreDumps: the system may not write the memory of the process to disk, unless the ini allows it.
func TestNoCoreDumps(t *testing.T) {
	for setting, allowed := range map[string]bool{"# core_dumps = off": false, "core_dumps = on": true} {
		p := newProcess(t, "# core_dumps = off", setting)
		p.start()
		// What is in /proc of a process that may not be dumped belongs to root.
		info, err := os.Stat(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid))
		check(t, err)
		if owner := info.Sys().(*syscall.Stat_t).Uid; os.Getuid() != 0 && (owner != 0) != allowed {
			t.Errorf("%s: its memory belongs to user %d", setting, owner)
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid))
		check(t, err)
		if !allowed && !strings.Contains(string(limits), "Max core file size        0                    0 ") {
			t.Errorf("%s: %s", setting, limits)
		}
		p.stop(syscall.SIGTERM)
	}
}
