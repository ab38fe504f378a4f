package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest/load"
	"switchyard/smp"
)

// clientFlags are those of every scenario that is given a router.
type clientFlags struct {
	server  string
	version string
	plain   bool
	timeout time.Duration
	json    string
}

func (f *clientFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.server, "server", "", "`ADDRESS` of the router, smp://FINGERPRINT@HOST:PORT")
	cmd.Flags().StringVar(&f.version, "version", "", "SMP `VERSIONS`: one or a range, as 19 or 8-14 (default: all)")
	cmd.Flags().BoolVar(&f.plain, "no-block-encryption", false, "connect without block encryption")
	cmd.Flags().DurationVar(&f.timeout, "connect-timeout", 0, "for each connection (default 15s)")
	addJSON(cmd, &f.json)
}

// ownCommand lets arguments stand behind "--" only, where they are the command of a router.
func ownCommand(cmd *cobra.Command, args []string) error {
	if at := cmd.ArgsLenAtDash(); at > 0 || at < 0 && len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: the command of a router of the run's own comes after --", args[0])
	}
	return nil
}

func addJSON(cmd *cobra.Command, json *string) {
	cmd.Flags().StringVar(json, "json", "", "also write the report as JSON to `FILE`, - for standard output")
}

// client reads the flags.
func (f *clientFlags) client() (c load.Client, err error) {
	c.BlockEncryption, c.Timeout = !f.plain, f.timeout
	if c.Address, err = smp.ParseServerAddress(f.server); err != nil {
		return c, fmt.Errorf("--server: %w", err)
	}
	if f.version != "" {
		c.Versions, err = parseVersions(f.version)
	}
	return c, err
}

// parseVersions reads "19" or "8-14".
func parseVersions(text string) (smp.VersionRange, error) {
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	least, err1 := strconv.ParseUint(first, 10, 16)
	most, err2 := strconv.ParseUint(last, 10, 16)
	r := smp.VersionRange{Min: smp.Version(least), Max: smp.Version(most)}
	if err1 != nil || err2 != nil || r.Min > r.Max || r.Min < smp.MinVersion || r.Max > smp.CurrentVersion {
		return r, fmt.Errorf("--version %s: give a version or a range within %d-%d", text, smp.MinVersion,
			smp.CurrentVersion)
	}
	return r, nil
}
