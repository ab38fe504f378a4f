package identity

import (
	"fmt"
	"os"
	"path/filepath"
)

// checkModes judges who else has access to the private keys in dir; see CheckKey.
func checkModes(dir string) (exposed []string, err error) {
	for _, name := range []string{CAKey, ServerKey} {
		line, err := CheckKey(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if line != "" {
			exposed = append(exposed, line)
		}
	}
	return exposed, nil
}

// CheckKey judges who else has access to the private key at path. One that everybody can write is refused: it may be
// anybody's. One that others can only read is used, and exposed says so and how to mend it: the reference starts with
// such keys, so directories that are taken over from it hold them, and containers and stores of secrets give keys to a
// group on purpose. A key that is not there is not judged.
func CheckKey(path string) (exposed string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o002 != 0:
		return "", fmt.Errorf("%s: everybody on this machine can replace the private key (mode %04o); run `chmod 600 %s`, and if the machine is shared, make a new key",
			path, mode, path)
	case mode&0o007 != 0:
		return fmt.Sprintf("%s: everybody on this machine has access to the private key (mode %04o), and can be this server; run `chmod 600 %s`, and if the machine is shared, make a new key",
			path, mode, path), nil
	case mode&0o070 != 0:
		return fmt.Sprintf("%s: the group has access to the private key (mode %04o); unless that is wanted, run `chmod 600 %s`", path, mode, path), nil
	}
	return "", nil
}
