package engine_test

import (
	"testing"

	"switchyard/internal/namedtests"
)

// given is what the routers of tests are asked for.
var given namedtests.Log

func TestMain(m *testing.M) { given.Main(m, "engine", "../smp/COMMANDS.md") }
