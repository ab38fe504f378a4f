package smp

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha512"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// Link is what people pass on so that others connect. It says where queues are; how to encrypt is no affair of this package.
//
//	simplex:/TYPE#[LINKID/]KEY?h=HOST[,HOST…][&p=PORT][&c=KEYHASH]    short: TYPE is i with a link ID, or a, c, g, r without
//	https://HOST/TYPE#[LINKID/]KEY[?h=HOST…&p=PORT&c=KEYHASH]         the same; HOST comes before those of h
//	simplex:/invitation#/?v=RANGE&smp=QUEUEURI[;QUEUEURI…]&e2e=KEYS   full, of an invitation
//	https://HOST[:PORT]/contact#/?v=RANGE&smp=QUEUEURI…               full, of a contact; HOST is where the link is opened
//
// Both ends of a path may have a slash before the "#". The link ID of a, c, g and r is derived from KEY.
type Link struct {
	Server ServerAddress // of a short link; a link to a router that clients know may lack the hash and the port
	Hashed bool          // Server has a hash
	LinkID []byte        // of a short link; nil of a full one
	Queues []QueueURI    // of a full link; at least one
}

var (
	errLink       = errors.New("link: neither simplex:/ nor https:// with the path of a link")
	errLinkShort  = errors.New("link: not TYPE#KEY with a type of a, c, g or r, or i#LINKID/KEY")
	errLinkServer = errors.New("link: no router, or not as h=HOST&p=PORT&c=KEYHASH")
	errLinkQuery  = errors.New("link: not #/?v=RANGE&smp=QUEUEURI")
)

// ParseLink reads a link of any kind.
func ParseLink(text string) (l Link, err error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return l, errLink
	}
	var hosts []string
	path, simplex := strings.CutPrefix(text, "simplex:/")
	if !simplex {
		authority, isWeb := strings.CutPrefix(text, "https://")
		host, rest, ok := parseHost(authority)
		if !isWeb || !ok {
			return l, errLink
		}
		port := ""
		if port, rest = parsePort(rest); port == "" {
			hosts = []string{host} // with a port it is no router's
		}
		if path, ok = strings.CutPrefix(rest, "/"); !ok {
			return l, errLink
		}
	}
	kind, rest, ok := strings.Cut(path, "#")
	if !ok {
		return l, errLink
	}
	switch kind = strings.TrimSuffix(kind, "/"); {
	case kind == "invitation" || kind == "contact":
		l.Queues, err = parseFullLink(kind, rest)
	case !simplex && hosts == nil:
		err = errLinkServer
	case len(kind) == 1:
		err = l.parseShort(kind[0], rest, hosts)
	default:
		err = errLink
	}
	return l, err
}

// parseFullLink reads what follows the "#". An invitation has keys, which are not looked at.
func parseFullLink(kind, text string) (all []QueueURI, err error) {
	query, ok := strings.CutPrefix(text, "/?")
	fields, err := url.ParseQuery(query)
	if !ok || err != nil {
		return nil, errLinkQuery
	}
	if _, ok := ParseVersionRangeText(fields.Get("v")); !ok || kind == "invitation" && fields.Get("e2e") == "" {
		return nil, errLinkQuery
	}
	for text := range strings.SplitSeq(fields.Get("smp"), ";") {
		u, err := ParseQueueURIText(text)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// parseShort reads what follows the "#".
func (l *Link) parseShort(kind byte, text string, hosts []string) error {
	secret, query, _ := strings.Cut(text, "?")
	switch kind {
	case 'i':
		id, rest, ok := strings.Cut(secret, "/")
		if l.LinkID, ok = parseLinkPart(id, ok); !ok {
			return errLinkShort
		}
		secret = rest
	case 'a', 'c', 'g', 'r', 'A', 'C', 'G', 'R':
	default:
		return errLinkShort
	}
	key, ok := parseLinkPart(secret, true)
	if !ok {
		return errLinkShort
	}
	if kind != 'i' {
		l.LinkID = contactLinkID(key)
	}
	return l.parseServer(query, hosts)
}

func parseLinkPart(text string, there bool) ([]byte, bool) {
	if !there {
		return nil, false
	}
	return parseBase64URL(text)
}

// contactLinkID derives the link ID that the key of a contact's link leads to. What follows it is no affair of routers.
func contactLinkID(key []byte) []byte {
	id, err := hkdf.Key(sha512.New, key, nil, "SimpleXContactLink", len(ID{}))
	if err != nil {
		panic("smp: the link ID is shorter than what HKDF gives")
	}
	return id
}

// parseServer reads the router from the query; hosts are those before it.
func (l *Link) parseServer(query string, hosts []string) error {
	fields, err := url.ParseQuery(query)
	if err != nil {
		return errLinkServer
	}
	if text := fields.Get("h"); text != "" {
		more, rest, ok := parseHosts(text)
		if !ok || rest != "" {
			return errLinkServer
		}
		hosts = append(hosts, more...)
	}
	if len(hosts) == 0 {
		return errLinkServer
	}
	l.Server = ServerAddress{Scheme: SchemeSMP, Hosts: hosts}
	if text := fields.Get("p"); text != "" {
		port, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return errLinkServer
		}
		l.Server.Port = strconv.Itoa(int(uint16(port))) // the reference wraps what is too large
	}
	if text := fields.Get("c"); text != "" {
		hash, ok := parseBase64URL(text)
		if !ok || len(hash) != len(l.Server.KeyHash) {
			return errLinkServer
		}
		l.Server.KeyHash, l.Hashed = [32]byte(hash), true
	}
	return nil
}

// Names lists the IDs by which the queues of the link are found on the router that is this: a link ID, or sender IDs. That a
// router is this one is judged by is, which is told its hosts and, where there is one, its hash.
func (l *Link) Names(is func(server *ServerAddress, hashed bool) bool) (ids [][]byte) {
	if l.LinkID != nil {
		if is(&l.Server, l.Hashed) {
			ids = append(ids, bytes.Clone(l.LinkID))
		}
		return ids
	}
	for i := range l.Queues {
		if q := &l.Queues[i]; is(&q.Server, true) {
			ids = append(ids, bytes.Clone(q.SenderID))
		}
	}
	return ids
}
