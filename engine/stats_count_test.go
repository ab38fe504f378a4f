package engine

import (
	"testing"

	"switchyard/smp"
)

// TestBlocksOfSeveralCommands: a block counts by its first command when it has several of one party, and no others.
func TestBlocksOfSeveralCommands(t *testing.T) {
	for _, test := range []struct {
		block []smp.CommandTag
		want  smp.CommandTag // 0: none
	}{
		{[]smp.CommandTag{smp.CmdSub}, 0},
		{[]smp.CommandTag{smp.CmdSub, smp.CmdSub}, smp.CmdSub},
		{[]smp.CommandTag{smp.CmdDel, smp.CmdSub, smp.CmdAck}, smp.CmdDel},
		{[]smp.CommandTag{smp.CmdNSub, smp.CmdNSub}, smp.CmdNSub},
		{[]smp.CommandTag{smp.CmdSub, smp.CmdNSub}, 0},
		{[]smp.CommandTag{smp.CmdSub, smp.CmdSend}, 0},
	} {
		var l loopTally
		for _, tag := range test.block {
			l.block.add(tag)
		}
		l.countBlock()
		for tag := range l.batches {
			n := int64(0)
			if smp.CommandTag(tag) == test.want && tag != 0 {
				n = 1
			}
			if got := l.batches[tag].Load(); got != n {
				t.Errorf("%v: %d of %v", test.block, got, smp.CommandTag(tag))
			}
		}
	}
}
