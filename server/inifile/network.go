package inifile

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"switchyard/smp"
)

// UnknownHosts stands for the hosts of a server until its operator writes them.
const UnknownHosts = "<hostnames>"

// Hosts returns the hosts of the server, separated by commas in the ini, as addresses have them. There are none where the
// operator has not written them yet.
func (f *File) Hosts(section, key string) []string {
	text, there := f.Lookup(section, key)
	if !there || text == UnknownHosts {
		return nil
	}
	hosts, err := smp.ParseHosts(text)
	if err != nil {
		what, mend, _ := strings.Cut(err.Error(), "; ")
		f.Refuse(section, key, strconv.Quote(text)+" "+what, mend)
	}
	return hosts
}

// Port returns a port, or nothing without the key.
func (f *File) Port(section, key string) string {
	text, there := f.Lookup(section, key)
	if !there {
		return ""
	}
	port, ok := parsePort(text)
	if !ok {
		f.Refuse(section, key, strconv.Quote(text)+" is not a port", "write one number from 1 to 65535")
	}
	return port
}

// Ports returns ports, separated by commas in the ini, each once.
func (f *File) Ports(section, key string) (ports []string) {
	text, there := f.Lookup(section, key)
	if !there {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		port, ok := parsePort(part)
		if !ok {
			f.Refuse(section, key, strconv.Quote(part)+" is not a port", "write numbers from 1 to 65535, separated by commas")
		}
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports
}

// parsePort returns a port without leading zeros.
func parsePort(text string) (string, bool) {
	n, err := strconv.ParseUint(text, 10, 16)
	return strconv.FormatUint(n, 10), err == nil && n > 0
}

// Addresses returns the IP addresses of this machine to listen on, separated by commas in the ini; without the key it is one
// empty text, every address.
func (f *File) Addresses(section, key string) (addrs []string) {
	text, _ := f.Lookup(section, key)
	if text == "" {
		return []string{""}
	}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		bare := part
		if strings.HasPrefix(part, "[") && strings.HasSuffix(part, "]") {
			bare = part[1 : len(part)-1]
		}
		a, err := netip.ParseAddr(bare)
		if err != nil {
			f.Refuse(section, key, strconv.Quote(part)+" is not an IP address", "write addresses of this machine, separated by commas")
		}
		addrs = append(addrs, a.String())
	}
	return addrs
}
