package information_test

import (
	"strings"
	"testing"

	"switchyard/server/information"
	"switchyard/server/inifile"
)

const whole = `[INFORMATION]
source_code = https://a.example/source
website = https://a.example
usage_conditions = https://a.example/conditions
condition_amendments = https://a.example/amendments
operator = Op & Co
operator_country = ch
admin_simplex = simplex:/contact#x
admin_email = a@a.example
admin_pgp = https://a.example/key
admin_pgp_fingerprint = AB CD
complaints_pgp = https://a.example/key
hosting = H
hosting_type = owned
server_country = IS
`

// config is how a server of the test is set.
type config struct {
	StatsEnabled bool `json:"statsEnabled"`
}

func read(t *testing.T, text string) (information.Information, *inifile.File) {
	t.Helper()
	f, err := inifile.Parse("x.ini", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return information.Read(f), f
}

func TestJSON(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"whole", whole, `{
  "config": {
    "statsEnabled": true
  },
  "information": {
    "sourceCode": "https://a.example/source",
    "usageConditions": {
      "conditions": "https://a.example/conditions",
      "amendments": "https://a.example/amendments"
    },
    "operator": {
      "name": "Op \u0026 Co",
      "country": "CH"
    },
    "website": "https://a.example",
    "adminContacts": {
      "simplex": "simplex:/contact#x",
      "email": "a@a.example",
      "pgp": {
        "pkURI": "https://a.example/key",
        "pkFingerprint": "AB CD"
      }
    },
    "hosting": {
      "name": "H"
    },
    "hostingType": "owned",
    "serverCountry": "IS"
  }
}`},
		{"amendments without conditions, a country without its operator", "[INFORMATION]\nsource_code = x\ncondition_amendments = y\noperator_country = CH\n",
			"{\n  \"config\": {\n    \"statsEnabled\": true\n  },\n  \"information\": {\n    \"sourceCode\": \"x\"\n  }\n}"},
		{"without source code", strings.Replace(whole, "source_code", "# source_code", 1), "{\n  \"config\": {\n    \"statsEnabled\": true\n  }\n}"},
		{"no section", "", "{\n  \"config\": {\n    \"statsEnabled\": true\n  }\n}"},
	} {
		i, f := read(t, test.text)
		got, err := i.JSON(config{true})
		if err != nil || f.Err() != nil || string(got) != test.want {
			t.Errorf("%s: %v, %v, %s", test.name, err, f.Err(), got)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"operator_country = ch", "operator_country = Switzerland", "x.ini:7: [INFORMATION] operator_country: is not a country; write its ISO 3166 code, two letters"},
		{"hosting_type = owned", "hosting_type = mine", `x.ini:14: [INFORMATION] hosting_type: "mine" is unknown; write virtual or dedicated or colocation or owned`},
		{"simplex:/contact#x", "me", "x.ini:8: [INFORMATION] admin_simplex: is not a SimpleX address; write one that begins with simplex:/ or https://"},
	} {
		if _, f := read(t, strings.Replace(whole, test.old, test.new, 1)); f.Err() == nil || f.Err().Error() != test.want {
			t.Errorf("%s: %v", test.new, f.Err())
		}
		// What does not count is not judged.
		if _, f := read(t, strings.Replace(strings.Replace(whole, test.old, test.new, 1), "source_code", "# source_code", 1)); f.Err() != nil {
			t.Errorf("%s, without source code: %v", test.new, f.Err())
		}
	}
}

// TestIdle: what does not count without source_code is named, but for what init always writes.
func TestIdle(t *testing.T) {
	_, f := read(t, "[INFORMATION]\noperator = O\nhosting_type = virtual\n")
	want := "x.ini:2: [INFORMATION] operator: has no effect; there is no source_code"
	if got := information.Idle(f); len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
	if _, f := read(t, whole); len(information.Idle(f)) != 0 {
		t.Error(information.Idle(f))
	}
}
