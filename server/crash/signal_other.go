//go:build !linux

package crash

import "os"

var dumpingHere []os.Signal
