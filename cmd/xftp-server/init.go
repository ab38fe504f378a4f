package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/manage"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp/packets"
)

// initOptions are the options of init, those of the reference's program.
type initOptions struct {
	filesPath, quota string
	ip, fqdn         string
	algorithm        string
	storeLog         bool
	disableStoreLog  bool
	webPath          string

	password string // for uploading, which only containers set; empty: none is asked
}

func initCommand(p paths) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "Set up a router in " + p.cfgDir + " and " + p.logDir,
		Example: "  xftp-server init -p /srv/xftp -q 100gb -n xftp.example.net",
		Args:    cli.Arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return initialize(cmd, p, &o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.filesPath, "path", "p", "", "`DIRECTORY` of the files (required)")
	f.StringVarP(&o.quota, "quota", "q", "", "`SIZE` of what may be stored, such as 100gb (required)")
	f.StringVar(&o.ip, "ip", manage.LoopbackIP, "`IP` address, the certificate's name when there is no FQDN")
	f.StringVarP(&o.fqdn, "fqdn", "n", "", "`FQDN`, the certificate's name and the host in the address")
	f.StringVarP(&o.algorithm, "sign-algorithm", "a", "ED448", "`ALGORITHM` of the certificates: ED25519 or ED448")
	f.BoolVarP(&o.storeLog, "store-log", "l", false, "keep files over a restart (the default)")
	f.BoolVar(&o.disableStoreLog, "disable-store-log", false, "know of files in memory only")
	f.StringVar(&o.webPath, "web-path", "", "`DIRECTORY` of the page (default: www beside the store)")
	return cmd
}

// check also makes hosts what they are in addresses.
func (o *initOptions) check() (tls.SignatureScheme, error) {
	scheme, err := manage.ParseAlgorithm(o.algorithm)
	switch {
	case err != nil:
		return 0, err
	case o.filesPath == "":
		return 0, errors.New("--path is missing; give the directory of the files, such as -p /srv/xftp")
	case o.quota == "":
		return 0, errors.New("--quota is missing; give how much may be stored, such as -q 100gb")
	case o.storeLog && o.disableStoreLog:
		return 0, errors.New("--store-log and --disable-store-log contradict each other; give one of them")
	}
	if _, err := parseQuota(o.quota); err != nil {
		return 0, fmt.Errorf("--quota %w", err)
	}
	if o.ip, err = cli.IP("--ip", o.ip); err != nil {
		return 0, err
	}
	if o.fqdn != "" {
		if o.fqdn, err = cli.Host("--fqdn", o.fqdn); err != nil {
			return 0, err
		}
	}
	if err := cli.Line("--path", o.filesPath); err != nil {
		return 0, err
	}
	return scheme, cli.Line("--web-path", o.webPath)
}

// name is what the certificate is for.
func (o *initOptions) name() string {
	if o.fqdn != "" {
		return o.fqdn
	}
	return o.ip
}

// host is what the address shows: a placeholder when nothing better than the loopback address is known.
func (o *initOptions) host() string {
	if o.fqdn == "" && o.ip == manage.LoopbackIP {
		return inifile.UnknownHosts
	}
	return o.name()
}

// initialize sets a router up. The ini file comes last: its presence says that everything else is there.
func initialize(cmd *cobra.Command, p paths, o *initOptions) error {
	scheme, err := o.check()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(p.ini()); err == nil {
		return fmt.Errorf("%s exists, so there is a router already; run `xftp-server start`", p.ini())
	}
	for _, name := range []string{p.storeDir(), p.storeLog(), packets.Uploads(o.filesPath)} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s holds the files of a router; bring back its %s, or move them away", name, p.ini())
		}
	}
	if err := p.program().MakeDirectories(); err != nil {
		return err
	}
	id, err := identity.Create(p.cfgDir, scheme, o.name(), time.Now())
	if err != nil {
		return err
	}
	text, err := o.values(p).render()
	if err != nil {
		return err
	}
	if err := inifile.Create(p.ini(), text); err != nil {
		return err
	}
	if there, err := os.ReadDir(o.filesPath); err == nil && len(there) > 0 {
		note(cmd.ErrOrStderr(), "%s is not empty; packets will be stored beside what is there", o.filesPath)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "Server initialized, you can modify configuration in %s.\nRun `xftp-server start` to start server.\n", p.ini())
	p.program().AdviseOnCAKey(out)
	manage.PrintServer(out, version(), o.address(id))
	return nil
}

func (o *initOptions) values(p paths) iniValues {
	v := iniValues{
		SourceCode: sourceURI, StoreLog: !o.disableStoreLog, Host: o.host(), FilesPath: o.filesPath, Quota: o.quota,
		WebPath: o.webPath, WebCert: filepath.Join(p.cfgDir, "web.crt"), WebKey: filepath.Join(p.cfgDir, "web.key"),
		StorePath: p.storeDir(), Password: o.password,
	}
	if v.WebPath == "" {
		v.WebPath = filepath.Join(p.logDir, "www")
	}
	return v
}

// address is that of the new router, on the default port.
func (o *initOptions) address(id identity.Identity) smp.ServerAddress {
	return smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: id.Hash, Hosts: []string{o.host()}}
}
