package inifile

import (
	"slices"
	"testing"
)

func TestNetwork(t *testing.T) {
	hosts := func(f *File) []string { return f.Hosts("A", "x") }
	port := func(f *File) []string { return []string{f.Port("A", "x")} }
	ports := func(f *File) []string { return f.Ports("A", "x") }
	addresses := func(f *File) []string { return f.Addresses("A", "x") }
	for _, c := range []struct {
		read  func(*File) []string
		value string
		want  []string
		fault string
	}{
		{hosts, "smp.example.org", []string{"smp.example.org"}, ""},
		{hosts, "[fd00::7], a.onion", []string{"fd00::7", "a.onion"}, ""},
		{hosts, UnknownHosts, nil, ""},
		{hosts, "http://x.example", nil, `x.ini:2: [A] x: "http://x.example" is a link; give the host alone, without http:// or https://`},
		{hosts, "x.example:5223", nil, `x.ini:2: [A] x: "x.example:5223" has a port; give the host alone, as the port is a setting of its own`},
		{hosts, "1.2.3", nil, `x.ini:2: [A] x: "1.2.3" ends with a number and is no IP address; give one of four numbers up to 255, or a name`},
		{hosts, "", nil, `x.ini:2: [A] x: "" is empty; give a name or an IP address`},
		{port, "0443", []string{"443"}, ""},
		{port, "0", []string{"0"}, `x.ini:2: [A] x: "0" is not a port; write one number from 1 to 65535`},
		{port, "443,444", []string{"0"}, `x.ini:2: [A] x: "443,444" is not a port; write one number from 1 to 65535`},
		{ports, "5223, 443,05223", []string{"5223", "443"}, ""},
		{ports, "5223,http", []string{"5223", "0"}, `x.ini:2: [A] x: "http" is not a port; write numbers from 1 to 65535, separated by commas`},
		{addresses, "", []string{""}, ""},
		{addresses, "127.0.0.1, [::1]", []string{"127.0.0.1", "::1"}, ""},
		{addresses, "fe80::1%eth0", []string{"fe80::1%eth0"}, ""},
		{addresses, "[::1", []string{"invalid IP"}, `x.ini:2: [A] x: "[::1" is not an IP address; write addresses of this machine, separated by commas`},
		{addresses, "localhost", []string{"invalid IP"}, `x.ini:2: [A] x: "localhost" is not an IP address; write addresses of this machine, separated by commas`},
	} {
		f := parse(t, "[A]\nx = "+c.value+"\n")
		got, fault := c.read(f), ""
		if f.Err() != nil {
			fault = f.Err().Error()
		}
		if !slices.Equal(got, c.want) || fault != c.fault {
			t.Errorf("%q: %q, %s, want %q, %s", c.value, got, fault, c.want, c.fault)
		}
	}
	if f := parse(t, "[A]\n"); f.Hosts("A", "x") != nil || f.Port("A", "x") != "" || f.Ports("A", "x") != nil || !slices.Equal(f.Addresses("A", "x"), []string{""}) {
		t.Error("settings that are not there have values")
	}
}
