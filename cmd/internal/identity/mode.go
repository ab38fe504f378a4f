package identity

import (
	"fmt"
	"os"
	"path/filepath"
)

// checkModes judges who can read the private keys in dir. A key that everybody can read is refused: whoever has it can be
// this server, and its clients have no way to tell. One that the group can read is left to the operator, as containers and
// stores of secrets give keys to a group on purpose. A key that is not there is not judged.
func checkModes(dir string) (exposed []string, err error) {
	for _, name := range []string{CAKey, ServerKey} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		switch mode := info.Mode().Perm(); {
		case mode&0o007 != 0:
			return nil, fmt.Errorf("%s: everybody on this machine has access to the private key (mode %04o); run `chmod 600 %s`, and if the machine is shared, make a new key",
				path, mode, path)
		case mode&0o070 != 0:
			exposed = append(exposed, fmt.Sprintf("%s: the group has access to the private key (mode %04o); unless that is wanted, run `chmod 600 %s`", path, mode, path))
		}
	}
	return exposed, nil
}
