package engine_test

import (
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// panickyStore is a store that has a bug where the text says.
type panickyStore struct {
	shard.Store
	where string
}

func (s *panickyStore) Load(l []shard.Lookup) {
	if s.where == "shard" && string(l[0].ID) != "" {
		panic("a bug of the store")
	}
	s.Store.Load(l)
}

func (s *panickyStore) Service(fingerprint *[32]byte) (shard.ServiceRecord, bool, error) {
	if s.where == "registry" {
		panic("a bug of the store")
	}
	return s.Store.Service(fingerprint)
}

// panickyKey is the key of a certificate that cannot sign, which workers find out.
type panickyKey struct{ crypto.Signer }

func (panickyKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("a bug of the key")
}

// crashes are what the report of a crash has to name, by where that is.
var crashes = map[string][]string{
	"shard":    {"a bug of the store", "panickyStore", "switchyard/shard."},
	"registry": {"a bug of the store", "panickyStore", "switchyard/shard/registry."},
	"worker":   {"a bug of the key", "panickyKey", "switchyard/engine."},
}

// crashing names the environment variable that makes this test binary crash where it says.
const crashing = "SWITCHYARD_TEST_CRASH"

// TestCrashInProcess is the process that crashes. It prints the secrets that it uses as base64.
func TestCrashInProcess(t *testing.T) {
	where := os.Getenv(crashing)
	if where == "" {
		return // for TestCrashTellsNoSecrets
	}
	whole := startRouter(t)
	cfg := whole.config
	cfg.Listen, cfg.Store = []string{freeAddress(t)}, &panickyStore{whole.store, where}
	cfg.Queues.PartitionKey, cfg.Queues.QueueCache = whole.store.PartitionKey(), 1
	if where == "worker" {
		cfg.KeyPair = &tls.KeyPair{Chain: cfg.KeyPair.Chain, Key: panickyKey{cfg.KeyPair.Key}}
	}
	r, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	go r.Run()
	<-r.Ready()
	c := whole.dial(t)
	q, err := c.NewQueue(testContext(t), client.QueueParams{})
	if err != nil {
		t.Fatal(err)
	}
	other := &testRouter{Router: r, config: cfg, address: whole.address}
	other.address.Port = cfg.Listen[0][strings.LastIndex(cfg.Listen[0], ":")+1:]
	key := cfg.Queues.PartitionKey
	secrets := [][]byte{q.ID, q.SenderID, q.Secret, key[:]}
	if where != "shard" {
		s := credentials(t, smp.RoleMessaging)
		fingerprint := tls.Fingerprint(tls.Identity(s.KeyPair.Chain))
		secrets = append(secrets, fingerprint[:])
		tell(secrets)
		clientConfig := client.Defaults(other.address)
		clientConfig.Service = s
		_, _ = client.Dial(testContext(t), clientConfig)
	} else {
		tell(secrets)
		_ = other.dial(t).Subscribe(testContext(t), q)
	}
	t.Fatal("no crash")
}

func tell(secrets [][]byte) {
	for _, s := range secrets {
		fmt.Println("secret", base64.StdEncoding.EncodeToString(s))
	}
}

// TestCrashTellsNoSecrets: what Go prints of a process that crashes holds nothing of keys and IDs that were in use,
// neither as text nor among the arguments of functions.
func TestCrashTellsNoSecrets(t *testing.T) {
	for where, named := range crashes {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestCrashInProcess$")
			cmd.Env = append(os.Environ(), crashing+"="+where, "GOTRACEBACK=none")
			var stdout, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run()
			if !strings.Contains(stderr.String(), named[0]) {
				t.Fatalf("no crash: %s%s", stdout.String(), stderr.String())
			}
			for _, name := range named[1:] {
				if !strings.Contains(stderr.String(), name) {
					t.Errorf("the report does not say %s: %s", name, stderr.String())
				}
			}
			secrets := 0
			for line := range strings.Lines(stdout.String()) {
				text, ok := strings.CutPrefix(line, "secret ")
				if !ok {
					continue
				}
				secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
				if err != nil {
					t.Fatal(err)
				}
				secrets++
				if found := trace(stderr.String(), secret); found != "" {
					t.Errorf("secret %d is in the output: %s", secrets, found)
				}
			}
			if secrets < 4 {
				t.Fatalf("%d secrets", secrets)
			}
		})
	}
}

// hexList is how Go prints a row of bytes that is an argument.
var hexList = regexp.MustCompile(`0x[0-9a-f]{1,2}(?:, 0x[0-9a-f]{1,2})+`)

// trace looks for six bytes in sequence of a secret in a text, in the forms in which a secret may get there.
func trace(text string, secret []byte) string {
	lists := hexList.FindAllString(text, -1)
	decoded := make([]string, len(lists))
	for i, list := range lists {
		for _, b := range strings.Split(list, ", ") {
			n, _ := strconv.ParseUint(b, 0, 8)
			decoded[i] += string([]byte{byte(n)})
		}
	}
	for i := 0; i+6 <= len(secret); i++ {
		part := secret[i : i+6]
		reversed := make([]byte, 6)
		for j := range part {
			reversed[5-j] = part[j]
		}
		for _, form := range []string{string(part), hex.EncodeToString(part), hex.EncodeToString(reversed),
			base64.StdEncoding.EncodeToString(part), base64.URLEncoding.EncodeToString(part)} {
			if strings.Contains(text, form) {
				return form
			}
		}
		for n, bytes := range decoded {
			if strings.Contains(bytes, string(part)) {
				return lists[n]
			}
		}
	}
	return ""
}
