//go:build !linux

package engine

import "net"

// listenConfig makes listeners whose connections tell whether their peers are still there.
var listenConfig = net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
	Enable:   true,
	Idle:     keepAliveIdle,
	Interval: keepAliveInterval,
	Count:    keepAliveCount,
}}
