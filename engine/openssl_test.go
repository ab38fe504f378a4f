package engine_test

import (
	"io"
	"os/exec"
	"testing"

	"switchyard/box"
	"switchyard/engine"
	"switchyard/smp"
	"switchyard/tls"
)

// An independent TLS implementation completes the handshake and receives the router's hello.
func TestOpenSSLReceivesHello(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test needs the openssl program")
	}
	for _, scheme := range []tls.SignatureScheme{tls.Ed25519, tls.Ed448} {
		r := startRouter(t, func(c *engine.Config) { c.KeyPair, c.Identity = certificates(t, scheme) })
		for _, group := range []string{"X448", "X25519"} {
			t.Run(group, func(t *testing.T) {
				cmd := exec.CommandContext(testContext(t), "openssl", "s_client", "-quiet",
					"-connect", r.config.Listen[0], "-alpn", "smp/1", "-tls1_3", "-groups", group)
				in, err := cmd.StdinPipe() // open, as s_client ends with its input
				if err != nil {
					t.Fatal(err)
				}
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				block := make([]byte, smp.BlockSize)
				if _, err := io.ReadFull(out, block); err != nil {
					t.Fatal("no hello comes: ", err)
				}
				in.Close()
				_ = cmd.Process.Kill() // it would stay
				_ = cmd.Wait()
				content, err := box.Unpad(block)
				if err != nil {
					t.Fatal(err)
				}
				if hello, ok := smp.ParseServerHello(content); !ok || hello.Range.Max != smp.CurrentVersion || hello.CertKey == nil {
					t.Fatalf("hello %v", hello)
				}
			})
		}
	}
}
