package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/manage"
	"switchyard/smp"
)

func initCommand(p paths) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "Set up a router in " + p.cfgDir + " and " + p.logDir,
		Example: "  smp-server init -y -n smp.example.net --no-password --disable-web",
		Args:    cli.Arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return initialize(cmd, p, o) },
	}
	o.addTo(cmd.Flags())
	return cmd
}

// initialize sets a router up. The ini file comes last: its presence says that everything else is there.
func initialize(cmd *cobra.Command, p paths, o initOptions) error {
	if _, err := os.Lstat(p.ini()); err == nil {
		return fmt.Errorf("%s exists, so there is a router already; run `smp-server start`", p.ini())
	}
	if err := emptyOfQueues(p); err != nil {
		return err
	}
	if err := o.normalize(); err != nil {
		return err
	}
	if !o.yes {
		if err := ask(cmd.InOrStdin(), cmd.OutOrStdout(), &o); err != nil {
			return err
		}
	}
	if err := p.program().MakeDirectories(); err != nil {
		return err
	}
	scheme, err := manage.ParseAlgorithm(o.algorithm)
	if err != nil {
		return err
	}
	id, err := identity.Create(p.cfgDir, scheme, o.commonName(), time.Now())
	if err != nil {
		return err
	}
	values := o.iniValues(p)
	text, err := values.render()
	if err != nil {
		return err
	}
	if err := inifile.Create(p.ini(), text); err != nil {
		return err
	}
	report(cmd.OutOrStdout(), p, id, values)
	noteUnserved(cmd, &o)
	return nil
}

// emptyOfQueues refuses to begin a router where another has left its queues: with a new identity nobody could reach
// them. The reference deletes them here.
func emptyOfQueues(p paths) error {
	for _, name := range append([]string{p.storeDir()}, referenceStores(p.logDir)...) {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s holds the queues of a router; bring back its %s, or move the queues away", name, p.ini())
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// referenceStores are the files and directories in which the reference keeps queues and messages.
func referenceStores(logDir string) []string {
	return []string{
		filepath.Join(logDir, "smp-server-store.log"),
		filepath.Join(logDir, "smp-server-messages.log"),
		filepath.Join(logDir, "messages"),
	}
}

func (o *initOptions) commonName() string {
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
	return o.commonName()
}

func (o *initOptions) iniValues(p paths) iniValues {
	v := iniValues{
		SourceCode: o.sourceCode, ServerCountry: o.info.serverCountry,
		Operator: o.info.operator, OperatorCountry: o.info.operatorCountry, Website: o.info.website,
		Hosting: o.info.hosting, HostingCountry: o.info.hostingCountry, HostingType: o.info.hostingType,
		StoreLog: o.storeLog, DailyStats: o.dailyStats,
		DBConnection: unless(o.database, defaultDatabase), DBSchema: unless(o.schema, defaultSchema),
		DBPoolSize: unless(strconv.Itoa(int(o.poolSize)), strconv.Itoa(defaultPoolSize)),
		Host:       o.host(), ControlPort: o.controlPort,
		OwnDomains: o.ownDomains, SocksProxy: o.socksProxy,
		WebPath: o.webPath,
		WebCert: orElse(o.webCert, filepath.Join(p.cfgDir, "web.crt")), WebKey: orElse(o.webKey, filepath.Join(p.cfgDir, "web.key")),
		Ports:     orElse(o.ports, "5223,443"),
		StorePath: p.storeDir(),
	}
	if v.WebPath == "" {
		v.WebPath = filepath.Join(p.logDir, "www")
	}
	if o.disableWeb {
		v.WebOff = "# "
	}
	if !o.noPassword {
		if v.Password = o.password; v.Password == "" {
			v.Password = randomPassword(32)
		}
	}
	if o.controlPort != "" {
		v.AdminPassword, v.ControlPassword = randomPassword(18), randomPassword(18)
	}
	return v
}

// unless is the value, or nothing when it is the default.
func unless(value, def string) string {
	if value == def {
		return ""
	}
	return value
}

// randomPassword is base64url of n random bytes.
func randomPassword(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.URLEncoding.EncodeToString(b)
}

// report prints what was made, in the lines and order of the reference. At this point the address has no port.
func report(w io.Writer, p paths, id identity.Identity, v iniValues) {
	fmt.Fprintf(w, "Server initialized, please provide additional server information in %s.\n", p.ini())
	fmt.Fprintln(w, "Run `smp-server start` to start server.")
	p.program().AdviseOnCAKey(w)
	manage.PrintServer(w, version(), smp.ServerAddress{
		Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: []string{v.Host}, BasicAuth: v.Password,
	})
	manage.PrintSourceCode(w, v.SourceCode)
}

// noteUnserved names options that are in the ini now and have no effect in this version.
func noteUnserved(cmd *cobra.Command, o *initOptions) {
	var names []string
	for _, option := range []struct {
		given bool
		name  string
	}{
		{o.database != defaultDatabase || o.schema != defaultSchema || o.poolSize != defaultPoolSize, "--database"},
	} {
		if option.given {
			names = append(names, option.name)
		}
	}
	if len(names) > 0 {
		note(cmd, "written to the ini, but without effect in this version: %s", strings.Join(names, ", "))
	}
}

// ask completes the options in a dialogue, with the questions of the reference in their order.
func ask(in io.Reader, out io.Writer, o *initOptions) error {
	d := manage.NewDialogue(in, out)
	d.Say("Use `smp-server init -h` for available options.")
	d.Line("A router will be set up now (press Enter)")
	o.storeLog = d.YesNo("Keep queues and messages on disk, so that they outlive a restart", true)
	o.dailyStats = d.YesNo("Write the counters of each day to a file", false)
	d.Say("Shall clients need a password to create queues?")
	o.password, o.noPassword = d.Password()
	o.fqdn = d.Host("FQDN or IP address for the certificate ("+o.commonName()+"): ", o.fqdn)
	o.sourceCode = d.URI("URI of the source code", orElse(o.sourceCode, sourceURI))
	if path := d.Line("Directory for the generated pages (" + orElse(o.webPath, "www beside the store") + "): "); path != "" {
		o.webPath = path
	}
	return d.Err()
}

func orElse(s, def string) string {
	if s != "" {
		return s
	}
	return def
}
