package results

import (
	"fmt"
	"io"
	"strings"
)

// LoadSummaries reads recordings and sums them up.
func LoadSummaries(files []string) (recordings []*Recording, summaries []Summary, err error) {
	for _, name := range files {
		r, err := LoadRecording(name)
		if err != nil {
			return nil, nil, err
		}
		recordings = append(recordings, r)
		summaries = append(summaries, r.Summarize())
	}
	return recordings, summaries, nil
}

// CompareFiles prints two recordings side by side.
func CompareFiles(out io.Writer, a, b string) error {
	_, s, err := LoadSummaries([]string{a, b})
	if err != nil {
		return err
	}
	return WriteComparison(out, &s[0], &s[1])
}

// BesideFile puts beside the floor what the router spent on a message in the recording figure, divided by the profile that was
// taken with the recording run.
func (f *Floor) BesideFile(run, figure string) error {
	_, summaries, err := LoadSummaries([]string{figure})
	if err != nil {
		return err
	}
	p, err := LoadProfile(strings.TrimSuffix(run, recordingExtension) + CPUProfile)
	if err != nil {
		return fmt.Errorf("%w: run `loadtest messages` with --pprof and --out", err)
	}
	return f.Beside(p, &summaries[0])
}
