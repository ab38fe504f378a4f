package main

import (
	"testing"

	"switchyard/cmd/internal/cli/clitest"
)

func TestHelp(t *testing.T) { clitest.Help(t, rootCommand(pathsFromEnv())) }
