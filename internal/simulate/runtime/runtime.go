// Package runtime has what woven code uses of runtime: yielding is a point of interleaving after which others go first.
package runtime

import (
	"runtime"

	"switchyard/internal/simulate"
)

func Gosched()             { simulate.Yield() }
func GOMAXPROCS(n int) int { return runtime.GOMAXPROCS(n) }
func NumGoroutine() int    { return runtime.NumGoroutine() }
