package engine_test

import (
	"encoding/base64"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// An independent client in JavaScript, of another author, talks to the router over WebSocket.
func TestIndependentWebSocketClient(t *testing.T) {
	const dir = "../smp/client/interop"
	if _, err := os.Stat(dir + "/node_modules"); err != nil {
		t.Fatal("the client is not installed; run `make interop`")
	}
	r := startWebRouter(t)
	host, port, _ := net.SplitHostPort(r.config.Listen[0])
	cmd := exec.CommandContext(testContext(t), "node", "session.mjs",
		host, port, base64.RawURLEncoding.EncodeToString(r.address.KeyHash[:]))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hello from another implementation") {
		t.Fatalf("%v\n%s", err, out)
	}
}
