// Command smp-server is the SMP router: `smp-server init` sets it up, `smp-server start` runs it.
//
// Options, files, ini and output are those of the reference's program of this name (facts: ntf-and-ops, part B), so
// that scripts and units written for it work. Results go to standard output, errors and logs to standard error; an
// error is one line that says what is wrong and how to mend it, and the exit code is 1.
//
// The package holds what the command line and the ini say, and nothing of the protocol: start.go hands a
// configuration to package engine and a directory to package wal, and waits for a signal.
package main

import (
	"fmt"
	"os"
	"path/filepath"

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
func version() string { return "SMP server v" + versionNumber + " / " + commit }

// paths are the directories of one router.
type paths struct {
	cfgDir string // ini, certificates
	logDir string // store, logs
}

func (p paths) ini() string { return filepath.Join(p.cfgDir, iniName) }

// program is what the commands need that are the same for every server.
func (p paths) program() *manage.Program {
	return &manage.Program{
		Name: "smp-server", Version: version(), IniName: iniName,
		Config: p.cfgDir, ConfigEnv: "SMP_SERVER_CFG_PATH", State: p.logDir, StateEnv: "SMP_SERVER_LOG_PATH",
	}
}

// pathsFromEnv takes the directories from the environment; an empty value means the default.
func pathsFromEnv() paths {
	p := paths{cfgDir: "/etc/opt/simplex", logDir: "/var/opt/simplex"}
	if dir := os.Getenv("SMP_SERVER_CFG_PATH"); dir != "" {
		p.cfgDir = dir
	}
	if dir := os.Getenv("SMP_SERVER_LOG_PATH"); dir != "" {
		p.logDir = dir
	}
	return p
}

func main() {
	cli.Main(rootCommand(pathsFromEnv()))
}

// note prints what somebody who runs the command should know.
func note(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), "smp-server: note: "+format+"\n", args...)
}

func rootCommand(p paths) *cobra.Command {
	program := p.program()
	root := cli.Root(&cobra.Command{
		Use:     program.Name,
		Short:   "SMP router",
		Example: "  smp-server init -y -n smp.example.net --no-password --disable-web\n  smp-server start",
		Version: version(),
	}, initCommand(p), program.CertCommand(), startCommand(p), addressCommand(p), deleteCommand(p), backupCommand(p), restoreCommand(p), checkCommand(p), containerCommand(p),
		control.CommandLine("smp-server", socketOf(p)), status.CommandLine("smp-server", socketOf(p)), seedCommand(p),
		importCommand(p), exportCommand(p))
	root.AddCommand(replacedCommands(p)...)
	return root
}
