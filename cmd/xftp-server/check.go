package main

import (
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/inifile"
	"switchyard/server/judge"
	"switchyard/xftp/packets"
)

func checkCommand(p paths) *cobra.Command {
	return judge.Command(p.program(), func(r *judge.Report) { findings(r, p) })
}

// findings are what check asks of this router beside what it asks of every server.
func findings(r *judge.Report, p paths) {
	now := time.Now()
	f, err := inifile.Load(p.ini())
	var s settings
	var doubtful []string
	if err == nil {
		s, doubtful = readSettings(f, p), doubtfulSettings(f)
	}
	usable := r.Ini(p.ini(), doubtful, f, err)
	r.Identity(p.cfgDir, now)
	r.Files()
	if !usable {
		return // what it says of the rest may be wrong
	}
	if s.persist {
		r.Store(s.storePath, packets.Look)
		r.Disk(s.storePath, 0)
	} else {
		r.OK("store", "off: what is known of files is in memory alone")
	}
	if s.s3.Endpoint == "" {
		r.Directory("packets", s.filesPath)
		r.Disk(s.filesPath, 0)
	} else {
		r.OK("packets", "are in the bucket %s, which is not asked", s.s3.Bucket)
	}
	r.Ports("port in section [TRANSPORT]", s.listen(s.port)...)
	r.OperatorPorts(f)
	r.WebPorts(f, s.bind, []string{s.port})
	r.Web(judge.Web{Static: s.web.Static, Cert: s.web.Cert, Key: s.web.Key, Hosts: s.hosts, Without: "browsers cannot send and receive files"}, now)
}
