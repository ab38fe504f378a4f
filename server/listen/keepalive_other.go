//go:build !linux

package listen

import "net"

// listenConfig makes listeners whose connections tell whether their peers are still there.
var listenConfig = net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
	Enable:   true,
	Idle:     keepAliveIdle,
	Interval: keepAliveInterval,
	Count:    keepAliveCount,
}}
