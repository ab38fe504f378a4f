package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"switchyard/loadtest/results"
)

// profileSlice is how long one CPU profile is. How long a run will take is not known, and a profile that is cut off
// is lost; so a run's profile is put together from slices, the last of which outlives the run a little.
const profileSlice = 2 * time.Second

// profileTimeout is how long a profiler may take beyond the time of the profile.
const profileTimeout = 20 * time.Second

// profiler fetches CPU profiles from the router, one after the other, and its figures before and after.
type profiler struct {
	address string
	quit    chan struct{}
	done    sync.WaitGroup
	slices  []*profile.Profile
	err     error // of the last slice that failed

	before, after *Figures
	figuresErr    error
}

func startProfiler(address string) *profiler {
	p := &profiler{address: address, quit: make(chan struct{})}
	p.before, p.figuresErr = FetchFigures(address)
	p.done.Go(func() {
		for {
			slice, err := fetchProfile(p.address, "profile", url.Values{"seconds": {fmt.Sprint(int(profileSlice.Seconds()))}})
			if err != nil {
				p.err = err
				return
			}
			p.slices = append(p.slices, slice)
			select {
			case <-p.quit:
				return
			default:
			}
		}
	})
	return p
}

// stop waits for the last slice and writes the profiles beside the recording: .cpu.pprof and .heap.pprof.
func (p *profiler) stop(r *results.Recorder) {
	if p == nil {
		return
	}
	close(p.quit)
	if p.figuresErr == nil {
		p.after, p.figuresErr = FetchFigures(p.address)
	}
	p.done.Wait()
	if r == nil {
		return
	}
	err := cmp.Or(p.err, p.figuresErr)
	if len(p.slices) > 0 {
		err = saveCPU(p.slices, r.Path(results.CPUProfile))
	}
	if heap, fetchErr := fetchProfile(p.address, "heap", nil); fetchErr == nil {
		err = cmp.Or(err, saveProfile(heap, r.Path(results.HeapProfile)))
	}
	if err != nil {
		r.Fail(fmt.Errorf("profiles of the router: %w", err))
	}
}

// work is that between start and stop; nil when the router has no figures.
func (p *profiler) work() *results.Work {
	if p == nil {
		return nil
	}
	return p.after.Since(p.before)
}

func saveCPU(slices []*profile.Profile, path string) error {
	merged, err := profile.Merge(slices)
	if err != nil {
		return err
	}
	return saveProfile(merged, path)
}

func saveProfile(p *profile.Profile, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return cmp.Or(p.Write(f), f.Close())
}

// fetchProfile asks the router's profiler.
func fetchProfile(address, name string, query url.Values) (*profile.Profile, error) {
	data, err := askProfiler(address, "/debug/pprof/"+name, query)
	if err != nil {
		return nil, err
	}
	return profile.ParseData(data)
}

// errNoPage is that the profiler does not have what it was asked for.
var errNoPage = errors.New("not found")

// askProfiler fetches a page of the router's profiler.
func askProfiler(address, path string, query url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), profileSlice+profileTimeout)
	defer cancel()
	u := url.URL{Scheme: "http", Host: address, Path: path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", path, errNoPage)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return data, nil
}
