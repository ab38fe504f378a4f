package main

import (
	"testing"

	"github.com/spf13/cobra"

	"switchyard/server/manage/managetest"
)

// TestGoldenInit: init does of every case what the reference's does, and start reads what the reference's has written.
func TestGoldenInit(t *testing.T) {
	g := managetest.GoldenInit{
		Server: "xftp", IniName: iniName,
		Command: func(config, state string) *cobra.Command { return rootCommand(paths{config, state}) },
		Load: func(config, state string) ([]string, error) {
			_, notes, err := loadSettings(paths{config, state})
			return notes, err
		},
		More: []string{
			"admin_pgp", "admin_pgp_fingerprint", "complaints_pgp", "complaints_pgp_fingerprint",
			"usage_conditions", "condition_amendments", "https",
		},
		Another: map[string]string{
			"source_code": "it is of another program",
		},
		Refused: map[string]string{
			"-p $DIR/files -q 100": "less than a packet",
		},
	}
	g.Run(t)
}
