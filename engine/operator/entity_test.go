package operator

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"switchyard/server/control/controltest"
	"switchyard/smp"
)

// ours is the address of the router of these tests.
var ours = smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: [32]byte{7, 8, 9}, Hosts: []string{"smp.example.org", "abcd.onion"}}

func raw(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// fullLink is a link of the queue with this sender ID on a router.
func fullLink(kind string, servers []smp.ServerAddress, sender []byte) string {
	var queues []string
	for i := range servers {
		u := smp.QueueURI{Range: smp.VersionRange{Min: 1, Max: 4}, QueueAddress: smp.QueueAddress{
			Server: servers[i], SenderID: sender, Mode: smp.ModeContact,
			DHKey: append([]byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00"), make([]byte, 32)...),
		}}
		queues = append(queues, u.String())
	}
	link := kind + "#/?v=2-7&smp=" + url.QueryEscape(strings.Join(queues, ";"))
	if strings.Contains(kind, "invitation") {
		link += "&e2e=v%3D2-3%26x3dh%3Dkeys"
	}
	return link
}

// TestEntities: links of all kinds lead to the queue that they are of, and links to other routers are refused.
func TestEntities(t *testing.T) {
	address := startOperated(t, func(r *Router) { r.Address = ours })
	s := controltest.Dial(t, address, "the end")
	s.Give("")
	s.Give("auth userpass\n")
	hash := base64.RawURLEncoding.EncodeToString(ours.KeyHash[:])
	decoded, err := base64.RawURLEncoding.DecodeString("RTOeshx4-8K2dLBR2CDh7eyNW844Ikc2") // queue 7, a contact
	if err != nil {
		t.Fatal(err)
	}
	link := linkOf(t, decoded)
	other := ours
	other.KeyHash[0]++
	elsewhere := ours
	elsewhere.Hosts = []string{"smp.example.net"}
	key := make([]byte, 32)
	const found, unknown = "status: EntityActive, updatedAt: Just (RoundedSystemTime {roundedSeconds = 1795305600}), queueMode: Just QMContact", "error: AUTH"
	refused := func(why string) string { return "error: the link leads to another router: " + why }
	for _, test := range []struct{ name, want string }{
		{raw(decoded), found},
		{base64.URLEncoding.EncodeToString(decoded), found},
		{raw(link), found},
		{"https://smp.example.org/i#" + raw(link) + "/" + raw(key) + "?h=abcd.onion&p=5223&c=" + hash, found},
		{"https://SMP.Example.org/i#" + raw(link) + "/" + raw(key), found},
		{"simplex:/i#" + raw(link) + "/" + raw(key) + "?h=smp.example.org%2Cabcd.onion&c=" + hash, found},
		{"simplex:/a#" + raw(key) + "?h=smp.example.org&c=" + hash, unknown}, // of this router, but of no queue
		{fullLink("simplex:/contact", []smp.ServerAddress{ours}, decoded), found},
		{fullLink("https://simplex.chat/contact", []smp.ServerAddress{other, ours}, decoded), found},
		{fullLink("https://simplex.chat/invitation/", []smp.ServerAddress{ours}, decoded), found},
		{fullLink("simplex:/contact", []smp.ServerAddress{other}, decoded), refused("its fingerprint is not this one's")},
		{fullLink("simplex:/contact", []smp.ServerAddress{elsewhere}, decoded), refused("none of its hosts is in [TRANSPORT] host")},
		{fullLink("simplex:/contact", []smp.ServerAddress{ours, ours}, decoded), "error: the link leads to 2 queues of this router; give the sender ID of one"},
		{"https://smp.example.net/i#" + raw(link) + "/" + raw(key), refused("none of its hosts is in [TRANSPORT] host")},
		{"https://smp.example.org/a#" + raw(key) + "?c=" + raw(make([]byte, 32)), refused("its fingerprint is not this one's")},
		{"https://smp.example.org/x#" + raw(key), "error: link: not TYPE#KEY with a type of a, c, g or r, or i#LINKID/KEY"},
		{"simplex:/contact", "error: link: neither simplex:/ nor https:// with the path of a link"},
	} {
		if got := s.Give("status " + test.name + "\n"); got != test.want+"\n" {
			t.Errorf("%s:\n%swant\n%s", test.name, got, test.want)
		}
	}
	if got, want := s.Give(fmt.Sprintf("block %s reason=spam\n", fullLink("simplex:/contact", []smp.ServerAddress{ours}, decoded))), "ok, queue blocked: EntityBlocked (BlockingInfo {reason = BRSpam, notice = Nothing})\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Without hosts in the ini the fingerprint decides alone.
func TestRouterWithoutHosts(t *testing.T) {
	r := &Router{Address: smp.ServerAddress{KeyHash: ours.KeyHash}}
	if err := r.isOurs(&ours, true); err != nil {
		t.Error(err)
	}
	if err := r.isOurs(&ours, false); err == nil || err.Error() != "it has no fingerprint, and [TRANSPORT] host has no host; give the link ID" {
		t.Error(err)
	}
}
