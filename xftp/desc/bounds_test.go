package desc

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// ceiling is how much reading any text may allocate in all, freed or not.
const ceiling = 128 << 20

// costly are descriptions that are small as links and would be large in memory.
func costly(t testing.TB) map[string]string {
	good := string(sample(t, 1).YAML())
	head := good[:strings.Index(good, "replicas:")] + "size: 64kb\n"
	replica := good[strings.Index(good, "  - 1:"):strings.Index(good, "  server:")]
	nested := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 12 {
		nested += fmt.Sprintf("%c: &%[1]c [%s]\n", 'b'+i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", 'a'+i), 10), ","))
	}
	var indented, keys, anchors strings.Builder
	for i := range 200 {
		indented.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for i := range 4 * maxElements {
		fmt.Fprintf(&keys, "a%x: b\n", i)
		fmt.Fprintf(&anchors, "&a%x x,\n", i)
	}
	list := func(items ...string) string { return head + "replicas: [" + strings.Join(items, "") + "a]\n" }
	lines := func(line string, n int) string { return strings.Repeat(line+"\n", n) }
	return map[string]string{
		"aliases of aliases":  nested + head + "replicas: *m\n",
		"merged keys":         "a: &a {x: 1}\n<<: [*a,*a,*a]\n" + head + "replicas: []\n",
		"alias of itself":     head + "replicas: &r [*r]\n",
		"lists in lists":      head + "replicas: " + lines(strings.Repeat("[", 1000), 9) + lines(strings.Repeat("]", 1000), 9),
		"lists without end":   head + "replicas: " + lines(strings.Repeat("[", 1000), 1000),
		"dashes":              head + "replicas:\n" + lines("  "+strings.Repeat("- ", 4000), 10),
		"items":               head + "replicas:\n" + lines("  -", 4*maxElements),
		"keys in keys":        head + indented.String(),
		"commas":              list(lines(strings.Repeat("a,", 1000), 2000)),
		"fewer commas":        list(lines(strings.Repeat("a,", 1000), 100)),
		"commas on a line":    list(strings.Repeat("a,", 1<<20)),
		"empty lists":         list(lines(strings.Repeat("[],", 1000), 1000)),
		"empty texts":         list(lines(strings.Repeat("'',", 1000), 1000)),
		"other keys":          keys.String() + head,
		"a line":              head + "x: " + strings.Repeat("a", 32<<20) + "\n",
		"comments":            head + lines("#a", 8*maxElements) + "replicas: []\n",
		"fewer comments":      head + lines("#a", maxElements/2) + "replicas: []\n",
		"a text on lines":     head + "x: \"" + lines("\\", 8*maxElements) + "\"\n",
		"Unicode's lines":     head + "x: |\n" + lines(strings.Repeat("  a\u2028", 1000), 200),
		"anchors":             list(anchors.String()),
		"too many bytes":      head + lines("x: "+strings.Repeat("a", 8000), MaxText/8000+1),
		"replicas of a chunk": strings.Replace(good, replica, strings.Repeat(replica, maxReplicas+1), 1),
		"UTF-16":              "\xff\xfe" + strings.Repeat("a\x00,\x00", 1<<16),
	}
}

// TestSmallLinksStaySmall reads what would be large in memory. Each is refused, and cheaply: what is allocated for it
// does not depend on what the library would make of it.
func TestSmallLinksStaySmall(t *testing.T) {
	for name, text := range costly(t) {
		var link bytes.Buffer
		z, err := flate.NewWriter(&link, flate.BestSpeed)
		if err != nil {
			t.Fatal(err)
		}
		z.Write([]byte(text))
		z.Close()
		fragment, uri := base64.URLEncoding.EncodeToString(link.Bytes()), ""
		if len(text) < 1<<20 { // no URI is shorter than its text
			uri = "simplex:/file#/?desc=" + escape(text)
		}
		for form, read := range map[string]func() error{
			"text": func() error { _, err := Parse([]byte(text)); return err },
			"link": func() error { _, err := ParseFragment(fragment); return err },
			"URI":  func() error { _, _, err := ParseURI(uri); return err },
		} {
			if form == "URI" && uri == "" {
				continue
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := read()
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("%s as %s: is taken", name, form)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > ceiling {
				t.Errorf("%s as %s: %d MiB are allocated", name, form, taken>>20)
			}
		}
	}
}

// TestLargestFile: a description at the bounds is still read, within the ceiling.
func TestLargestFile(t *testing.T) {
	text := sample(t, maxChunks).YAML()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := Parse(text)
	runtime.ReadMemStats(&after)
	if err != nil || len(d.Chunks) != maxChunks {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > ceiling {
		t.Errorf("%d MiB are allocated", taken>>20)
	}
	if _, err := Parse(sample(t, maxChunks+1).YAML()); err == nil {
		t.Error("a file of more packets is taken")
	}
}

// TestManyRouters: each packet on a router of its own costs no more than its line.
func TestManyRouters(t *testing.T) {
	d := sample(t, 8000)
	for i := range d.Chunks {
		d.Chunks[i].Replicas[0].Server.Hosts = []string{fmt.Sprintf("%d.example", i*7919%8000)}
	}
	again, err := Parse(d.YAML())
	if err != nil || len(again.ServerSizes()) != 8000 {
		t.Fatal(err)
	}
}
