// Package process runs the processes of a load run: a router of the run's own, and processes of this program that share its
// work.
//
//	router.go    a router: init, start, wait until it serves, stop or kill, what it says at its end
//	settings.go  settings in the ini of a router
//	stat.go      CPU time and memory of a process, from /proc
//	child.go     a process of this program: configuration as argument, orders on its input, status on its output
//	own.go       a router of the run's own, started and removed; fill.go: one whose store is filled offline
//	group.go     a process group in the sense of a load run: children that get the same orders
//	commands.go  the other side of that, the command loop of a child
//	limits.go    limits of the system, and which command raises them
//
// Children are processes and not goroutines so that each has its own limit of open files, so that none of their work delays the
// clients whose latency is measured, and so that a run can kill them.
//
// The package imports smp for addresses, and results and seeded to fill stores; a router is a program to it, never a package.
// A Router belongs to one goroutine, and so does a Group; a Child's output is read by a goroutine that ends with the process.
package process
