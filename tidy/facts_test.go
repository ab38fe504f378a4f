package tidy

import (
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// smpFacts is how many behaviours of the SMP protocol, as the reference's tests show them, are numbered. A test that
// checks some is named for them: TestFact7…, TestFact47And48…, TestFact06To16….
const smpFacts = 61

// smpPackages have the tests of those behaviours. Other protocols number their own.
var smpPackages = []string{"smp/", "box/", "tls/", "shard/", "engine/", "agent/"}

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

func TestEverySMPFactHasATest(t *testing.T) {
	tested := make(map[int]bool)
	for _, f := range tracked(t) {
		if !f.isTest() || !slices.ContainsFunc(smpPackages, func(p string) bool { return strings.HasPrefix(f.name, p) }) {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				for _, fact := range factsOf(fn.Name.Name) {
					tested[fact] = true
				}
			}
		}
	}
	for fact := 1; fact <= smpFacts; fact++ {
		if !tested[fact] {
			t.Errorf("no test is named for fact %d", fact)
		}
	}
}
