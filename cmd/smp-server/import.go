package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/inifile"
	"switchyard/wal"
	"switchyard/wal/reference"
	"switchyard/wal/reference/postgres"
)

// An import writes a draft beside the store, and renames its parts when all of it is whole:
//
//	store.partial/store              the store
//	store.partial/sort               what is being sorted
//	store.partial/import-report.txt  counts, and what was left out
//
// One that was killed leaves a draft, which the next one removes.
const (
	draftStore   = "store"
	draftSort    = "sort"
	importReport = "import-report.txt"
)

// Memory of an import, in bytes, whatever the size of what is imported.
const (
	importSorting = 128 << 20
	importLimit   = 640 << 20 // of the process
	importGarbage = 25        // percent of what is in use
	importCache   = 16 << 20
)

type importOptions struct {
	from     string
	database string
	schema   string
	messages string
	config   string
}

func importCommand(p paths) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import --from DIR | --database URI [--schema NAME] [--messages DIR] [--config DIR]",
		Short: "Take over the queues, services and messages of the reference's smp-server, which is stopped",
		Long: `Take over the queues, services and messages of the reference's smp-server, which is stopped.

DIR is where it kept them, ` + p.logDir + ` unless it was told otherwise; nothing in it is changed. With --config its ini,
keys, certificates and fingerprint are copied to ` + p.cfgDir + `, so that the address stays the same.

A router that kept its queues in PostgreSQL is taken over with --database, in one transaction that changes nothing there; its
messages are in the database, too, or in journals, which --messages names.

The store is made beside its place and gets its name when it is whole: an import that is killed begins again. Nothing is left out
for its age; start does that. ` + importReport + ` beside the store names the file and line of what could not be read.`,
		Example: "  smp-server import --from /var/opt/simplex\n" +
			"  smp-server import --from /srv/old/var --config /srv/old/etc\n" +
			"  smp-server import --database postgresql://smp@/smp_server_store --config /srv/old/etc",
		Args: cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, p); err != nil {
				return err
			}
			return importState(cmd, p, o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.from, "from", "", "`DIR` with smp-server-store.log and what belongs to it")
	f.StringVar(&o.database, "database", "", "`URI` of the database that has queues and services")
	f.StringVar(&o.schema, "schema", postgres.DefaultSchema, "`NAME` of the schema in the database")
	f.StringVar(&o.messages, "messages", "", "`DIR` with the journals that have the messages, beside a database")
	f.StringVar(&o.config, "config", "", "`DIR` with ini, keys, certificates and fingerprint, to be taken over as well")
	return cmd
}

// check refuses options that do not go together.
func (o *importOptions) check(cmd *cobra.Command, p paths) error {
	switch {
	case o.from == "" && o.database == "":
		return errors.New("--from is missing; name the directory of a stopped router, such as " + p.logDir + ", or its database with --database")
	case o.from != "" && o.database != "":
		return errors.New("--from and --database are two states; give the one where the queues are")
	case o.database == "" && (o.messages != "" || cmd.Flags().Changed("schema")):
		return errors.New("--schema and --messages belong to --database; leave them out")
	}
	return nil
}

// source opens what is imported.
func (o *importOptions) source(ctx context.Context, d *draft) (reference.Source, error) {
	if o.database == "" {
		return reference.OpenLogs(o.from, reference.LogsOptions{
			Scratch: filepath.Join(d.dir, draftSort), Memory: importSorting, Skip: d.report.Skip, Note: d.note,
		})
	}
	options := postgres.Options{Schema: o.schema, Skip: d.report.Skip, Note: d.note}
	if o.messages != "" {
		var err error
		if options.Journals, err = reference.OpenJournals(o.messages, d.report.Skip); err != nil {
			return nil, err
		}
	}
	return postgres.Open(ctx, o.database, options)
}

// boundMemory keeps garbage from being the larger part of what an import or export takes.
func boundMemory() {
	debug.SetMemoryLimit(importLimit)
	debug.SetGCPercent(importGarbage)
}

// importState imports, and tells what was imported.
func importState(cmd *cobra.Command, p paths, o importOptions) error {
	boundMemory()
	release, err := directories.Alone(p.cfgDir)
	if err != nil {
		return err
	}
	defer release()
	cfgDir, err := importConfig(p, o.config)
	if err != nil {
		return err
	}
	storePath, err := importPlace(cmd, p, filepath.Join(cfgDir, iniName))
	if err != nil {
		return err
	}
	d, err := newDraft(cmd, p, storePath)
	if err != nil {
		return err
	}
	n, err := d.fill(cmd, &o)
	if err == nil && o.config != "" {
		err = backup.RestoreConfig(p.program(), o.config)
	}
	if err == nil {
		err = d.publish()
	}
	if err = errors.Join(importFault(err, storePath), d.remove()); err != nil {
		return err
	}
	skipped := d.report.Skipped()
	fmt.Fprintf(cmd.OutOrStdout(), "imported %d queues, %d services, %d messages, %d notifications; %d deleted queues; %d lines skipped\n",
		n.Queues, n.Services, n.Messages, n.Notifications, n.Deleted, skipped)
	if skipped > 0 {
		note(cmd, "%s names what was left out", d.reportPath())
	}
	return d.giveAway(p, o.config != "")
}

