package smp

import "testing"

// FuzzInfo: the report of a queue is JSON of many forms; what it says survives in ours.
func FuzzInfo(f *testing.F) {
	g := newGen(f)
	for range 8 {
		b, _ := g.response(RespInfo, CurrentVersion)
		f.Add(b[len("INFO "):])
	}
	f.Add([]byte(`{"qiSnd":true,"qiNtf":false,"qiSize":1,"qiMsg":{"msgId":"AAAA","msgTs":"2026-11-23T00:00:00.5Z","msgType":"quota"}}`))
	f.Fuzz(func(t *testing.T, params []byte) {
		info, ok := ParseInfo(params)
		if !ok || info.Msg != nil && (info.Msg.Time.UTC().Year() > 9999 || info.Msg.Time.UTC().Year() < 0) {
			return
		}
		again := AppendInfo(nil, &info)[len("INFO "):]
		twice, ok := ParseInfo(again)
		if !ok {
			t.Fatalf("%q was written as %q", params, again)
		}
		eq(t, "info", AppendInfo(nil, &twice)[len("INFO "):], again)
	})
}
