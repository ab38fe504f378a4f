package main

// tag is the build tag of what is compiled in simulations only.
const tag = "simulate"

// woven is a package that is simulated. Its limits are so small that a few connections and queues meet them.
type woven struct {
	dir     string
	smaller map[string]string
}

var packages = []woven{
	{"shard", map[string]string{
		"inFlight":    "3",
		"DrainLimit":  "12",
		"RingSize":    "8",
		"flowLimit":   "4",
		"quantum":     "6",
		"fairSize":    "12",
		"readyLimit":  "4",
		"walkRows":    "2",
		"notifyStep":  "2",
		"recoverStep": "3",
		"suspectStep": "2",
		"leaveStep":   "2",
		"flushStep":   "2",
		"expireStep":  "2",
		"expireBatch": "3",
	}},
	{"shard/credit", map[string]string{"Limit": "3"}},
	{"shard/idtable", nil},
	{"shard/linkid", nil},
	{"shard/registry", nil},
	{"shard/ring", map[string]string{"spins": "2"}},
	{"shard/unread", nil},
	{"engine", map[string]string{
		"outputPause": "3 * 16 << 10", // as large as a window, as ever
		"askedLimit":  "8",
		"inboxSize":   "4",
		"inboxBytes":  "128 << 10",
		"gatherLimit": "3",
		"writeBlocks": "2",
	}},
	{"server/listen", nil},
}
