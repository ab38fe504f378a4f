package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/container"
	"switchyard/server/crash"
	"switchyard/server/manage"
	"switchyard/smp"
)

func containerCommand(p paths) *cobra.Command {
	return container.Command(startCommand(p),
		`  ADDR        name or IP address of the router, needed
  QUOTA       how much may be stored, such as 100gb, needed
  PASS        password for uploading; empty: none
  FILES_PATH  directory of the packets (default /srv/xftp)`,
		`  BACKUPS     how many backups are kept in `+p.logDir+`/backups (default 7; 0 makes none); packets are not in them`,
		"  ADDR=xftp.example.org QUOTA=100gb xftp-server container", func(cmd *cobra.Command) error { return prepareContainer(cmd, p) })
}

// prepareContainer does what is to be done before start. A backup that fails is spoken of, and keeps no router down.
func prepareContainer(cmd *cobra.Command, p paths) error {
	if _, err := os.Lstat(p.ini()); errors.Is(err, fs.ErrNotExist) {
		o, err := containerOptions(os.Getenv("ADDR"), os.Getenv("PASS"), os.Getenv("QUOTA"))
		if err != nil {
			return err
		}
		if err := initialize(cmd, p, o); err != nil {
			return err
		}
	}
	s, _, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.coreDumps {
		if err := crash.Silence(); err != nil { // which begins the process anew, so that it comes before the backup
			return err
		}
	}
	if !s.persist {
		return nil
	}
	save := func(dir string) error { return backUp(cmd.Context(), p, dir, true) }
	if err := container.Backup(p.logDir, s.storePath, time.Now(), save); err != nil {
		note(cmd.ErrOrStderr(), "no backup is made: %v", err)
	}
	return nil
}

// containerOptions are those that the reference's script gives to init, and what it edits in the ini afterwards.
func containerOptions(addr, password, quota string) (*initOptions, error) {
	address, err := container.ParseAddress(addr)
	switch {
	case err != nil:
		return nil, err
	case quota == "":
		return nil, errors.New("QUOTA is not set; set how much may be stored, such as 100gb")
	case password != "" && !smp.ValidBasicAuth(password):
		return nil, errors.New("PASS is not valid: " + manage.PasswordRule)
	}
	o := &initOptions{
		storeLog: true, algorithm: "ED448", filesPath: container.Variable("FILES_PATH", "/srv/xftp"),
		quota: strings.ToLower(quota), password: password, ip: manage.LoopbackIP, fqdn: address.FQDN,
	}
	if address.IP != "" {
		o.ip = address.IP
	}
	return o, nil
}
