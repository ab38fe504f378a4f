package operator

import (
	"strconv"
	"strings"

	"switchyard/shard"
	"switchyard/smp"
)

// showStatus writes the status of a queue.
func showStatus(s *shard.QueueState) string {
	switch s.Status {
	case shard.StatusOff:
		return "EntityOff"
	case shard.StatusBlocked:
		return "EntityBlocked (" + showBlocking(s.Blocked) + ")"
	}
	return "EntityActive"
}

// showBlocking writes why a queue is blocked.
func showBlocking(blocked smp.Error) string {
	reason, notice, ok := blocked.Blocked()
	if !ok {
		return "BlockingInfo {unreadable}" // what is stored of it does not parse
	}
	name := reason.String()
	return "BlockingInfo {reason = BR" + strings.ToUpper(name[:1]) + name[1:] + ", notice = " + showNotice(notice) + "}"
}

func showNotice(n smp.Notice) string {
	if !n.Present {
		return "Nothing"
	}
	ttl := "Nothing"
	if n.HasTTL {
		ttl = strconv.FormatInt(n.TTL, 10)
		if n.TTL < 0 {
			ttl = "(" + ttl + ")"
		}
		ttl = "Just " + ttl
	}
	return "Just (ClientNotice {ttl = " + ttl + "})"
}

// showDay writes the day of a queue's last use.
func showDay(day uint16) string {
	if day == 0 {
		return "Nothing"
	}
	const secondsPerDay = 24 * 60 * 60
	return "Just (RoundedSystemTime {roundedSeconds = " + strconv.Itoa(int(day)*secondsPerDay) + "})"
}

func showMode(m shard.Mode) string {
	switch m {
	case shard.ModeMessaging:
		return "Just QMMessaging"
	case shard.ModeContact:
		return "Just QMContact"
	}
	return "Nothing"
}

// showBool writes a truth value.
func showBool(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
