// Package xftpload puts load on XFTP routers.
//
//	xftpload.go  Run uploads or downloads packets, or holds downloads of slow readers; and its report
//	transfer.go  transfers over some connections; slow.go: readers that halt in the middle
//	floor.go     what the work of a transfer takes at least, measured beside it on the same machine
//	start.go     Start stops, kills and starts a router of the run's own
//
// The package imports xftp, xftp/client, box and smp, and of loadtest measure, process and results. A run belongs to one
// goroutine; each connection has one.
package xftpload
