package main

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/inifile"
	"switchyard/server/judge"
	"switchyard/wal"
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
	if !s.persist {
		r.OK("store", "off: queues and messages are in memory alone")
	} else if err := s.untaken(p); err != nil {
		r.Error("store", err)
	} else {
		r.Store(s.storePath, lookAtStore)
		r.Disk(s.storePath, uint64(s.store.Reserve))
	}
	for _, host := range s.bind {
		for _, port := range s.ports {
			r.Ports("port in section [TRANSPORT]", net.JoinHostPort(host, port))
		}
		for _, port := range s.webPorts {
			r.Ports("websockets in section [TRANSPORT]", net.JoinHostPort(host, port))
		}
	}
	r.OperatorPorts(f)
	r.WebPorts(f, s.bind, s.ports)
	r.Web(judge.Web{
		Static: s.site.Static, Cert: s.site.Cert, Key: s.site.Key,
		Hosts: s.hosts, Without: "there are no pages with HTTPS",
	}, now)
}

// lookAtStore opens the store in dir without writing.
func lookAtStore(dir string) error {
	if !backup.HoldsStore(dir) {
		return fmt.Errorf("%s holds no store; see whether its disk is mounted, or name another directory as store_path in section [SWITCHYARD] of the ini", dir)
	}
	return wal.Look(dir)
}
