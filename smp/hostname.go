package smp

import (
	"errors"
	"strings"
)

// Faults of hosts. Addresses of others may have such hosts, as the protocol has no rule for names.
var (
	errHostEmpty  = errors.New("is empty; give a name or an IP address")
	errHostScheme = errors.New("is a link; give the host alone, without http:// or https://")
	errHostSpace  = errors.New("has white space; remove it")
	errHostPath   = errors.New("has a slash; give the host alone")
	errHostPort   = errors.New("has a port; give the host alone, as the port is a setting of its own")
	errHostIP     = errors.New("ends with a number and is no IP address; give one of four numbers up to 255, or a name")
	errHostCase   = errors.New("is an onion name with capitals; write it in lower case")
	errHostName   = errors.New("is no name of a host: one has letters, digits, hyphens and dots, and no part of it is empty, longer than 63 " +
		"letters or begins or ends with a hyphen; give names in other scripts in their form that begins with xn--")
)

// maxHostName is the longest name that the DNS has.
const maxHostName = 253

// ParseHost reads a host of a router of one's own: one that clients can connect to, and that reads back from an address. The
// result is its text in addresses. Errors begin with a verb.
func ParseHost(text string) (string, error) {
	host, rest, ok := parseHost(text)
	switch {
	case text == "":
		return "", errHostEmpty
	case strings.Contains(text, "://"):
		return "", errHostScheme
	case strings.ContainsAny(text, " \t\r\n"):
		return "", errHostSpace
	case strings.Contains(text, "/"):
		return "", errHostPath
	case ok && strings.HasPrefix(rest, ":"):
		return "", errHostPort
	case !ok || rest != "":
		return "", errHostName
	case isIPv6(host):
		return host, nil
	}
	if _, rest, ok := parseIPv4(host); ok && rest == "" {
		return host, nil
	}
	return host, checkHostName(host)
}

// ParseHosts reads hosts with commas between them, and white space around these.
func ParseHosts(text string) (hosts []string, err error) {
	for part := range strings.SplitSeq(text, ",") {
		host, err := ParseHost(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func checkHostName(name string) error {
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || prefixLen(l, isHostNameByte) < len(l) {
			return errHostName
		}
	}
	last := labels[len(labels)-1]
	switch {
	case len(name) > maxHostName:
		return errHostName
	case prefixLen(last, isDigit) == len(last):
		return errHostIP
	case strings.EqualFold("."+last, onionSuffix) && name != strings.ToLower(name):
		return errHostCase
	case last == onionSuffix[1:] && len(labels) == 1:
		return errHostName
	}
	return nil
}

// isHostNameByte takes the underscore, too: some names inside of networks have it.
func isHostNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '-' || c == '_'
}
