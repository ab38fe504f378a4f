package smp

import "testing"

type queueCase struct {
	VMin           Version `json:"v_min"`
	VMax           Version `json:"v_max"`
	V              Version
	Server         string
	SenderID       hexBytes `json:"sender_id"`
	DHKey          hexBytes `json:"dh_public"`
	Mode           *string  `json:"queue_mode"`
	Text           string
	Binary         hexBytes
	ReparsedText   string   `json:"reparsed_text"`
	ReparsedBinary hexBytes `json:"reparsed_binary"`
}

func (c *queueCase) address(t *testing.T) QueueAddress {
	t.Helper()
	server, err := ParseServerAddress(c.Server)
	if err != nil {
		t.Fatal(err)
	}
	a := QueueAddress{Server: server, SenderID: c.SenderID, DHKey: c.DHKey}
	if c.Mode != nil {
		a.Mode = QueueMode((*c.Mode)[0])
	}
	return a
}

func TestQueueURI(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "encoding"), "queue_uri", 24, func(t *testing.T, c queueCase) {
		u := QueueURI{VersionRange{c.VMin, c.VMax}, c.address(t)}
		eq(t, "queue URI", AppendQueueURI(nil, &u), c.Binary)
		if got := u.String(); got != c.Text {
			t.Errorf("queue URI\n got %s\nwant %s", got, c.Text)
		}
		parsed, rest, ok := ParseQueueURI(c.Binary)
		if !ok || len(rest) > 0 {
			t.Fatalf("queue URI %x: %v, rest %x", c.Binary, ok, rest)
		}
		eq(t, "parsed queue URI", AppendQueueURI(nil, &parsed), c.ReparsedBinary)
		fromText, err := ParseQueueURIText(c.Text)
		if err != nil || fromText.String() != c.ReparsedText {
			t.Errorf("queue URI %s\n got %s, %v\nwant %s", c.Text, fromText.String(), err, c.ReparsedText)
		}
	})
}

func TestQueueInfo(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "encoding"), "queue_info", 24, func(t *testing.T, c queueCase) {
		i := QueueInfo{c.V, c.address(t)}
		b := AppendQueueInfo(nil, &i)
		eq(t, "queue info", b, c.Binary)
		parsed, rest, ok := ParseQueueInfo(append(b, "tail"...))
		if !ok || string(rest) != "tail" {
			t.Fatalf("queue info %x: %v, rest %x", b, ok, rest)
		}
		eq(t, "parsed queue info", AppendQueueInfo(nil, &parsed), c.ReparsedBinary)
		i.Mode = ModeUnset // the mode at the end is optional
		for n := range AppendQueueInfo(nil, &i) {
			if _, _, ok := ParseQueueInfo(b[:n]); ok {
				t.Errorf("queue info of version %d: read %d of %d bytes", c.V, n, len(b))
			}
		}
	})
}

func TestQueueURIForms(t *testing.T) {
	const (
		server = "smp://AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=@smp.example.org"
		key    = "MCowBQYDK2VuAyEA3KiRWvOORtuym2SiKo4HhvGXszeO3QzQqLC4WmYlgTM="
		keyQ   = "MCowBQYDK2VuAyEA3KiRWvOORtuym2SiKo4HhvGXszeO3QzQqLC4WmYlgTM%3D"
	)
	canonical := server + "/YWJj#/?v=1&dh=" + keyQ
	for _, c := range []struct{ in, want string }{
		{server + "/YWJj#" + key, canonical},
		{server + "/YWJj/#" + key, canonical},
		{server + "/YWJj#" + key + "?v=1", canonical},
		{server + "/YWJj#" + key + "/?v=1", canonical},
		{server + "/YWJj#?v=1&dh=" + keyQ, canonical},
		{server + "/YWJj#/?dh=" + keyQ + "&v=1-1&other=x", canonical},
		{server + "/YWJj#/?v=1&dh=" + keyQ + "&k=s", canonical + "&q=m&k=s"},
		{server + "/YWJj#/?v=1&dh=" + keyQ + "&q=c&k=s", canonical + "&q=c"},
		{server + "/YWJj#/?v=1&dh=" + keyQ + "&srv=abc.onion,[::1]", canonical + "&srv=abc.onion%2C%3A%3A1"},
		{server + "/YWJj#/?dh=" + keyQ, ""},
		{server + "/YWJj#/?v=1", ""},
		{server + "/YWJj#/?v=2-1&dh=" + keyQ, ""},
		{server + "/YWJj#/?v=1&dh=YWJj", ""},
		{server + "/YWJj#/?v=1&srv=%zz&dh=" + keyQ, ""},
		{server + "/YWJj#/?v=1&srv=a.b.onion&dh=" + keyQ, ""},
		{server + "/#/?v=1&dh=" + keyQ, ""},
		{server + "YWJj#/?v=1&dh=" + keyQ, ""},
		{server + "/YWJj", ""},
		{"xftp" + server[3:] + "/YWJj#" + key, ""},
		{server[:50] + ":pass" + server[50:] + "/YWJj#" + key, ""},
	} {
		u, err := ParseQueueURIText(c.in)
		if (err == nil) != (c.want != "") || err == nil && u.String() != c.want {
			t.Errorf("%s\n got %v, %v\nwant %s", c.in, u, err, c.want)
		}
	}
}
