package router

import "switchyard/xftp/packets"

// cause is what the log may say of an error: without the names of files and objects, which are IDs of packets.
func cause(err error) string { return packets.Cause(err) }
