package desc

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strings"

	"switchyard/smp"
)

var (
	errURI      = errors.New("not a link with a file description")
	errFragment = errors.New("the link's fragment is not a file description")
)

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

// ParseURI reads a link with a recipient's description, and its data.
func ParseURI(uri string) (d *Description, data string, err error) {
	rest, ok := strings.CutPrefix(uri, "simplex:")
	if !ok {
		if rest, ok = strings.CutPrefix(uri, "https://"); !ok {
			return nil, "", errURI
		}
		slash := strings.IndexByte(rest, '/')
		if slash <= 0 {
			return nil, "", errURI
		}
		rest = rest[slash:]
	}
	if rest, ok = strings.CutPrefix(rest, "/file"); !ok {
		return nil, "", errURI
	}
	query, ok := strings.CutPrefix(strings.TrimPrefix(rest, "/"), "#/?")
	if !ok {
		return nil, "", errURI
	}
	values, err := url.ParseQuery(query)
	if err != nil || !values.Has("desc") {
		return nil, "", errURI
	}
	if d, err = Parse([]byte(values.Get("desc"))); err == nil {
		d, err = d.For(Recipient)
	}
	return d, values.Get("data"), err
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

// ParseFragment reads the fragment of a web link with a recipient's description.
func ParseFragment(fragment string) (*Description, error) {
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

// WebLink is a link to the page on the first host of the first packet's router. Empty without packets.
func (d *Description) WebLink() string {
	if len(d.Chunks) == 0 || len(d.Chunks[0].Replicas) == 0 {
		return ""
	}
	server := &d.Chunks[0].Replicas[0].Server
	origin := "https://" + smp.BracketHost(server.Hosts[0])
	if server.Port != "" && server.Port != defaultPort {
		origin += ":" + server.Port
	}
	return origin + "/#" + d.Fragment()
}

// defaultPort is that of web links and routers without one.
const defaultPort = "443"
