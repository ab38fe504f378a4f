package smp

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// linkCase is a link of the vectors, short or full.
type linkCase struct {
	Text, Input string
	Result      *string  // null: refused
	LinkID      hexBytes `json:"link_id"`
	Server      struct {
		Hosts   []string
		Port    string
		KeyHash hexBytes `json:"key_hash"`
	}
	Queues []struct {
		Server   string
		SenderID hexBytes `json:"sender_id"`
	}
}

func TestShortLink(t *testing.T) {
	check := func(t *testing.T, c linkCase) {
		l, err := ParseLink(c.Text)
		if err != nil {
			t.Fatalf("%s: %v", c.Text, err)
		}
		eq(t, "link ID", l.LinkID, c.LinkID)
		if !slices.Equal(l.Server.Hosts, c.Server.Hosts) || l.Server.Port != c.Server.Port || l.Hashed != (len(c.Server.KeyHash) > 0) {
			t.Errorf("%s: %+v, want %+v", c.Text, l.Server, c.Server)
		}
		if l.Hashed {
			eq(t, "hash", l.Server.KeyHash[:], c.Server.KeyHash)
		}
	}
	cases := readVectors[rawCase](t, "links")
	eachCase(t, cases, "short_invitation", 6, check)
	eachCase(t, cases, "short_contact", 8, check)
}

func TestFullLink(t *testing.T) {
	check := func(t *testing.T, c linkCase) {
		l, err := ParseLink(c.Text)
		if err != nil || len(l.Queues) != len(c.Queues) {
			t.Fatalf("%s: %d queues, %v", c.Text, len(l.Queues), err)
		}
		for i := range l.Queues {
			eq(t, "sender ID", l.Queues[i].SenderID, c.Queues[i].SenderID)
			if got := l.Queues[i].Server.String(); got != c.Queues[i].Server {
				t.Errorf("%s, want %s", got, c.Queues[i].Server)
			}
		}
	}
	cases := readVectors[rawCase](t, "links")
	eachCase(t, cases, "invitation", 8, check)
	eachCase(t, cases, "contact", 8, check)
}

// What the reference refuses is refused, and what it takes leads to the same queues as its canonical text.
func TestParseLink(t *testing.T) {
	check := func(t *testing.T, c linkCase) {
		l, err := ParseLink(c.Input)
		if (err == nil) != (c.Result != nil) {
			t.Fatalf("%q: %v", c.Input, err)
		}
		if err == nil {
			want, err := ParseLink(*c.Result)
			if err != nil || !reflect.DeepEqual(l, want) {
				t.Errorf("%q: %+v, want %+v, %v", c.Input, l, want, err)
			}
		}
	}
	cases := readVectors[rawCase](t, "links")
	eachCase(t, cases, "short_parse", 20, check)
	eachCase(t, cases, "link_parse", 15, check)
}

func FuzzLink(f *testing.F) {
	f.Add("https://smp.example.org/a#iEsFsBsSZoZQhcJZYUCrjw1velBxq_KIsI9rNXGxPhg?p=5223&c=Y21axKQablA-8buxwVrqqZ-LGequdbApt15Xwiexgkk")
	f.Add("simplex:/i#78tz1XtfrTIMqnRUaRPUsU5LX3txuuX6/iEsFsBsSZoZQhcJZYUCrjw1velBxq_KIsI9rNXGxPhg?h=smp.example.org")
	f.Add("simplex:/contact#/?v=2-7&smp=smp%3A%2F%2F6E8EgcHhb3eD-Tb7E1t-kUB_15QhISTxs234PV-TO1g%3D%40smp617.example.org%2FKSietwK9bJTbhPt0bzww7VVtK5s7MXjN%23%2F%3Fv%3D1-4%26dh%3DMCowBQYDK2VuAyEAkzNbSkTuvds6_b8kV9fS4krVQSxr2zP_E90T7vRSwWE%253D")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			return
		}
		ids := l.Names(func(server *ServerAddress, _ bool) bool { return len(server.Hosts) > 0 })
		if len(ids) == 0 || strings.ContainsAny(text, " \n") {
			t.Errorf("%q names %d queues", text, len(ids))
		}
		if none := l.Names(func(*ServerAddress, bool) bool { return false }); none != nil {
			t.Errorf("%q names %x of no router", text, none)
		}
	})
}
