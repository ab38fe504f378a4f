// Package moving measures a move from the reference's router and back: it writes the state of one, has it imported, starts the
// router on it, and has it exported. It imports loadtest/process and smp.
//
// The state is made as the reference leaves one: a store log whose first nine tenths are in order, as the last start has written
// them, and whose rest is what came since then, and a messages log. A fifth of the queues has a notifier, a tenth a link, and
// there is a message for each tenth queue, of full size, ten in each queue that has some. Everything follows from a number.
package moving
