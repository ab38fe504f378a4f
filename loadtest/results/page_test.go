package results

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPageFitsPhones: nothing of a page is wider than a screen of 390 px, whatever its run is called and compared with; what is
// too wide scrolls by itself.
func TestPageFitsPhones(t *testing.T) {
	r := recorded(t, strings.Repeat("a-long-label", 8))
	r.Run.Args = append(r.Run.Args, "--out", "/"+strings.Repeat("directory", 20))
	r.Run.Machine.CPU = strings.Repeat("Processor", 10)
	for i := range r.Ticks {
		r.Ticks[i].Phase = strings.Repeat(r.Ticks[i].Phase, 10)
	}
	for name, other := range map[string]*Recording{"alone": nil, "compared": recorded(t, "before")} {
		var page bytes.Buffer
		if err := WritePage(&page, []*Recording{r}, other); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "screen.html")
		screen := fmt.Sprintf(`<iframe srcdoc="%s" style="width:390px;height:844px;border:0"></iframe><script>onload = () => {
			const page = document.querySelector("iframe").contentDocument.documentElement;
			document.title = page.scrollWidth + " of " + page.clientWidth;
		}</script>`, html.EscapeString(page.String()))
		if err := os.WriteFile(file, []byte(screen), 0o600); err != nil {
			t.Fatal(err)
		}
		dom, err := exec.Command("chromium", "--headless", "--no-sandbox", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file).Output()
		if err != nil {
			t.Fatalf("no browser: %v; `make tools` installs chromium", err)
		}
		widths := regexp.MustCompile(`<title>(\d+) of (\d+)</title>`).FindStringSubmatch(string(dom))
		if widths == nil || widths[1] != widths[2] {
			t.Errorf("%s: the page has %q px", name, widths)
		}
	}
}

// No two lines of a chart have one colour, by day or by night.
func TestPageHasAColourForEachLine(t *testing.T) {
	colours := make(map[string]bool)
	for i := range Colours {
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
