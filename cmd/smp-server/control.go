package main

import (
	"context"
	"log/slog"
	"time"

	"switchyard/engine"
	"switchyard/engine/operator"
	"switchyard/server/control"
	"switchyard/server/identity"
	"switchyard/server/inifile"
	"switchyard/server/reload"
	"switchyard/server/status"
	"switchyard/smp"
	"switchyard/wal"
)

// controlSettings are those of the control port.
type controlSettings struct {
	control.Settings
	blockQuota int // queues that may be blocked in a day; 0: any number, negative: none
}

// defaultBlockQuota is that of the reference.
const defaultBlockQuota = 20

func readControl(f *inifile.File) controlSettings {
	return controlSettings{
		Settings:   control.ReadSettings(f),
		blockQuota: int(f.Int("AUTH", "daily_block_queue_quota", defaultBlockQuota, -1, 1<<31)),
	}
}

// startControl serves the control port, if the ini asks for it, and the socket beside the store.
func startControl(p paths, s *settings, id identity.Identity, router *engine.Router, store *wal.Store, quota *operator.Quota,
	accounts *accounts, log *slog.Logger) (*control.Server, error) {
	address := smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: s.hosts}
	r := &operator.Router{Engine: router, Address: address, Quota: quota, Save: store.Sync, Stats: accounts.tell}
	printed := smp.ServerAddress{Scheme: smp.SchemeSMP, KeyHash: id.Hash, Hosts: s.addressHosts(), Port: s.addressPort()}
	commands := append(r.Commands(),
		status.Command(version(), printed.String(), func(c *control.Call, r *status.Report) error { return fillStatus(c.Context(), r, s, router, accounts) }),
		control.Version(version()),
		control.Profile(p.logDir),
		control.Drain(router.Drain),
	)
	if s.persist {
		commands = append(commands, control.Backup(func(dir string) error {
			log.Info("making a backup", "dir", dir)
			return makeBackup(p, s.storePath, store, dir)
		}))
	}
	server := control.New(control.Config{
		Name: operator.Name, Help: operator.Help, Commands: commands, Settings: s.control.Settings, Log: log,
	})
	if err := server.Listen(); err != nil {
		return nil, err
	}
	if err := server.ListenSocket(control.Socket(s.storePath)); err != nil {
		log.Warn("there is no socket for smp-server control, status and backup", "cause", err.Error())
	}
	return server, nil
}

// quotaPart has a running router take over the quota of the ini.
func quotaPart(quota *operator.Quota) reload.Part {
	return reload.Part{
		Settings: map[string][]string{"AUTH": {"daily_block_queue_quota"}},
		Read: func(f *inifile.File) (func(), error) {
			next := readControl(f)
			return func() { quota.SetLimit(next.blockQuota) }, nil
		},
	}
}

// fillStatus tells how the router is.
func fillStatus(ctx context.Context, r *status.Report, s *settings, router *engine.Router, a *accounts) error {
	all, err := router.Connections(ctx)
	if err != nil {
		return err
	}
	subscriptions := int64(0)
	for i := range all {
		subscriptions += int64(all[i].Subscriptions)
	}
	r.Connections, r.Subscriptions, r.Draining = int64(len(all)), &subscriptions, router.Draining()
	if a.known.Load() { // otherwise they are still being counted
		queues, messages := a.Held(time.Now())
		r.Queues, r.Messages = &queues, &messages
	}
	if s.persist {
		r.Disk, r.LastBackup = status.DiskOf(s.storePath), status.LastBackup(s.storePath)
	}
	return nil
}

// socketOf is where the router of these directories has its socket.
func socketOf(p paths) func() (string, error) {
	return func() (string, error) {
		s, _, err := loadSettings(p)
		return control.Socket(s.storePath), err
	}
}
