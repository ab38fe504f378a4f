package main

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/container"
	"switchyard/server/crash"
	"switchyard/server/manage"
)

func containerCommand(p paths) *cobra.Command {
	return container.Command(startCommand(p),
		`  ADDR               name or IP address of the router, needed
  PASS               password for creating queues; empty: none
  WEB_MANUAL         not empty: no HTTPS, and port 5223 alone, as a proxy in front has port 443
  CERTIFICATES_PATH  directory of ADDR.crt and ADDR.key (default /certificates)`,
		`  BACKUPS            how many backups are kept in `+p.logDir+`/backups (default 7; 0 makes none)`,
		"  ADDR=smp.example.org smp-server container", func(cmd *cobra.Command) error { return prepareContainer(cmd, p) })
}

// prepareContainer does what is to be done before start. A backup that fails is spoken of, and keeps no router down.
func prepareContainer(cmd *cobra.Command, p paths) error {
	if _, err := os.Lstat(p.ini()); errors.Is(err, fs.ErrNotExist) {
		o, err := containerOptions(os.Getenv("ADDR"), os.Getenv("PASS"), os.Getenv("WEB_MANUAL") != "")
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
	if err := container.Backup(p.logDir, s.storePath, time.Now(), func(dir string) error { return backUp(p, dir) }); err != nil {
		note(cmd, "no backup is made: %v", err)
	}
	return nil
}

// containerOptions are those that the reference's script gives to init, and what it edits in the ini afterwards.
func containerOptions(addr, password string, webManual bool) (o initOptions, err error) {
	address, err := container.ParseAddress(addr)
	if err != nil {
		return o, err
	}
	o = initOptions{
		yes: true, storeLog: true, dailyStats: true, sourceCode: sourceOfBuild, algorithm: "ED25519",
		database: defaultDatabase, schema: defaultSchema, poolSize: defaultPoolSize,
		ip: manage.LoopbackIP, fqdn: address.FQDN, ownDomains: address.Domain(),
		password: password, noPassword: password == "", disableWeb: webManual,
	}
	if address.IP != "" {
		o.ip = address.IP
	}
	o.webCert, o.webKey = address.Certificates()
	if webManual {
		o.webCert, o.webKey, o.ports = "", "", defaultPort
	}
	return o, nil
}