// importPlace is where the store comes to be. There must be nothing yet.
func importPlace(cmd *cobra.Command, p paths, ini string) (string, error) {
	f, err := inifile.Load(ini)
	if err != nil {
		return "", err
	}
	path := f.Directory("SWITCHYARD", "store_path", p.storeDir())
	on := f.OnOff("STORE_LOG", "enable", false)
	if err := f.Err(); err != nil {
		return "", err
	}
	if !on {
		note(cmd, "%s keeps the router from using a store; set enable = on in section [STORE_LOG]", ini)
	}
	if backup.HoldsStore(path) {
		report := filepath.Join(filepath.Dir(path), importReport)
		if _, err := os.Lstat(report); err == nil {
			return "", fmt.Errorf("%s holds a store already: the import is done, and %s tells of it; to import once more, move the store away", path, report)
		}
		return "", fmt.Errorf("%s holds a store already, and an import makes one; move it away, or set store_path in section [SWITCHYARD]", path)
	}
	return path, backup.RequireEmpty(path)
}

// draft is an import on its way.
type draft struct {
	cmd       *cobra.Command
	dir       string
	storePath string
	report    *reference.Report
	release   func()
	madeIn    bool // the directory of the store was made, too
}

// newDraft begins a draft, in place of one that a killed import has left.
func newDraft(cmd *cobra.Command, p paths, storePath string) (*draft, error) {
	d := &draft{cmd: cmd, dir: storePath + backup.Partial, storePath: storePath}
	_, err := os.Lstat(filepath.Dir(storePath))
	d.madeIn = errors.Is(err, fs.ErrNotExist)
	err = os.MkdirAll(filepath.Dir(storePath), 0o755)
	if err == nil {
		err = os.Mkdir(d.dir, 0o700)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("cannot make the store: %w; run as the router's user or as root", err)
	}
	if d.release, err = directories.Alone(d.dir); err != nil {
		return nil, fmt.Errorf("%s is being written by another import; wait for its end", d.dir)
	}
	left, err := os.ReadDir(d.dir)
	for _, e := range left {
		err = errors.Join(err, os.RemoveAll(filepath.Join(d.dir, e.Name())))
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(d.dir, draftSort), 0o700)
	}
	if err == nil {
		d.report, err = reference.NewReport(filepath.Join(d.dir, importReport))
	}
	if err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// note tells the operator, now and in the report.
func (d *draft) note(text string) {
	note(d.cmd, "%s", text)
	d.report.Line(text)
}

// fill makes the store.
func (d *draft) fill(cmd *cobra.Command, o *importOptions) (n reference.Counts, err error) {
	source, err := o.source(cmd.Context(), d)
	if err != nil {
		return n, err
	}
	store, err := wal.Open(filepath.Join(d.dir, draftStore), wal.Options{Cache: importCache, MemTable: importCache})
	if err != nil {
		return n, err
	}
	im := &reference.Import{
		Source: source, Store: store, Report: d.report, Scratch: filepath.Join(d.dir, draftSort), Memory: importSorting,
	}
	show := cli.StartProgress(cmd, im.Stage, source.Progress)
	n, err = im.Run()
	show.End()
	if err == nil && o.database == "" {
		err = d.importStatistics(store, o.from)
	}
	if closing := store.Close(); err == nil { // which says the same again
		err = closing
	}
	if err != nil {
		return n, err
	}
	d.report.Line(fmt.Sprintf("%d queues, %d services, %d messages, %d notifications; %d deleted queues; %d lines skipped",
		n.Queues, n.Services, n.Messages, n.Notifications, n.Deleted, d.report.Skipped()))
	return n, d.report.Close()
}

func (d *draft) reportPath() string { return filepath.Join(filepath.Dir(d.storePath), importReport) }

// publish gives the parts of the draft their names, that of the store at last.
func (d *draft) publish() error {
	whole := filepath.Join(d.dir, draftStore)
	if err := backup.CloseTree(whole); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(d.dir, importReport), d.reportPath()); err != nil {
		return err
	}
	return backup.Publish(whole, d.storePath)
}

// remove takes the draft away.
func (d *draft) remove() error {
	defer d.release()
	err := os.RemoveAll(d.dir)
	if d.madeIn {
		_ = os.Remove(filepath.Dir(d.storePath)) // unless the store is there
	}
	return err
}

// importFault says that nothing has changed.
func importFault(err error, storePath string) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%s: the disk is full before all of it is taken over; make room, or set store_path in section [SWITCHYARD]; nothing was changed", filepath.Dir(storePath))
	}
	return fmt.Errorf("%w; nothing was changed", err)
}
