package operator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/server/control"
	"switchyard/shard"
	"switchyard/smp"
)

// entity is a queue as the operator names it.
type entity struct {
	id   []byte
	link string // in the place of an ID
}

func readEntity(a *control.Args) (e entity) {
	e.id, e.link = a.IDOrLink()
	return e
}

// find is the ID that names the entity on this router.
func (r *Router) find(e entity) ([]byte, error) {
	if e.link == "" {
		return e.id, nil
	}
	l, err := smp.ParseLink(e.link)
	if err != nil {
		return nil, err
	}
	var why error
	ids := l.Names(func(server *smp.ServerAddress, hashed bool) bool {
		err := r.isOurs(server, hashed)
		if err != nil {
			why = err
		}
		return err == nil
	})
	switch len(ids) {
	case 0:
		return nil, fmt.Errorf("the link leads to another router: %w", why)
	case 1:
		return ids[0], nil
	}
	return nil, fmt.Errorf("the link leads to %d queues of this router; give the sender ID of one", len(ids))
}

// isOurs judges whether an address is this router's. A short link may have no fingerprint, and the ini no hosts, but one of
// the two decides.
func (r *Router) isOurs(server *smp.ServerAddress, hashed bool) error {
	if hashed && server.KeyHash != r.Address.KeyHash {
		return errors.New("its fingerprint is not this one's")
	}
	ours := func(host string) bool {
		return slices.ContainsFunc(r.Address.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
	}
	switch {
	case len(r.Address.Hosts) == 0 && !hashed:
		return errors.New("it has no fingerprint, and [TRANSPORT] host has no host; give the link ID")
	case len(r.Address.Hosts) > 0 && !slices.ContainsFunc(server.Hosts, ours):
		return errors.New("none of its hosts is in [TRANSPORT] host")
	}
	return nil
}

// refusal is what the operator is told of a failure: the reference's words where no queue has the ID.
func refusal(err error) error {
	if errors.Is(err, shard.ErrNoQueue) {
		return smp.ErrAuth
	}
	return err
}
