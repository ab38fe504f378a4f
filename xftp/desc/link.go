package desc

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

var (
	errURI        = errors.New("not a link with a file description")
	errNoFragment = errors.New("the link has nothing behind #, where the file description belongs")
	errFragment   = errors.New("what is behind # in the link is not a file description: perhaps only a part of it")
)

// maxURI is how long a link with the YAML in it may be: each byte may be escaped as three.
const maxURI = 4 * MaxText

// URI is a link with the description in it, and with data (JSON for the application) unless that is empty. scheme is
// "simplex:" or "https://HOST[:PORT]".
func (d *Description) URI(scheme, data string) string {
	s := scheme + "/file#/?desc=" + escape(string(d.YAML()))
	if data != "" {
		s += "&data=" + escape(data)
	}
	return s
}

// escape leaves A-Z a-z 0-9 - _ . ~ as they are.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// IsLink tells links from names of files. What passes a link on may have changed the case of its scheme, and put blanks
// or a line break around it.
func IsLink(s string) bool {
	scheme, rest, found := strings.Cut(strings.TrimSpace(s), ":")
	switch strings.ToLower(scheme) {
	case "simplex":
		return found
	case "http", "https":
		return strings.HasPrefix(rest, "//")
	}
	return false
}

// ParseLink reads a link of either form with a recipient's description.
func ParseLink(s string) (*Description, error) {
	_, fragment, _ := strings.Cut(strings.TrimSpace(s), "#")
	switch {
	case fragment == "":
		return nil, errNoFragment
	case strings.HasPrefix(fragment, "/?"):
		d, _, err := ParseURI(s)
		return d, inLink(err)
	}
	d, err := ParseFragment(fragment)
	return d, inLink(err)
}

// inLink says where a description stands that is at fault.
func inLink(err error) error {
	if err == nil || errors.Is(err, errURI) || errors.Is(err, errFragment) || errors.Is(err, ErrParty) {
		return err
	}
	return fmt.Errorf("the file description in the link: %w", err)
}

// ParseURI reads a link with a recipient's description, and its data.
func ParseURI(uri string) (d *Description, data string, err error) {
	if len(uri) > maxURI {
		return nil, "", errTooLarge
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(uri), ":")
	switch strings.ToLower(scheme) {
	case "simplex":
	case "https":
		host, found := strings.CutPrefix(rest, "//")
		slash := strings.IndexByte(host, '/')
		if !found || slash <= 0 {
			return nil, "", errURI
		}
		rest = host[slash:]
	default:
		return nil, "", errURI
	}
	rest, ok := strings.CutPrefix(rest, "/file")
	if !ok {
		return nil, "", errURI
	}
	query, ok := strings.CutPrefix(strings.TrimPrefix(rest, "/"), "#/?")
	if !ok {
		return nil, "", errURI
	}
	text, ok := parameter(query, "desc")
	if !ok {
		return nil, "", errURI
	}
	if data, ok = parameter(query, "data"); !ok {
		return nil, "", errURI
	}
	if d, err = Parse([]byte(text)); err == nil {
		d, err = d.For(Recipient)
	}
	return d, data, err
}

// parameter is the first value of a name in a query, empty if there is none. Unlike that of net/url it takes ';' in values,
// as the reference does, and makes nothing of the other parameters.
func parameter(query, name string) (value string, ok bool) {
	for field := range strings.SplitSeq(query, "&") {
		if value, found := strings.CutPrefix(field, name+"="); found {
			value, err := url.QueryUnescape(value)
			return value, err == nil
		}
	}
	return "", true
}

// Fragment is the description as the fragment of a web link, without '#': base64url of the DEFLATE (RFC 1951) of the
// YAML.
func (d *Description) Fragment() string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic("desc: a level of compression that flate does not have")
	}
	w.Write(d.YAML()) // a Buffer takes everything
	w.Close()
	return base64.URLEncoding.EncodeToString(b.Bytes())
}

// ParseFragment reads the fragment of a web link with a recipient's description. '=' at its end may be escaped.
func ParseFragment(fragment string) (*Description, error) {
	if len(fragment) > maxURI {
		return nil, errTooLarge
	}
	fragment, err := url.PathUnescape(strings.TrimSpace(fragment))
	if err != nil {
		return nil, errFragment
	}
	compressed, ok := decode(fragment)
	if !ok {
		return nil, errFragment
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(compressed)), MaxText+1))
	if err != nil {
		return nil, errFragment
	}
	d, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return d.For(Recipient)
}

// WebLink is the link that the page of a router's site takes: it is at origin, "https://HOST[:PORT]".
func (d *Description) WebLink(origin string) string { return origin + "/file/#" + d.Fragment() }
