// Package container is the entry point of a server in a container: it sets the server up from environment variables at the first
// start, makes a backup at every start, and starts. It takes the variables and volumes of the reference's images, and does what
// their scripts do:
//
//	ADDR   name or IP address of the server; needed at the first start
//	PASS   password of the server, none when it is empty
//	…      what else the server asks for
//
// and of its own:
//
//	BACKUPS            how many backups are kept in the directory backups of the state directory (7); 0 makes none
//	CERTIFICATES_PATH  directory of ADDR.crt and ADDR.key for browsers (/certificates)
//
// container imports server/backup, server/cli and server/manage.
package container

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
)

// Command is the command start of a server, behind what prepare does. The texts say what is asked for at the first start, and what
// at every start.
func Command(start *cobra.Command, first, every, example string, prepare func(*cobra.Command) error) *cobra.Command {
	const short = "Set the router up from environment variables where there is none, back it up, and start it: the entry point of images"
	cmd := &cobra.Command{
		Use:     "container",
		Short:   short,
		Long:    short + ".\n\nAt the first start:\n" + first + "\nAt every start:\n" + every + "\nThe options are those of start.",
		Example: example,
		Args:    start.Args,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := prepare(cmd); err != nil {
				return err
			}
			return start.RunE(cmd, args)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(start.Flags())
	return cmd
}

// Address is ADDR: one of the two.
type Address struct{ IP, FQDN string }

// ParseAddress reads ADDR as the reference's script does: what has letters and no colon is a name, which has a dot; anything else
// is an IP address.
func ParseAddress(text string) (a Address, err error) {
	letters := strings.ContainsFunc(text, func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' })
	switch {
	case text == "":
		return a, errors.New("ADDR is not set; set it to the name of this router, such as smp1.example.org, or to its IP address")
	case letters && !strings.Contains(text, ":"):
		if !strings.Contains(text, ".") {
			return a, fmt.Errorf("ADDR %q is no name of a host on the Internet; set one such as smp1.example.org or example.org", text)
		}
		a.FQDN, err = cli.Host("ADDR", text)
	default:
		if a.IP, err = cli.IP("ADDR", text); err == nil {
			a.IP = netip.MustParseAddr(a.IP).String()
		}
	}
	return a, err
}

// Host is either.
func (a Address) Host() string {
	if a.FQDN != "" {
		return a.FQDN
	}
	return a.IP
}

// Domain is the last two labels of the name, empty for an IP address.
func (a Address) Domain() string {
	labels := strings.Split(a.FQDN, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

// Variable is an environment variable, or what it is without a value.
func Variable(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}

// Certificates is where the certificate for browsers and its key are.
func (a Address) Certificates() (cert, key string) {
	name := filepath.Join(Variable("CERTIFICATES_PATH", "/certificates"), a.Host())
	return name + ".crt", name + ".key"
}

// keepBackups is how many backups are kept without BACKUPS.
const keepBackups = 7

// Backup has save make a backup in the directory backups of the state directory, and removes the oldest that are too many, as well
// as what a kill left of one. A store that is not there yet is not backed up.
func Backup(state, store string, now time.Time, save func(dir string) error) error {
	keep, err := strconv.Atoi(Variable("BACKUPS", strconv.Itoa(keepBackups)))
	if err != nil || keep < 0 {
		return fmt.Errorf("BACKUPS %q is no number; set how many backups are kept, 0 for none", os.Getenv("BACKUPS"))
	}
	if keep == 0 || !backup.HoldsStore(store) {
		return nil
	}
	_, err = backup.Rotate(filepath.Join(state, "backups"), keep, now, save)
	return err
}
