// Command xftp-server is the XFTP router: `xftp-server init` sets it up, `xftp-server start` runs it.
//
// Options, files, ini and output are those of the reference's program of this name (facts: xftp, sections 4.8 to
// 4.11), so that scripts and units written for it work; it takes over the directories of the reference's router.
// Results go to standard output, errors and logs to standard error; an error is one line that says what is wrong and
// how to mend it, and the exit code is 1.
//
// The package holds what the command line and the ini say, and nothing of the protocol: start.go hands a
// configuration to package xftp/router and directories to package xftp/packets, and waits for a signal.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/control"
	"switchyard/server/manage"
	"switchyard/server/status"
)

// Set by the linker: see the Makefile.
var (
	commit    = "unknown" // of the source, 7 hex digits
	sourceURI = ""        // where that source is published; empty when the build does not know
)

const versionNumber = "0.1.0"

// version of this program. The line has the form that scripts for the reference take apart.
func version() string { return "XFTP server v" + versionNumber + " / " + commit }

// paths are the directories of one router.
type paths struct {
	cfgDir string // ini, certificates
	logDir string // store, statistics
}

func (p paths) ini() string         { return filepath.Join(p.cfgDir, iniName) }
func (p paths) storeDir() string    { return filepath.Join(p.logDir, "store") }
func (p paths) storeLog() string    { return filepath.Join(p.logDir, "file-server-store.log") }
func (p paths) dailyStats() string  { return filepath.Join(p.logDir, "file-server-stats.daily.log") }
func (p paths) statsBackup() string { return filepath.Join(p.logDir, "file-server-stats.log") }
func (p paths) metrics() string     { return filepath.Join(p.logDir, "xftp-server-metrics.txt") }

// program is what the commands need that are the same for every server.
func (p paths) program() *manage.Program {
	return &manage.Program{
		Name: "xftp-server", Version: version(), IniName: iniName,
		Config: p.cfgDir, ConfigEnv: "XFTP_SERVER_CFG_PATH", State: p.logDir, StateEnv: "XFTP_SERVER_LOG_PATH",
	}
}

// pathsFromEnv takes the directories from the environment; an empty value means the default.
func pathsFromEnv() paths {
	p := paths{cfgDir: "/etc/opt/simplex-xftp", logDir: "/var/opt/simplex-xftp"}
	if dir := os.Getenv("XFTP_SERVER_CFG_PATH"); dir != "" {
		p.cfgDir = dir
	}
	if dir := os.Getenv("XFTP_SERVER_LOG_PATH"); dir != "" {
		p.logDir = dir
	}
	return p
}

func main() {
	// Collect at 1.2 instead of 2 times what lives: there is little garbage, and what lives are buffers of transfers.
	debug.SetGCPercent(20)
	cli.Main(rootCommand(pathsFromEnv()))
}

// note prints what somebody who runs the command should know.
func note(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "xftp-server: note: "+format+"\n", args...)
}

func rootCommand(p paths) *cobra.Command {
	program := p.program()
	return cli.Root(&cobra.Command{
		Use:     program.Name,
		Short:   "XFTP router",
		Example: "  xftp-server init -p /srv/xftp -q 100gb -n xftp.example.net\n  xftp-server start",
		Version: version(),
	}, initCommand(p), program.CertCommand(), startCommand(p), addressCommand(p), databaseCommand(p), deleteCommand(p), backupCommand(p), restoreCommand(p),
		checkCommand(p), containerCommand(p),
		control.CommandLine("xftp-server", socketOf(p)), status.CommandLine("xftp-server", socketOf(p)), seedCommand(p))
}
