package smp

import (
	"encoding/json"
	"time"
)

// Info is the state of a queue that QUE reports, a JSON object behind "INFO ".
type Info struct {
	Secured  bool     `json:"qiSnd"`           // a sender's key is set
	Notifier bool     `json:"qiNtf"`           // a notifier is set
	Sub      *InfoSub `json:"qiSub,omitempty"` // subscription of the asking connection
	Size     int      `json:"qiSize"`          // messages, the quota marker included
	Msg      *InfoMsg `json:"qiMsg,omitempty"` // the first message
}

// InfoSub is the subscription of a connection.
type InfoSub struct {
	Thread    SubThread `json:"qSubThread"`
	Delivered []byte    `json:"qDelivered,omitempty"` // ID of the message that waits for ACK
}

// SubThread is the delivery state of a subscription.
type SubThread string

const (
	SubThreadNone     SubThread = "noSub"       // nothing waits
	SubThreadPending  SubThread = "subPending"  // a message waits for room in the connection
	SubThreadRunning  SubThread = "subThread"   // the same, in the reference's own thread
	SubThreadProhibit SubThread = "prohibitSub" // GET was used: SUB is prohibited
)

// InfoMsg describes a message.
type InfoMsg struct {
	ID   []byte      `json:"msgId"`
	Time time.Time   `json:"msgTs"` // UTC
	Type InfoMsgType `json:"msgType"`
}

// InfoMsgType tells a message from the marker of a full queue.
type InfoMsgType string

const (
	InfoMessage InfoMsgType = "message"
	InfoQuota   InfoMsgType = "quota"
)

// AppendInfo appends INFO. Byte strings are standard base64, times ISO 8601 in UTC.
func AppendInfo(b []byte, info *Info) []byte {
	out := *info
	if out.Msg != nil {
		msg := *out.Msg
		msg.Time = msg.Time.UTC()
		out.Msg = &msg
	}
	text, err := json.Marshal(&out)
	if err != nil {
		panic("smp: queue info: " + err.Error()) // only a year over 9999 has no JSON
	}
	return append(append(b, "INFO "...), text...)
}

// ParseInfo reads the JSON of INFO.
func ParseInfo(params []byte) (info Info, ok bool) {
	return info, json.Unmarshal(params, &info) == nil
}
