package address_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"switchyard/server/address"
	"switchyard/server/inifile"
	"switchyard/server/qrcode/qrtest"
	"switchyard/smp"
)

func run(a smp.ServerAddress, fault error, args ...string) (string, error) {
	cmd := address.Command(func() (smp.ServerAddress, error) { return a, fault })
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return out.String(), err
}

func TestAddress(t *testing.T) {
	a := smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: [32]byte{7}, Hosts: []string{"a.example"}, BasicAuth: "pa55"}
	plain, err := run(a, nil)
	if err != nil || plain != a.String()+"\n" {
		t.Errorf("%q, %v", plain, err)
	}
	code, err := run(a, nil, "--qr")
	if err != nil || !strings.HasSuffix(code, plain) {
		t.Fatalf("%q, %v", code, err)
	}
	if got := qrtest.ReadTerminal(t, strings.TrimSuffix(code, plain)); got != a.String() {
		t.Errorf("the code is of %q", got)
	}
	a.Hosts = []string{inifile.UnknownHosts}
	if plain, err = run(a, nil); err != nil || plain != a.String()+"\n" {
		t.Errorf("%q, %v", plain, err)
	}
	if code, err = run(a, nil, "--qr"); err == nil || code != "" {
		t.Errorf("%q without a host", code)
	}
	if _, err = run(a, errors.New("none"), "--qr"); err == nil {
		t.Error("no fault")
	}
}
