package main

import (
	"log/slog"

	"switchyard/server/control"
	"switchyard/server/identity"
	"switchyard/server/status"
	"switchyard/smp"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

// startControl serves the control port, if the ini asks for it, and the socket beside the store.
func startControl(p paths, s *settings, id identity.Identity, r *router.Router, store *packets.Store, log *slog.Logger) (*control.Server, error) {
	address := smp.ServerAddress{Scheme: smp.SchemeXFTP, KeyHash: id.Hash, Hosts: s.addressHosts(), Port: s.addressPort()}
	commands := backupRequests(p, s, store, log)
	server := control.New(control.Config{
		Name: router.ControlName, Help: router.ControlHelp, Settings: s.control, Log: log,
		Commands: append(append(r.ControlCommands(), commands...),
			status.Command(version(), address.String(), func(_ *control.Call, report *status.Report) error {
				usage := store.Usage()
				report.Connections, report.Draining = s.router.Gate.Stats().Open, r.Draining()
				report.Packets, report.PacketBytes = &usage.Count, &usage.Bytes
				if s.persist {
					report.Disk, report.LastBackup = status.DiskOf(s.storePath), status.LastBackup(s.storePath)
				}
				return nil
			}),
			control.Version(version()),
			control.Profile(p.logDir),
			control.Drain(r.Drain),
		),
	})
	if err := server.Listen(); err != nil {
		return nil, err
	}
	if err := server.ListenSocket(control.Socket(s.storePath)); err != nil {
		log.Warn("there is no socket for xftp-server control, status and backup", "cause", err.Error())
	}
	return server, nil
}

// socketOf is where the router of these directories has its socket.
func socketOf(p paths) func() (string, error) {
	return func() (string, error) {
		s, _, err := loadSettings(p)
		return control.Socket(s.storePath), err
	}
}
