package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"switchyard/engine/relay"
	"switchyard/server/cli"
	"switchyard/server/manage"
	"switchyard/smp"
)

// initOptions are the options of init, those of the reference's program.
type initOptions struct {
	storeLog, disableStoreLog bool
	database, schema          string
	poolSize                  uint16
	dailyStats                bool
	algorithm                 string
	ip, fqdn                  string
	password                  string
	noPassword                bool
	controlPort, socksProxy   string
	ownDomains                string
	sourceCode                string
	info                      information
	webPath                   string
	disableWeb                bool
	yes                       bool

	// What only containers set; empty: the usual.
	ports, webCert, webKey string
}

// information is what a router may tell the public.
type information struct {
	operator, operatorCountry, website   string
	hosting, hostingCountry, hostingType string
	serverCountry                        string
}

// sourceOfBuild stands for the URI of the source that this program was built from.
const sourceOfBuild = "build"

const (
	defaultDatabase    = "postgresql://smp@/smp_server_store"
	defaultSchema      = "smp_server"
	defaultPoolSize    = 10
	defaultControlPort = "5224"
	defaultSocksProxy  = "127.0.0.1:9050"
	defaultHosting     = "virtual"
)

func (o *initOptions) addTo(f *pflag.FlagSet) {
	f.SortFlags = false
	f.BoolVarP(&o.storeLog, "store-log", "l", false, "keep queues and messages on disk (the default)")
	f.BoolVar(&o.disableStoreLog, "disable-store-log", false, "keep queues and messages in memory only")
	f.StringVarP(&o.database, "database", "d", defaultDatabase, "`CONNECTION` to the database, for other implementations")
	f.StringVar(&o.schema, "schema", defaultSchema, "`NAME` of the database schema, for other implementations")
	f.Uint16Var(&o.poolSize, "pool-size", defaultPoolSize, "`NUMBER` of connections to the database, for other implementations")
	f.BoolVarP(&o.dailyStats, "daily-stats", "s", false, "write the counters of each day to a CSV file")
	f.StringVarP(&o.algorithm, "sign-algorithm", "a", "ED25519", "`ALGORITHM` of the certificates: ED25519 or ED448")
	f.StringVar(&o.ip, "ip", manage.LoopbackIP, "`IP` address, the certificate's name when there is no FQDN")
	f.StringVarP(&o.fqdn, "fqdn", "n", "", "`FQDN`, the certificate's name and the host in the address")
	f.BoolVar(&o.noPassword, "no-password", false, "let everybody create queues")
	f.StringVar(&o.password, "password", "", "`PASSWORD` for creating queues (default: a random one)")
	f.StringVar(&o.controlPort, "control-port", "", "enable the control port, on `PORT`")
	f.StringVar(&o.socksProxy, "socks-proxy", "", "`HOST:PORT` of a SOCKS proxy towards other routers")
	f.StringVar(&o.ownDomains, "own-domains", "", "`DOMAINS` of your routers, separated by commas")
	f.StringVar(&o.sourceCode, "source-code", "", "`URI` of the source code; build is that of this build")
	f.Lookup("control-port").NoOptDefVal = defaultControlPort
	f.Lookup("socks-proxy").NoOptDefVal = defaultSocksProxy
	f.Lookup("source-code").NoOptDefVal = sourceOfBuild
	o.info.addTo(f)
	f.StringVar(&o.webPath, "web-path", "", "`DIRECTORY` of the generated pages (default: www beside the store)")
	f.BoolVar(&o.disableWeb, "disable-web", false, "serve no pages")
	f.BoolVarP(&o.yes, "yes", "y", false, "ask nothing")
}

func (i *information) addTo(f *pflag.FlagSet) {
	f.StringVar(&i.operator, "operator", "", "`NAME` of the operator")
	f.StringVar(&i.operatorCountry, "operator-country", "", "`COUNTRY` of the operator, two letters")
	f.StringVar(&i.hosting, "hosting", "", "`NAME` of the hosting provider")
	f.StringVar(&i.hostingCountry, "hosting-country", "", "`COUNTRY` of the hosting provider, two letters")
	f.StringVar(&i.hostingType, "hosting-type", "", "`TYPE`: virtual, dedicated, colocation or owned")
	f.StringVar(&i.serverCountry, "server-country", "", "`COUNTRY` where the machine stands, two letters")
	f.StringVar(&i.website, "operator-website", "", "`URI` of the operator's website")
}

