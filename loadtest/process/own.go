package process

import (
	"context"
	"os"
)

// Own describes a router of the run's own.
type Own struct {
	Command  []string // see NewRouter
	Dir      string   // of its files; empty: a temporary one
	Settings []Setting
	XFTP     bool
	Profile  bool // it serves its profiler and its figures
}

// Start initialises the router and starts it. end kills it and removes what is temporary.
func (o Own) Start(ctx context.Context) (r *Router, end func(), err error) {
	dir, remove := o.Dir, func() {}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "loadtest-router-"); err != nil {
			return nil, nil, err
		}
		remove = func() { _ = os.RemoveAll(dir) } // what is left of it is in the system's temporary directory
	}
	initialise := NewRouter
	if o.XFTP {
		initialise = NewXFTPRouter
	}
	if r, err = initialise(ctx, dir, o.Command, o.Settings...); err != nil {
		remove()
		return nil, nil, err
	}
	end = func() { r.Kill(); remove() }
	if err := o.run(ctx, r); err != nil {
		end()
		return nil, nil, err
	}
	return r, end, nil
}

// run starts the router's process and waits until it serves.
func (o Own) run(ctx context.Context, r *Router) error {
	if o.Profile {
		if err := r.profile(); err != nil {
			return err
		}
	}
	if err := r.Start(); err != nil {
		return err
	}
	return r.Ready(ctx)
}
