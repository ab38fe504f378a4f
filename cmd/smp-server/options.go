package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"switchyard/smp"
	"switchyard/tls"
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
}

// information is what a router may tell the public.
type information struct {
	operator, operatorCountry, website   string
	hosting, hostingCountry, hostingType string
	serverCountry                        string
}

// bare is the value of an option that may be given with or without one and was given without.
const bare = "\x00"

const (
	defaultDatabase    = "postgresql://smp@/smp_server_store"
	defaultSchema      = "smp_server"
	defaultPoolSize    = 10
	defaultIP          = "127.0.0.1"
	defaultControlPort = "5224"
	defaultSocksProxy  = "127.0.0.1:9050"
	defaultHosting     = "virtual"
)

func (o *initOptions) addTo(f *pflag.FlagSet) {
	f.SortFlags = false
	f.BoolVarP(&o.storeLog, "store-log", "l", false, "keep queues and messages on disk (the default)")
	f.BoolVar(&o.disableStoreLog, "disable-store-log", false, "keep queues and messages in memory only")
	f.StringVarP(&o.database, "database", "d", defaultDatabase, "database connection, for other implementations")
	f.StringVar(&o.schema, "schema", defaultSchema, "database schema, for other implementations")
	f.Uint16Var(&o.poolSize, "pool-size", defaultPoolSize, "database pool size, for other implementations")
	f.BoolVarP(&o.dailyStats, "daily-stats", "s", false, "write the counters of each day to a CSV file")
	f.StringVarP(&o.algorithm, "sign-algorithm", "a", "ED25519", "algorithm of the certificates: ED25519 or ED448")
	f.StringVar(&o.ip, "ip", defaultIP, "IP address, the certificate's name when there is no FQDN")
	f.StringVarP(&o.fqdn, "fqdn", "n", "", "FQDN, the certificate's name and the host in the address")
	f.BoolVar(&o.noPassword, "no-password", false, "let everybody create queues")
	f.StringVar(&o.password, "password", "", "password for creating queues (default: a random one)")
	f.StringVar(&o.controlPort, "control-port", "", "enable the control port, on "+defaultControlPort+" without a number")
	f.StringVar(&o.socksProxy, "socks-proxy", "", "SOCKS proxy towards other routers, "+defaultSocksProxy+" without an address")
	f.StringVar(&o.ownDomains, "own-domains", "", "domains of your routers, separated by commas")
	f.StringVar(&o.sourceCode, "source-code", "", "URI of the source code, that of this build without a URI")
	for _, name := range []string{"control-port", "socks-proxy", "source-code"} {
		f.Lookup(name).NoOptDefVal = bare
	}
	o.info.addTo(f)
	f.StringVar(&o.webPath, "web-path", "", "directory of the generated pages (default: www beside the store)")
	f.BoolVar(&o.disableWeb, "disable-web", false, "serve no pages")
	f.BoolVarP(&o.yes, "yes", "y", false, "ask nothing")
}

func (i *information) addTo(f *pflag.FlagSet) {
	f.StringVar(&i.operator, "operator", "", "name of the operator")
	f.StringVar(&i.operatorCountry, "operator-country", "", "country of the operator, two letters")
	f.StringVar(&i.hosting, "hosting", "", "name of the hosting provider")
	f.StringVar(&i.hostingCountry, "hosting-country", "", "country of the hosting provider, two letters")
	f.StringVar(&i.hostingType, "hosting-type", "", "virtual, dedicated, colocation or owned")
	f.StringVar(&i.serverCountry, "server-country", "", "country where the machine stands, two letters")
	f.StringVar(&i.website, "operator-website", "", "website of the operator")
}

// normalize checks the options and fills in what is not given.
func (o *initOptions) normalize() error {
	switch {
	case o.storeLog && o.disableStoreLog:
		return errors.New("--store-log and --disable-store-log contradict each other; give one of them")
	case o.noPassword && o.password != "":
		return errors.New("--no-password and --password contradict each other; give one of them")
	case o.password != "" && !validPassword(o.password):
		return errors.New("--password: " + passwordRule)
	case o.info != (information{}) && o.sourceCode == "":
		return errors.New("information about the router needs --source-code; add it")
	case o.info.operatorCountry != "" && o.info.operator == "":
		return errors.New("--operator-country needs --operator; add it")
	case o.info.hostingCountry != "" && o.info.hosting == "":
		return errors.New("--hosting-country needs --hosting; add it")
	}
	if _, err := o.scheme(); err != nil {
		return err
	}
	o.storeLog = !o.disableStoreLog
	if o.sourceCode == bare {
		o.sourceCode = sourceURI
	}
	return errors.Join(o.normalizePorts(), o.info.normalize(), o.oneLine())
}

// oneLine refuses values that would break the ini file.
func (o *initOptions) oneLine() error {
	for _, v := range []string{o.database, o.schema, o.ip, o.fqdn, o.ownDomains, o.sourceCode, o.webPath,
		o.info.operator, o.info.hosting, o.info.website} {
		if strings.ContainsAny(v, "\r\n") {
			return errors.New("an option holds a line break; give it as one line")
		}
	}
	return nil
}

func (o *initOptions) normalizePorts() error {
	if o.controlPort == bare {
		o.controlPort = defaultControlPort
	}
	if _, err := strconv.ParseUint(o.controlPort, 10, 16); o.controlPort != "" && err != nil {
		return fmt.Errorf("--control-port=%s is no port; give a number up to 65535", o.controlPort)
	}
	switch o.socksProxy {
	case "":
		return nil
	case bare:
		o.socksProxy = defaultSocksProxy
	}
	if _, err := net.ResolveTCPAddr("tcp", o.socksProxy); err != nil {
		return fmt.Errorf("--socks-proxy=%s is no address; give IP:PORT", o.socksProxy)
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

// passwordRule says what passwords for creating queues are.
const passwordRule = "a password is 1 to 255 printable ASCII characters without space, '@', ':' and '/', and begins with no quote; choose another"

// validPassword follows the reference but for the first character, which would make the ini a quoted text.
func validPassword(s string) bool {
	address := smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: []string{"localhost"}, BasicAuth: s}
	_, err := smp.ParseServerAddress(address.String())
	return err == nil && s != "" && len(s) <= 255 && s[0] != '`' && s[0] != '"'
}

// scheme is the algorithm of the certificates.
func (o *initOptions) scheme() (tls.SignatureScheme, error) {
	return parseAlgorithm(o.algorithm)
}

func parseAlgorithm(name string) (tls.SignatureScheme, error) {
	switch name {
	case "ED25519":
		return tls.Ed25519, nil
	case "ED448":
		return tls.Ed448, nil
	}
	return 0, fmt.Errorf("--sign-algorithm %s is unknown; give ED25519 or ED448", name)
}
