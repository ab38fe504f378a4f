package desc

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// sample describes a file of n chunks on one router.
func sample(t testing.TB, n int) *Description {
	t.Helper()
	key, err := box.GenerateKey(box.Ed25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &Description{Party: Recipient, Digest: make([]byte, 64), ChunkSize: 65536}
	server := smp.ServerAddress{Scheme: smp.SchemeXFTP, Hosts: []string{"a.example"}}
	for range n {
		r := Replica{Server: server, ID: []byte("0123456789abcdef"), Key: key}
		d.Chunks = append(d.Chunks, Chunk{Size: 65536, Digest: make([]byte, 32), Replicas: []Replica{r}})
		d.Size += 65536
	}
	return d
}

// TestBadDescriptions: each is refused with one line, which shows no key.
func TestBadDescriptions(t *testing.T) {
	good := string(sample(t, 2).YAML())
	if _, err := Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	line := func(prefix string) string {
		for l := range strings.SplitSeq(good, "\n") {
			if strings.HasPrefix(l, prefix) {
				return l + "\n"
			}
		}
		t.Fatalf("no line %q", prefix)
		return ""
	}
	second := line("  - 2:")
	withDigest := strings.TrimSpace(second)
	for name, test := range map[string]struct {
		text string
		want error // nil: any
	}{
		"missing chunk":       {strings.Replace(good, line("  - 1:"), "", 1), ErrSequence},
		"chunk 0":             {strings.Replace(good, "- 1:", "- 0:", 1), ErrSequence},
		"chunk twice":         {strings.Replace(good, second, strings.Replace(second, "2:", "1:", 1), 1), ErrTotal},
		"mis-sized chunk":     {strings.Replace(good, withDigest, withDigest+":1mb", 1), ErrTotal},
		"two sizes":           {strings.Replace(good, second, "  "+withDigest+":64kb\n  "+withDigest+":1mb\n", 1), ErrDifference},
		"two digests":         {strings.Replace(good, second, second+second[:strings.LastIndex(second, ":")]+":AAAA\n", 1), ErrDifference},
		"no digest":           {strings.Replace(good, second, second[:strings.LastIndex(second, ":")]+"\n", 1), ErrNoDigest},
		"wrong sum":           {strings.Replace(good, line("size:"), "size: 64kb\n", 1), ErrTotal},
		"number as size":      {strings.Replace(good, line("size:"), "size: 131072\n", 1), nil},
		"key of 31 bytes":     {strings.Replace(good, line("key:"), "key: AAAA\n", 1), nil},
		"key twice":           {good + line("key:"), nil},
		"no party":            {strings.Replace(good, line("party:"), "", 1), nil},
		"password in address": {strings.Replace(good, "=@a.", "=:secret@a.", 1), nil},
		"SMP router":          {strings.Replace(good, "xftp://", "smp://", 1), nil},
		"list":                {"- a\n", nil},
		"empty":               {"", nil},
		"no YAML":             {"\x00{", nil},
		"redirect as text":    {good + "redirect: x\n", nil},
		"redirect size text":  {good + "redirect:\n  digest: AAAA\n  size: 5mb\n", nil},
		"redirect below zero": {good + "redirect:\n  digest: AAAA\n  size: -5\n", nil},
	} {
		_, err := Parse([]byte(test.text))
		if err == nil || test.want != nil && !errors.Is(err, test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "MC4CAQ") {
			t.Errorf("%s shows a key: %v", name, err)
		}
	}
}

func TestQuotedSize(t *testing.T) {
	d := sample(t, 1)
	d.Size, d.Chunks[0].Size = 500, 500
	text := d.YAML()
	if !bytes.Contains(text, []byte("\nsize: '500'\n")) || !bytes.Contains(text, []byte(":500\n")) {
		t.Fatalf("%s", text)
	}
	again, err := Parse(text)
	if err != nil || !bytes.Equal(again.YAML(), text) {
		t.Fatal(err)
	}
	if got := again.ServerSizes(); len(got) != 1 || got[0].Size != 500 {
		t.Error(got)
	}
}

func TestServerOrder(t *testing.T) {
	hosts := []string{"9.9.9.9", "10.0.0.1", "::1", "abc.onion", "a.example", "b.example"}
	for i := range hosts {
		for j := range hosts {
			a, b := smp.ServerAddress{Hosts: hosts[i : i+1]}, smp.ServerAddress{Hosts: hosts[j : j+1]}
			if c := compareServers(&a, &b); (c < 0) != (i < j) || (c > 0) != (i > j) {
				t.Errorf("%s and %s: %d", hosts[i], hosts[j], c)
			}
		}
	}
	a := smp.ServerAddress{Hosts: hosts[:1], Port: "10"}
	b := smp.ServerAddress{Hosts: hosts[:1], Port: "9"}
	longer := smp.ServerAddress{Hosts: hosts[:2]}
	if compareServers(&a, &b) >= 0 || compareServers(&a, &longer) >= 0 {
		t.Error("ports are compared as texts, after the hosts")
	}
}

func TestBadLinks(t *testing.T) {
	d := sample(t, 1)
	sender := *d
	sender.Party = Sender
	for _, uri := range []string{"", "http://a/file#/?desc=x", "simplex:/file#/?data=1", "https:///file#/?desc=", "simplex:/fil#/?desc=",
		sender.URI("simplex:", "")} {
		if _, _, err := ParseURI(uri); err == nil {
			t.Errorf("%.40q is a link", uri)
		}
	}
	if _, _, err := ParseURI(strings.Replace(d.URI("https://a.example:80", "x"), "/file#", "/file/#", 1)); err != nil {
		t.Error(err)
	}
	for _, f := range []string{"", "!", "AAAA", sender.Fragment()} {
		if _, err := ParseFragment(f); err == nil {
			t.Errorf("%.40q is a description", f)
		}
	}
	if _, err := ParseFragment(strings.TrimRight(d.Fragment(), "=")); err != nil {
		t.Error(err)
	}
}

// TestLinksThatWereChangedOnTheirWay: applications that pass on links change what the standards allow, and add blanks.
func TestLinksThatWereChangedOnTheirWay(t *testing.T) {
	d := sample(t, 1)
	for len(d.Fragment())%4 != 0 || !strings.HasSuffix(d.Fragment(), "=") {
		d.Size, d.Chunks[0].Size = d.Size+1, d.Chunks[0].Size+1
	}
	web, uri := d.WebLink("https://a.example:5443"), d.URI("simplex:", "")
	for _, link := range []string{
		web,
		strings.Replace(web, "https", "Https", 1),
		strings.Replace(web, "https", "http", 1),
		strings.ReplaceAll(web, "=", "%3D"),
		strings.ReplaceAll(web, "=", "%3d"),
		strings.TrimRight(web, "="),
		web + "\n", " " + web + "\r\n",
		uri,
		strings.Replace(uri, "simplex", "Simplex", 1),
		strings.Replace(d.URI("https://a.example", ""), "https", "HTTPS", 1),
		uri + "&data=a;b", uri + "&data=%7B%7D", uri + "\n",
		strings.Replace(uri, "?", "?v=1;2&", 1),
	} {
		got, err := ParseLink(link)
		if !IsLink(link) || err != nil || !bytes.Equal(got.YAML(), d.YAML()) {
			t.Errorf("%.60q: %v", link, err)
		}
	}
	if _, data, err := ParseURI(uri + "&data=a;b%3B"); err != nil || data != "a;b;" {
		t.Errorf("%q, %v", data, err)
	}
	for _, name := range []string{"", "rcv1.xftp", "https", "http.xftp", "./simplex:/x", "ftp://a/#" + d.Fragment(), "a#b"} {
		if IsLink(name) {
			t.Errorf("%q is a link", name)
		}
	}
}

// TestErrorsShowNothing damages descriptions and links in many places. What is said of them has nothing of their keys.
func TestErrorsShowNothing(t *testing.T) {
	d := sample(t, 2)
	text := string(d.YAML())
	secrets := []string{encode(d.Key[:])[:12], encode(d.Chunks[0].Replicas[0].Key.AppendPKCS8(nil))[20:32], encode(d.Chunks[0].Replicas[0].ID)[:12]}
	var damaged []string
	for i := range text {
		damaged = append(damaged, text[:i]+text[min(i+9, len(text)):], text[:i]+": "+text[i:], text[:i]+"\n"+text[i:], text[:i]+"\""+text[i:], text[:i])
	}
	damaged = append(damaged, strings.ReplaceAll(text, "digest: ", ""), text+text, strings.ReplaceAll(text, "  - 1", "  - 1: x\n    1"))
	for _, text := range damaged {
		for _, read := range []func() error{
			func() error { _, err := Parse([]byte(text)); return err },
			func() error { _, err := ParseLink("simplex:/file#/?desc=" + text); return err },
			func() error { _, err := ParseLink("https://a/#" + encode([]byte(text))); return err },
		} {
			err := read()
			if err == nil {
				continue
			}
			for _, secret := range secrets {
				if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("%q", err)
				}
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(sample(f, 2).YAML()))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse([]byte(text))
		if err != nil {
			return
		}
		written := d.YAML()
		again, err := Parse(written)
		if err != nil || len(again.Chunks) != len(d.Chunks) || again.Size != d.Size || again.Key != d.Key {
			t.Fatalf("%v:\n%s", err, written)
		}
		if got, want := again.ServerSizes(), d.ServerSizes(); !reflect.DeepEqual(got, want) {
			t.Fatalf("routers %v, want %v", got, want)
		}
	})
}

