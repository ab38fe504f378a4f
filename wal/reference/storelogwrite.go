package reference

import "switchyard/shard"

// appendCreateLine appends the line that makes a queue as it is, with its fields in the order that the reference wants.
func appendCreateLine(b []byte, q *Queue) []byte {
	r := &q.Record
	b = appendBase64(append(b, "CREATE rid="...), r.RecipientID[:])
	b = append(b, " rk="...)
	for i, key := range r.RecipientKeys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendBase64(b, key)
	}
	b = appendBase64(append(b, " rdh="...), r.Secret[:])
	b = appendBase64(append(b, " sid="...), r.SenderID[:])
	b = appendBase64(append(b, " sk="...), r.SenderKey)
	switch r.Mode {
	case shard.ModeMessaging:
		b = append(b, " queue_mode=M"...)
	case shard.ModeContact:
		b = append(b, " queue_mode=C"...)
	}
	if q.Link != nil {
		b = appendBase64(append(b, " link_id="...), r.LinkID)
		b = appendBase64(append(b, " queue_data="...), q.Link.Fixed)
		b = appendBase64(append(b, ' '), q.Link.User)
	}
	if n := r.Notifier; n != nil {
		b = appendBase64(append(b, " notifier="...), n.ID[:])
		b = appendBase64(append(b, ' '), n.Key)
		b = appendBase64(append(b, ' '), n.Secret[:])
		if n.Service != nil {
			b = appendBase64(append(b, " nsrv="...), n.Service)
		}
	}
	if r.Updated > 0 {
		b = appendNumber(append(b, " updated_at="...), int64(r.Updated)*secondsOfDay)
	}
	switch r.Status {
	case shard.StatusOff:
		b = append(b, " status=off"...)
	case shard.StatusBlocked:
		b = append(append(b, " status=blocked,"...), r.Blocked...)
	}
	if r.Service != nil {
		b = appendBase64(append(b, " rsrv="...), r.Service)
	}
	return append(b, '\n')
}

// appendServiceLine appends the line of a service.
func appendServiceLine(b []byte, s *Service) []byte {
	b = appendBase64(append(b, "NEW_SERVICE service_id="...), s.ID[:])
	b = append(append(b, " role="...), byte(s.Role))
	b = append(b, " cert="...)
	for i, der := range s.Chain {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendBase64(b, der)
	}
	b = appendBase64(append(b, " cert_hash="...), s.Fingerprint[:])
	b = appendNumber(append(b, " created_at="...), s.Created)
	return append(b, '\n')
}
