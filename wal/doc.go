// Package wal is the write-ahead log and the store of queues and messages, on Pebble. It implements shard.Store.
package wal

import "switchyard/shard"

var _ shard.Store = (*Store)(nil)
