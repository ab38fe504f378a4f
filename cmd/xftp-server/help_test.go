package main

import (
	"testing"

	"switchyard/server/cli/clitest"
)

func TestHelp(t *testing.T) { clitest.Help(t, rootCommand(pathsFromEnv())) }
