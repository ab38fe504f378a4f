package control

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// maxProfile is how long a profile may take.
const maxProfile = 10 * time.Minute

// Profile is the command profile cpu|heap SECONDS FILE: the Go profiler without an address of its own. The file is made in dir,
// the directory of the server's logs, and must not be there. A heap profile is taken after the seconds.
func Profile(dir string) Command {
	return Command{Name: "profile", Role: Admin, Parse: func(a *Args) Action {
		kind, seconds, file := a.Word(), a.Word(), a.Text()
		return func(c *Call) {
			path, err := profile(c.Context(), dir, kind, seconds, file)
			if err != nil {
				c.Fail(err)
				return
			}
			c.Line("ok, written to %s", path)
		}
	}}
}

func profile(ctx context.Context, dir, kind, seconds, file string) (path string, err error) {
	n, err := strconv.Atoi(seconds)
	took := time.Duration(n) * time.Second
	switch {
	case kind != "cpu" && kind != "heap":
		return "", fmt.Errorf("there is no profile %q; give cpu or heap", kind)
	case err != nil, n < 0, took > maxProfile, kind == "cpu" && n == 0:
		return "", fmt.Errorf("%q are no seconds of a profile; give 1 to %d", seconds, maxProfile/time.Second)
	}
	if path, err = profilePath(dir, file); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // which follows no link
	if errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("%s is there; give another name", path)
	} else if err != nil {
		return "", fmt.Errorf("cannot write the profile: %w", err)
	}
	err = errors.Join(writeProfile(ctx, f, kind, took), f.Close())
	if err != nil {
		return "", errors.Join(fmt.Errorf("cannot write the profile: %w", err), os.Remove(path))
	}
	return path, nil
}

// profilePath is where a file of this name is, which may be given with the directory or without.
func profilePath(dir, file string) (string, error) {
	name := file
	if filepath.Dir(filepath.Clean(file)) == filepath.Clean(dir) {
		name = filepath.Base(file)
	}
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") || name == string(filepath.Separator) {
		return "", fmt.Errorf("%s is no name of a new file in %s; give one without a directory", strconv.Quote(file), dir)
	}
	return filepath.Join(dir, name), nil
}

func writeProfile(ctx context.Context, f *os.File, kind string, took time.Duration) error {
	if kind == "cpu" {
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	t := time.NewTimer(took)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return errors.New("the router stops")
	}
	if kind == "cpu" {
		return nil
	}
	runtime.GC() // so that it has what lives
	return pprof.WriteHeapProfile(f)
}
