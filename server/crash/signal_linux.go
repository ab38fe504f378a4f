package crash

import (
	"os"
	"syscall"
)

var dumpingHere = []os.Signal{syscall.SIGSTKFLT}