// normalize checks the options and fills in what is not given.
func (o *initOptions) normalize() error {
	switch {
	case o.storeLog && o.disableStoreLog:
		return errors.New("--store-log and --disable-store-log contradict each other; give one of them")
	case o.noPassword && o.password != "":
		return errors.New("--no-password and --password contradict each other; give one of them")
	case o.password != "" && !smp.ValidBasicAuth(o.password):
		return errors.New("--password: " + manage.PasswordRule)
	case o.info != (information{}) && o.sourceCode == "":
		return errors.New("information about the router needs --source-code; add it")
	case o.info.operatorCountry != "" && o.info.operator == "":
		return errors.New("--operator-country needs --operator; add it")
	case o.info.hostingCountry != "" && o.info.hosting == "":
		return errors.New("--hosting-country needs --hosting; add it")
	}
	if _, err := manage.ParseAlgorithm(o.algorithm); err != nil {
		return err
	}
	if err := o.normalizeHosts(); err != nil {
		return err
	}
	if _, wrong := parseDomains(o.ownDomains); wrong != "" {
		return fmt.Errorf("--own-domains: %q is no domain; give names of hosts, separated by commas", wrong)
	}
	o.storeLog = !o.disableStoreLog
	if o.sourceCode == sourceOfBuild {
		o.sourceCode = sourceURI
	}
	if err := o.normalizePorts(); err != nil {
		return err
	}
	if err := o.info.normalize(); err != nil {
		return err
	}
	for _, v := range []struct{ option, text string }{
		{"--database", o.database}, {"--schema", o.schema}, {"--own-domains", o.ownDomains}, {"--web-path", o.webPath},
		{"--operator", o.info.operator}, {"--hosting", o.info.hosting},
	} {
		if err := cli.Line(v.option, v.text); err != nil {
			return err
		}
	}
	if err := cli.WebAddress("--source-code", o.sourceCode); err != nil {
		return err
	}
	return cli.WebAddress("--operator-website", o.info.website)
}

// normalizeHosts makes hosts what they are in addresses.
func (o *initOptions) normalizeHosts() (err error) {
	if o.ip, err = cli.IP("--ip", o.ip); err == nil && o.fqdn != "" {
		o.fqdn, err = cli.Host("--fqdn", o.fqdn)
	}
	return err
}

func (o *initOptions) normalizePorts() error {
	if n, err := strconv.ParseUint(o.controlPort, 10, 16); o.controlPort != "" && (err != nil || n == 0) {
		return fmt.Errorf("--control-port=%s is no port; give a number from 1 to 65535", o.controlPort)
	}
	if o.socksProxy == "" {
		return nil
	}
	if _, err := relay.ParseSocks(o.socksProxy); err != nil || cli.Line("", o.socksProxy) != nil { // it may hold a password
		return errors.New("--socks-proxy is no address; give HOST:PORT, with @ or USER:PASSWORD@ before it to connect without isolation")
	}
	return nil
}

func (i *information) normalize() error {
	for _, c := range []struct {
		option  string
		country *string
	}{
		{"--operator-country", &i.operatorCountry},
		{"--hosting-country", &i.hostingCountry},
		{"--server-country", &i.serverCountry},
	} {
		if *c.country != "" && !isCountry(*c.country) {
			return fmt.Errorf("%s %s is no country code; give the two letters of ISO 3166", c.option, *c.country)
		}
		*c.country = strings.ToUpper(*c.country)
	}
	switch i.hostingType {
	case "":
		i.hostingType = defaultHosting
	case "virtual", "dedicated", "colocation", "owned":
	default:
		return fmt.Errorf("--hosting-type %s is unknown; give virtual, dedicated, colocation or owned", i.hostingType)
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && isLetter(s[0]) && isLetter(s[1])
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
