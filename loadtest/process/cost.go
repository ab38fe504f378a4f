package process

import (
	"context"
	"fmt"
	"io"
	"syscall"
	"time"
)

// Cost is what a call of a program has taken.
type Cost struct {
	Took time.Duration
	CPU  time.Duration
	RSS  int64 // bytes, at most
}

// Cost runs the program with other arguments than start, and tells what that has taken. What it prints goes to out.
func (r *Router) Cost(ctx context.Context, out io.Writer, args ...string) (c Cost, err error) {
	p := r.run(ctx, args...)
	p.Stdout, p.Stderr = out, out
	began := time.Now()
	if err := p.Run(); err != nil {
		return c, fmt.Errorf("%s %s: %w", r.command[0], args[0], err)
	}
	c.Took = time.Since(began)
	c.CPU = p.ProcessState.UserTime() + p.ProcessState.SystemTime()
	if usage, ok := p.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.RSS = usage.Maxrss << 10
	}
	return c, nil
}
