package shard

import (
	"testing"

	"switchyard/internal/namedtests"
)

// given is what the tests of the package give and are answered.
var given namedtests.Log

func TestMain(m *testing.M) { given.Main(m, "shard", "../smp/COMMANDS.md") }
