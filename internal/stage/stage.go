package stage

// Stage is a part of the work on commands.
type Stage uint8

// The stages, in the order in which a command passes them. What one time is of stands behind each.
const (
	Open   Stage = iota // records and blocks are opened, commands parsed: input of a connection
	Ring                // commands wait for their shard: batch of a block
	Load                // queues that are not in memory are read from the store: drain
	Verify              // authorizations are verified: drain
	Apply               // commands are executed, bodies sealed: drain
	Commit              // writes go to the store: drain
	Sync                // the writes become as durable as the store promises: drain that wrote
	Seal                // replies are encrypted: block
	Write               // blocks go to the socket: connection
	stages
)

var names = [stages]string{
	Open: "open", Ring: "ring", Load: "load", Verify: "verify", Apply: "apply", Commit: "commit", Sync: "sync",
	Seal: "seal", Write: "write",
}

// String is the value of the label "stage".
func (s Stage) String() string { return names[s] }
