package cli

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"unicode"

	"switchyard/smp"
)

// Host is the value of an option, a host as addresses have it. Options are named in errors, which say how to mend them.
func Host(option, text string) (string, error) {
	host, err := smp.ParseHost(text)
	if err != nil {
		return "", fmt.Errorf("%s %q %w", option, text, err)
	}
	return host, nil
}

// IP is the value of an option, an IP address as addresses have it.
func IP(option, text string) (string, error) {
	host, err := smp.ParseHost(text)
	if err == nil {
		_, err = netip.ParseAddr(host)
	}
	if err != nil {
		return "", fmt.Errorf("%s %q is no IP address; give one, as 192.0.2.7 or 2001:db8::7", option, text)
	}
	return host, nil
}

// WebAddress checks the value of an option, which may be empty.
func WebAddress(option, text string) error {
	u, err := url.Parse(text)
	if text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsFunc(text, unicode.IsSpace)) {
		return fmt.Errorf("%s %q is no address of the web; give one that begins with https://", option, text)
	}
	return nil
}

// Line checks the value of an option that is to be read back from a line of the ini.
func Line(option, text string) error {
	if text != strings.TrimSpace(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%s %q does not stand on a line of the ini; give it without line breaks, and white space only between words", option, text)
	}
	return nil
}
