package loadtest

import (
	"fmt"
	"strings"
	"testing"
)

// No two lines of a chart have one colour, by day or by night, not even those of all phases of an abuse run.
func TestPageHasAColourForEachLine(t *testing.T) {
	phases := []string{"warm-up", "quiet", restPhase} // beside those of attackers
	if n := len(phases) + len(AttackKinds()); n > palette {
		t.Errorf("%d phases, %d colours", n, palette)
	}
	colours := make(map[string]bool)
	for i := range palette {
		name := fmt.Sprintf("--c%d: #", i)
		themes := strings.Split(pageText, name)
		if len(themes) != 3 || !strings.Contains(pageText, fmt.Sprintf(".c%d { stroke: var(--c%d); }", i, i)) {
			t.Fatalf("colour %d is not in both themes of the page, or no line has it", i)
		}
		for theme, rest := range themes[1:] {
			colour := fmt.Sprint(theme, " ", rest[:6])
			if colours[colour] {
				t.Errorf("colour %d is there before: %s", i, colour)
			}
			colours[colour] = true
		}
	}
}