// TestServersReadBack: the routers of a description are the same in YAML and in both links.
func TestServersReadBack(t *testing.T) {
	for _, c := range []struct {
		hosts []string
		port  string
	}{
		{[]string{"a.example"}, ""},
		{[]string{"a.example"}, "443"},
		{[]string{"a.example", "b.onion"}, "7443"},
		{[]string{"192.0.2.7"}, "7443"},
		{[]string{"fd00::7"}, ""},
		{[]string{"fd00::7"}, "7443"},
		{[]string{"::1", "fd00::7"}, "443"},
	} {
		d := sample(t, 1)
		server := &d.Chunks[0].Replicas[0].Server
		server.Hosts, server.Port = c.hosts, c.port
		fromYAML, err1 := Parse(d.YAML())
		fromURI, _, err2 := ParseURI(d.URI("simplex:", ""))
		link, err3 := url.Parse(d.WebLink("https://a.example:5443"))
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		fromLink, err := ParseFragment(link.Fragment)
		if err != nil {
			t.Fatal(err)
		}
		for _, again := range []*Description{fromYAML, fromURI, fromLink} {
			if got := again.Chunks[0].Replicas[0].Server; !reflect.DeepEqual(got, *server) {
				t.Errorf("%v is read as %v", *server, got)
			}
		}
	}
}

func FuzzParseLinks(f *testing.F) {
	f.Add(sample(f, 1).URI("simplex:", "{}"))
	f.Add(sample(f, 1).Fragment())
	f.Fuzz(func(t *testing.T, link string) {
		ParseURI(link)
		if d, err := ParseFragment(link); err == nil {
			if _, err := ParseFragment(d.Fragment()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
