package main

import "fmt"

// switchFile is the file of the copy that says which mutant lives, and notes which are reached.
const switchFile = "mutants_switch.go"

// switchImports are what it imports.
var switchImports = []string{"os", "strconv", "syscall"}

// What the environment tells the copy.
const (
	madeVariable    = "MUTANTS_MADE"
	reachedVariable = "MUTANTS_REACHED"
)

// switchText is the file that the changes ask.
func switchText(name string, ids int) string {
	return fmt.Sprintf(`package %s

import (
	mutantos "os"
	mutantstrconv "strconv"
	mutantsyscall "syscall"
)

var mutantMade = func() int {
	n, err := mutantstrconv.Atoi(mutantos.Getenv("%s"))
	if err != nil {
		return -1
	}
	return n
}()

var mutantReached = func() []byte {
	f, err := mutantos.OpenFile(mutantos.Getenv("%s"), mutantos.O_RDWR, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := mutantsyscall.Mmap(int(f.Fd()), 0, %d, mutantsyscall.PROT_READ|mutantsyscall.PROT_WRITE, mutantsyscall.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	return b
}()

func mutantAt(first, last int) int {
	if mutantReached != nil {
		for i := first; i <= last; i++ {
			mutantReached[i] = 1
		}
	}
	if first <= mutantMade && mutantMade <= last {
		return mutantMade
	}
	return -1
}

func mutantOr[T any](id int, changed, original T) T {
	if mutantAt(id, id) == id {
		return changed
	}
	return original
}
`, name, madeVariable, reachedVariable, max(ids, 1))
}
