package tidy

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// protocol has numbered behaviours, as the reference's tests show them. A test that checks some is named for them:
// TestFact7…, TestFact47And48…, TestFact06To16…; in a script they stand in a comment: "# Fact 7: …".
type protocol struct {
	name     string
	facts    int
	packages []string // that have the tests: each protocol numbers its own
}

var protocols = []protocol{
	{"SMP", 61, []string{"smp/", "box/", "tls/", "shard/", "engine/"}},
	{"XFTP", 48, []string{"xftp/", "cmd/xftp/", "cmd/xftp-server/"}},
}

var factName = regexp.MustCompile(`^TestFact0?(\d+)((?:And\d+)*)(?:To(\d+))?`)

// factsOf lists the facts that a test's name says it checks.
func factsOf(name string) (facts []int) {
	m := factName.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	first, _ := strconv.Atoi(m[1])
	facts = append(facts, first)
	for _, n := range strings.Split(m[2], "And")[1:] {
		fact, _ := strconv.Atoi(n)
		facts = append(facts, fact)
	}
	if last, err := strconv.Atoi(m[3]); err == nil {
		for fact := first + 1; fact <= last; fact++ {
			facts = append(facts, fact)
		}
	}
	return facts
}

// factComment is a fact in a script.
var factComment = regexp.MustCompile(`(?m)^# Fact (\d+): `)

// factsIn lists the facts that a file checks.
func factsIn(f *file) (facts []int) {
	if strings.HasSuffix(f.name, ".txtar") {
		for _, m := range factComment.FindAllSubmatch(f.data, -1) {
			fact, _ := strconv.Atoi(string(m[1]))
			facts = append(facts, fact)
		}
	}
	if !f.isTest() {
		return facts
	}
	for _, d := range f.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			facts = append(facts, factsOf(fn.Name.Name)...)
		}
	}
	return facts
}

func TestEveryFactHasATest(t *testing.T) {
	for _, p := range protocols {
		tested := make(map[int]bool)
		for _, f := range tracked(t) {
			if !slices.ContainsFunc(p.packages, func(dir string) bool { return strings.HasPrefix(f.name, dir) }) {
				continue
			}
			for _, fact := range factsIn(f) {
				tested[fact] = true
			}
		}
		for fact := 1; fact <= p.facts; fact++ {
			if !tested[fact] {
				t.Errorf("no test is named for fact %d of %s", fact, p.name)
			}
		}
	}
}
