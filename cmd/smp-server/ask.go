package main

import (
	"io"

	"switchyard/server/manage"
)

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
