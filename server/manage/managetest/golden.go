// Package managetest has tests that are the same for all servers' programs: init against what the reference's init has done,
// and starts that have to fail. It imports nothing of ours.
package managetest

import (
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// golden is what the reference's init does of its options: exit code, files, and the ini.
//
//go:embed testdata/operate-ini.json
var golden []byte

// GoldenInit compares the init of a program with the reference's.
type GoldenInit struct {
	Server  string                                       // as golden calls it
	Command func(config, state string) *cobra.Command    // the program's root, for these directories
	Load    func(config, state string) ([]string, error) // reads the ini as start does; what it notes
	IniName string

	// More are settings that the reference reads and does not write, ours writes them commented out.
	More []string
	// Another says why the value of a setting is another one than the reference's.
	Another map[string]string
	// Refused says of calls, their options joined by spaces, why they are refused here and not there.
	Refused map[string]string
}

type goldenCase struct {
	Server string
	Args   []string
	Exit   int
	Files  []struct{ Path, Mode string }
	Ini    []Setting
	Varies []string
}

// Setting is one of an ini.
type Setting struct {
	Section, Key string
	Value        *string // nil where golden has a placeholder
	Commented    bool
}

// Run runs all cases of the server.
//
// The files are the reference's but for two that only the program openssl has a use for, which it leaves behind: the request
// server.csr and the serial number ca.srl. The ini is for its owner alone, as passwords are in it.
func (g *GoldenInit) Run(t *testing.T) {
	var cases []goldenCase
	if err := json.Unmarshal(golden, &cases); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range cases {
		if c.Server != g.Server {
			continue
		}
		n++
		t.Run(strings.Join(c.Args, " "), func(t *testing.T) { g.run(t, &c) })
	}
	if n == 0 {
		t.Error("no case of ", g.Server)
	}
}

func (g *GoldenInit) run(t *testing.T, c *goldenCase) {
	dir := t.TempDir()
	config, state := filepath.Join(dir, "etc"), filepath.Join(dir, "var")
	cmd := g.Command(config, state)
	args := []string{"init"}
	for _, a := range c.Args {
		args = append(args, strings.ReplaceAll(a, "$DIR", dir))
	}
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(""))
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	err := cmd.Execute()
	if why := g.Refused[strings.Join(c.Args, " ")]; why != "" {
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Fatalf("it is not refused, %q: %v", why, err)
		}
		return
	}
	if (err != nil) != (c.Exit != 0) {
		t.Fatalf("the reference's exit code is %d, ours says %v", c.Exit, err)
	}
	c.checkFiles(t, dir, g.IniName)
	if err != nil {
		return
	}
	text, err := os.ReadFile(filepath.Join(config, g.IniName))
	if err != nil {
		t.Fatal(err)
	}
	g.checkIni(t, c, dir, Settings(string(text)))
	g.checkRead(t, c, dir)
}

// checkFiles wants the same files with the same modes.
func (c *goldenCase) checkFiles(t *testing.T, dir, iniName string) {
	want := make(map[string]string)
	for _, f := range c.Files {
		name := strings.TrimPrefix(f.Path, "$DIR/")
		switch filepath.Base(name) {
		case "server.csr", "ca.srl":
			continue
		case iniName:
			f.Mode = "600"
		}
		want[name] = f.Mode
	}
	for _, name := range []string{"etc", "var"} {
		err := filepath.WalkDir(filepath.Join(dir, name), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil // it may not be there
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			short, _ := filepath.Rel(dir, path)
			if mode := want[short]; "-"+modeText(mode) != info.Mode().String() {
				t.Errorf("%s has mode %v, the reference's has %q", short, info.Mode(), mode)
			}
			delete(want, short)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	for name := range want {
		t.Errorf("%s is not there", name)
	}
}

func modeText(octal string) string {
	text := ""
	for _, digit := range octal {
		text += []string{"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"}[digit-'0']
	}
	return text
}

var settingLine = regexp.MustCompile(`^(# )?([a-z_]+) = ?(.*)$`)

// Settings are those of an ini text up to our own section, those that are commented out, too.
func Settings(text string) (all []Setting) {
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "[") {
			if section = strings.Trim(line, "[]"); section == "SWITCHYARD" {
				break
			}
		}
		if m := settingLine.FindStringSubmatch(line); m != nil {
			all = append(all, Setting{section, m[2], &m[3], m[1] != ""})
		}
	}
	return all
}

// checkIni wants the same settings in the same order, with the same values.
func (g *GoldenInit) checkIni(t *testing.T, c *goldenCase, dir string, ours []Setting) {
	for _, want := range c.Ini {
		at := slices.IndexFunc(ours, func(s Setting) bool { return s.Section == want.Section && s.Key == want.Key })
		if at < 0 {
			t.Errorf("[%s] %s is missing, or not in its place", want.Section, want.Key)
			continue
		}
		for _, s := range ours[:at] {
			if !slices.Contains(g.More, s.Key) {
				t.Errorf("[%s] %s is not in the reference's ini", s.Section, s.Key)
			}
		}
		got := ours[at]
		ours = ours[at+1:]
		switch why := g.Another[want.Key]; {
		case got.Commented != want.Commented:
			t.Errorf("[%s] %s: commented out: %v", want.Section, want.Key, got.Commented)
		case want.Value == nil:
		case slices.Contains(c.Varies, want.Key):
			if len(*got.Value) != len(*want.Value) {
				t.Errorf("[%s] %s = %s, the reference has %s", want.Section, want.Key, *got.Value, *want.Value)
			}
		case want.Commented && why != "":
		case *got.Value != strings.ReplaceAll(*want.Value, "$DIR", dir):
			t.Errorf("[%s] %s = %s, the reference has %s", want.Section, want.Key, *got.Value, *want.Value)
		}
	}
	for _, s := range ours {
		if !slices.Contains(g.More, s.Key) {
			t.Errorf("[%s] %s is not in the reference's ini", s.Section, s.Key)
		}
	}
}

// checkRead has start read the reference's ini in the place of ours, with all that has a value turned on.
func (g *GoldenInit) checkRead(t *testing.T, c *goldenCase, dir string) {
	for _, all := range []bool{false, true} {
		var text strings.Builder
		section := ""
		for _, s := range c.Ini {
			if s.Section != section {
				section = s.Section
				text.WriteString("[" + section + "]\n")
			}
			if s.Value == nil || s.Commented && (!all || *s.Value == "") {
				continue
			}
			text.WriteString(s.Key + " = " + strings.ReplaceAll(*s.Value, "$DIR", dir) + "\n")
		}
		config, state := filepath.Join(dir, "etc"), filepath.Join(dir, "var")
		if err := os.WriteFile(filepath.Join(config, g.IniName), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		notes, err := g.Load(config, state)
		if err != nil {
			t.Errorf("start refuses the reference's ini: %v\n%s", err, &text)
		}
		for _, note := range notes {
			if strings.Contains(note, "is not a se") {
				t.Error(note)
			}
		}
	}
}
