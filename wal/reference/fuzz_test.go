package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"switchyard/smp"
)

// seedLines adds the lines of a file of the reference.
func seedLines(f *testing.F, name string) {
	f.Helper()
	content, err := os.ReadFile(filepath.Join(states(f), name))
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		f.Add(bytes.TrimSuffix(line, []byte("\n")))
	}
}

// FuzzStoreLogLine wants a line that parses to say, written again, what it said, and to name the queue that logHead finds.
func FuzzStoreLogLine(f *testing.F) {
	seedLines(f, "smp-memory/var/smp-server-store.log")
	f.Add([]byte(`BLOCK W3UbNHM2qmxVugDqsPb-TT2m9g7pd7ma reason=content,notice={"ttl":86400}`))
	f.Add([]byte(`BLOCK W3UbNHM2qmxVugDqsPb-TT2m9g7pd7ma reason=content,notice={ttl:86400}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseLogLine(line)
		if err != nil {
			return
		}
		kind, queue, err := logHead(line)
		if err != nil || kind != r.kind || queue != r.queue {
			t.Fatalf("the head of the line is of %v, %v, the line of %v", kind, err, r.kind)
		}
		switch {
		case r.created != nil:
			written := appendCreateLine(nil, r.created)
			again, err := parseLogLine(bytes.TrimSuffix(written, []byte("\n")))
			if err != nil || !bytes.Equal(appendCreateLine(nil, again.created), written) {
				t.Fatalf("written again the line says something else: %v", err)
			}
		case r.service != nil:
			written := appendServiceLine(nil, r.service)
			again, err := parseLogLine(bytes.TrimSuffix(written, []byte("\n")))
			if err != nil || !bytes.Equal(appendServiceLine(nil, again.service), written) {
				t.Fatalf("written again the line says something else: %v", err)
			}
		}
	})
}

// FuzzMessageLine wants what parses to be the same when it is written and parsed again; so it is for lines of journals.
func FuzzMessageLine(f *testing.F) {
	seedLines(f, "smp-memory/var/smp-server-messages.log")
	f.Fuzz(func(t *testing.T, line []byte) {
		mem := make([]byte, MaxBody+3)
		var m, again Message
		if err := parseMessageLine(line, &m, mem); err != nil {
			return
		}
		body := bytes.Clone(m.Body)
		written := appendMessageLine(nil, &m.Queue, &m)
		if err := parseMessageLine(bytes.TrimSuffix(written, []byte("\n")), &again, mem); err != nil {
			t.Fatal(err)
		}
		if again.ID != m.ID || again.Time != m.Time || again.Quota != m.Quota || again.Notify != m.Notify || !bytes.Equal(again.Body, body) {
			t.Fatal("written again the line says something else")
		}
		rest := line[len(messageVersion):]
		if _, journal, ok := bytes.Cut(rest, []byte(" ")); !ok || parseJournalLine(journal, &again, mem) != nil || again.ID != m.ID {
			t.Fatal("as a line of a journal it says something else")
		}
	})
}

// FuzzNtfLine has lines of notifications parsed.
func FuzzNtfLine(f *testing.F) {
	seedLines(f, "smp-memory/var/smp-server-ntfs.log")
	f.Fuzz(func(t *testing.T, line []byte) {
		var n Notification
		if err := parseNtfLine(line, &n); err == nil && n.Notifier == (smp.ID{}) && !bytes.Contains(line, []byte("AAAAAAAA")) {
			t.Fatal("a notification of nobody")
		}
	})
}

// FuzzJournalState wants a state that is found to be one whose numbers agree.
func FuzzJournalState(f *testing.F) {
	f.Add([]byte("write=a,1,1,9,9 read=a,0,1,0,9 canWrite=T size=1\n"))
	f.Add([]byte("write=b,1,1,9,9 read=a,0,1,0,9 canWrite=F size=2\nwrite=b,1,"))
	f.Fuzz(func(t *testing.T, tail []byte) {
		s, found, err := lastState(tail)
		if found && (err != nil || !s.valid() || s.size < 0 || s.read.bytePos > s.read.byteCount) {
			t.Fatalf("%+v, %v", s, err)
		}
	})
}
