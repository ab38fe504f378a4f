package smp

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// BlockReason is why an entity is blocked.
type BlockReason uint8

const (
	BlockSpam BlockReason = iota
	BlockContent
)

var blockReasons = [...]string{BlockSpam: "spam", BlockContent: "content"}

func (r BlockReason) String() string { return blockReasons[r] }

// Notice is shown to the client of a blocked entity from version 18 on.
type Notice struct {
	Present bool
	HasTTL  bool
	TTL     int64 // seconds; without it for ever
}

// Blocked is what the operator said of the entity, if e says that it is blocked.
func (e Error) Blocked() (reason BlockReason, notice Notice, ok bool) {
	if e.code != errBlocked || e.relayed > 0 {
		return 0, Notice{}, false
	}
	return BlockReason(e.detail), e.notice, true
}

func appendNotice(b []byte, n Notice) []byte {
	if !n.Present {
		return b
	}
	b = append(b, `,notice={`...)
	if n.HasTTL {
		b = strconv.AppendInt(append(b, `"ttl":`...), n.TTL, 10)
	}
	return append(b, '}')
}

func parseBlocked(e *Error, b []byte) bool {
	for i, reason := range blockReasons {
		rest, found := bytes.CutPrefix(b, []byte(reason))
		if !found {
			continue
		}
		e.detail = uint8(i)
		if len(rest) == 0 {
			return true
		}
		text, found := bytes.CutPrefix(rest, []byte(",notice="))
		return found && parseNotice(&e.notice, text)
	}
	return false
}

func parseNotice(n *Notice, text []byte) bool {
	var fields struct {
		TTL *int64 `json:"ttl"`
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) || json.Unmarshal(text, &fields) != nil {
		return false
	}
	n.Present = true
	if fields.TTL != nil {
		n.HasTTL, n.TTL = true, *fields.TTL
	}
	return true
}
