package manage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/inifile"
)

// Deletion is what delete removes of a server.
type Deletion struct {
	Content string // what is lost with the server: queues
	Long    string // what the help says beside the first line

	// Patterns of package filepath, for what is the server's own in the two directories, the reference's files included.
	Config, State []string
	// Store is the usual directory of the store, and Beside what the names of files end with that may stand beside it.
	Store  string
	Beside []string
	// Left says where else there is something that is of no use any more; it may be nil. The ini is what it was.
	Left func(*inifile.File) string
}

// DeleteCommand is delete.
func (p *Program) DeleteCommand(d Deletion) *cobra.Command {
	return &cobra.Command{
		Use:   "delete",
		Short: "Delete the router in " + p.Config + " and " + p.State,
		Long:  d.Long,
		Args:  cli.Arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.delete(cmd, &d) },
	}
}

// delete removes the server's files after the answer Y, and nothing but Y.
func (p *Program) delete(cmd *cobra.Command, d *Deletion) error {
	if !directories.Has(p.Config, d.Config...) && !directories.Has(p.State, d.State...) {
		return fmt.Errorf("there is no router in %s and %s; set %s and %s to where one is", p.Config, p.State, p.ConfigEnv, p.StateEnv)
	}
	release, err := directories.Alone(p.Config)
	if err != nil {
		return err
	}
	defer release()
	store, alsoLeft := p.elsewhere(d)
	all := p.Config + " and " + p.State
	if store != "" {
		all = p.Config + ", " + p.State + " and " + store
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "WARNING: deleting the server will make all %s inaccessible: its identity cannot be made again.\n", d.Content)
	fmt.Fprintf(out, "It is in %s.\n", all)
	if NewDialogue(cmd.InOrStdin(), out).Line("Continue (Y/n): ") != "Y" {
		return errors.New("nothing is deleted; answer Y to delete " + all)
	}
	left, err := directories.Remove(p.Config, d.Config...)
	more, err2 := directories.Remove(p.State, d.State...)
	left, err = append(left, more...), errors.Join(err, err2)
	if store != "" {
		more, err2 = directories.RemoveStore(store)
		left, err = append(left, more...), errors.Join(err, err2)
		for _, end := range d.Beside {
			err = errors.Join(err, os.RemoveAll(store+end))
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted configuration and log files")
	if len(left) > 0 {
		p.Note(cmd.ErrOrStderr(), "left, as it is not the router's or cannot be removed: %s", strings.Join(left, ", "))
	}
	if alsoLeft != "" {
		p.Note(cmd.ErrOrStderr(), "%s", alsoLeft)
	}
	return nil
}

// elsewhere tells where the ini has the store if that is not its usual place, and what is left besides. What cannot be found,
// as the ini cannot be read, stays.
func (p *Program) elsewhere(d *Deletion) (store, left string) {
	f, err := inifile.Load(p.Ini())
	if err != nil {
		return "", ""
	}
	if store = f.Text("SWITCHYARD", "store_path", ""); store != "" && filepath.Clean(store) == filepath.Clean(d.Store) {
		store = ""
	}
	if d.Left != nil {
		left = d.Left(f)
	}
	return store, left
}
