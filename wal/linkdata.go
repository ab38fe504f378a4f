package wal

import (
	"switchyard/shard"
	"switchyard/smp"
)

// Link data stands apart from the record of its queue, as it is read only when somebody asks for it:
//
//	u32 length of the fixed part ‖ fixed ‖ user

// Link implements shard.Store. A queue without link data is ErrMissing.
func (s *Store) Link(queue *smp.ID) (shard.LinkData, error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	in := s.enter()
	defer in.Leave()
	v, closer, err := in.DB.Get(appendKey(sc.key[:0], spaceLinkData, queue[:]))
	if err != nil {
		return shard.LinkData{}, missing(err)
	}
	defer closer.Close()
	d, ok := parseLinkData(append([]byte(nil), v...))
	if !ok {
		return d, ErrCorrupt
	}
	return d, nil
}

func appendLinkData(b []byte, d *shard.LinkData) []byte {
	b = smp.AppendU32(b, uint32(len(d.Fixed)))
	return append(append(b, d.Fixed...), d.User...)
}

// parseLinkData returns parts of b.
func parseLinkData(b []byte) (d shard.LinkData, ok bool) {
	n, rest, ok := smp.ParseU32(b)
	if !ok || uint64(n) > uint64(len(rest)) {
		return d, false
	}
	return shard.LinkData{Fixed: rest[:n:n], User: rest[n:]}, true
}

func (t *transaction) PutLink(queue *smp.ID, d *shard.LinkData) {
	t.key = appendLinkData(t.key[:0], d)
	t.set(spaceLinkData, queue[:], t.key)
}

func (t *transaction) DeleteLink(queue *smp.ID, linkID []byte) {
	t.delete(spaceLinks, linkID)
	t.delete(spaceLinkData, queue[:])
}
