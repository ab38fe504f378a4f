// Package control is the control port of all servers: a line protocol by which operators ask a running server, and tell it
// what to do. Its words are those of the reference.
//
//	listener ─▶ gate: 16 sessions ─▶ session: a line ─▶ name ─▶ arguments ─▶ role ─▶ the command runs ─▶ its answer
//	                                     │ too long, binary, unended, late           │ nobody reads it
//	                                     ▼                                           ▼
//	                                 the session ends, counted by cause          so it does
//
// A server is a table of commands: a name, the least role that may give it, and a parser, which reads the arguments and
// returns what to do. Lines end with LF or CRLF and have at most 4,096 bytes. What does not parse is answered with `error:`
// and the words of the reference's parser, so that scripts which look for them find them (args.go). A command without the
// role for it is answered with `AUTH`.
//
// There are two ways in, with 16 sessions each:
//
//	TCP on the loopback interface    every session begins without a role; auth gives it one, which stays
//	the socket beside the store      only its user may open it, who is administrator without a password; each answer ends
//	                                 with an empty line, so that a program knows where (ask.go)
//
// A session is a goroutine, which alone touches its fields. A Server may be used by several goroutines. The package imports
// server/cli, server/inifile, server/listen, server/metrics, server/reload and server/crash, and smp for what blocks an entity.
package control
