package reference

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// journalLine is a line of a journal.
func journalLine(n byte, body string) string {
	return strings.TrimPrefix(message(1, n, body), "v3 "+idText64(1)+" ") + "\n"
}

// TestJournals reads the messages of a queue from its journals as crashes have left them.
func TestJournals(t *testing.T) {
	one, two, three := journalLine(1, "one"), journalLine(2, "two"), journalLine(3, "three")
	length := func(lines ...string) (n int) {
		for _, l := range lines {
			n += len(l)
		}
		return n
	}
	end := func(journal string, pos, count, from, to int) string {
		return journal + "," + strings.Join([]string{number(pos), number(count), number(from), number(to)}, ",")
	}
	state := func(write, read string, size int) string {
		return "write=" + write + " read=" + read + " canWrite=T size=" + number(size) + "\n"
	}
	both := state(end("b", 1, 1, len(three), len(three)), end("a", 1, 2, len(one), length(one, two)), 2)
	single := state(end("a", 2, 2, length(one, two), length(one, two)), end("a", 0, 2, 0, length(one, two)), 2)
	a, b := one+two, three
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
		why   error
	}{
		{"one journal", map[string]string{"state": single, "a": a}, []string{"one", "two"}, nil},
		{"two journals", map[string]string{"state": both, "a": a, "b": b}, []string{"two", "three"}, nil},
		{"a state that was written in part", map[string]string{"state": both + single[:40], "a": a, "b": b}, []string{"two", "three"}, nil},
		{"a message that was written in part", map[string]string{"state": single, "a": a + three[:30]}, []string{"one", "two"}, nil},
		{"the state of before a rotation", map[string]string{"state": "", "state.bak": single, "a": a}, []string{"one", "two"}, nil},
		{"a long state", map[string]string{"state": strings.Repeat(both, 9) + single, "a": a}, []string{"one", "two"}, nil},
		{"no messages", map[string]string{"state": state(end("a", 2, 2, 9, 9), end("a", 2, 2, 9, 9), 0)}, nil, nil},
		{"no journal to read", map[string]string{"state": both, "b": b}, []string{"three"}, errNoJournal},
		{"no journal to write", map[string]string{"state": both, "a": a}, []string{"two"}, errNoJournal},
		{"a short journal", map[string]string{"state": single, "a": one}, []string{"one"}, errShortJournal},
		{"no state that can be read", map[string]string{"state": both[:40] + "\n" + single[:40], "a": a, "b": b}, nil, errState},
		{"numbers that do not agree", map[string]string{"state": strings.Replace(both, "size=2", "size=3", 1), "a": a, "b": b}, nil, errState},
		{"a line that does not parse", map[string]string{"state": single, "a": one + strings.Repeat("x", len(two)-1) + "\n"}, []string{"one"}, errID},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := stateOf(t, map[string][]string{StoreLogName: {create(1, "")}})
			queue := idText64(1)
			journals := filepath.Join(dir, JournalsName, queue[:2], queue[2:4], queue[4:6], queue[6:8], queue[8:])
			if err := os.MkdirAll(journals, 0o700); err != nil {
				t.Fatal(err)
			}
			for name, content := range c.files {
				switch name {
				case "state", "state.bak":
					name = strings.Replace(name, "state", "queue_state."+queue+".log", 1)
				default:
					name = "messages." + name + ".log"
				}
				if err := os.WriteFile(filepath.Join(journals, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if c.name == "the state of before a rotation" {
				// the state itself is empty
				if err := os.Remove(filepath.Join(journals, "queue_state."+queue+".log")); err != nil {
					t.Fatal(err)
				}
			}
			store, n, report, err := importDir(t, dir)
			if err != nil || int(n.Messages) != len(c.want) {
				t.Fatalf("%+v, %v; report:\n%s", n, err, report)
			}
			if got := bodies(t, store, 1); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.why == nil != (report == "") || c.why != nil && !strings.HasSuffix(report, ": "+c.why.Error()) {
				t.Errorf("report:\n%s", report)
			}
		})
	}
}
