package namedtests

import (
	"strings"
	"testing"
)

const page = `# Commands

| command | since | answer | test |
|---|---|---|---|
| NEW | 6 | IDS | here.TestNew, there.TestOther |
| SUB | 6 | SOK (OK before 16), then MSG as an event | here.TestSub, here.TestSubOfNobody |
| PING | 6 | PONG | here.TestPing |

| other | test |
|---|---|
| OLD | here.TestOld |
`

// Each way in which a test is not about its command is a fault, and no other.
func TestCompare(t *testing.T) {
	honest := map[string]string{"TestNew": "NEW IDS", "TestSub/16": "SUB SOK", "TestPing": "PING ", "TestSubOfNobody": "SUB ERR"}
	for name, c := range map[string]struct {
		change  map[string]string
		all     bool
		dir     string
		faults  int
		mention string
	}{
		"honest":             {all: true},
		"another command":    {change: map[string]string{"TestNew": "SUB SOK"}, faults: 1, mention: "does not give"},
		"refused":            {change: map[string]string{"TestNew": "NEW ERR"}, faults: 1, mention: "by IDS"},
		"all refused":        {change: map[string]string{"TestSub/16": "SUB ERR"}, faults: 1, mention: "by SOK, OK, MSG"},
		"the older answer":   {change: map[string]string{"TestSub/16": "SUB OK"}},
		"not run":            {change: map[string]string{"TestPing": ""}},
		"not run, but asked": {change: map[string]string{"TestPing": ""}, all: true, faults: 1, mention: "TestPing"},
		"no tests":           {dir: "nowhere", faults: 1, mention: "names no test"},
	} {
		var l Log
		for test, what := range honest {
			if changed, ok := c.change[test]; ok {
				what = changed
			}
			if command, answer, ok := strings.Cut(what, " "); ok {
				l.Saw(test, command, answer)
			}
		}
		if c.dir == "" {
			c.dir = "here"
		}
		faults := l.compare(c.dir, page, c.all)
		if len(faults) != c.faults || !strings.Contains(strings.Join(faults, "\n"), c.mention) {
			t.Errorf("%s: %q", name, faults)
		}
	}
}
