package main

import (
	"testing"

	"github.com/spf13/cobra"

	"switchyard/server/manage/managetest"
)

// TestGoldenInit: init does of every case what the reference's does, and start reads what the reference's has written.
func TestGoldenInit(t *testing.T) {
	before := sourceURI
	defer func() { sourceURI = before }()
	sourceURI = "https://github.com/simplex-chat/simplexmq" // which the reference is built from
	g := managetest.GoldenInit{
		Server: "smp", IniName: iniName,
		Command: func(config, state string) *cobra.Command { return rootCommand(paths{config, state}) },
		Load: func(config, state string) ([]string, error) {
			_, notes, err := loadSettings(paths{config, state})
			return notes, err
		},
	}
	g.Run(t)
}
