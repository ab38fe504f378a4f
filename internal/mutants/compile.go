package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// faulty finds the changes that do not compile.
func (w *workshop) faulty(texts map[string]string) (bad []int, err error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range sortedKeys(texts) {
		f, err := parser.ParseFile(fset, name, texts[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("a change makes %w", err)
		}
		files = append(files, f)
	}
	_, faults := w.p.check(fset, files)
	for _, fault := range faults {
		ids := changesAt(files, fault.Pos)
		if len(ids) == 0 {
			return nil, fmt.Errorf("a change makes %s: %s", fset.Position(fault.Pos), fault.Msg)
		}
		bad = append(bad, ids...)
	}
	return bad, nil
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// changesAt are those that a fault may come of: the ones of the innermost site around its place, if that is within the statement
// there; else of all sites in the statement; else of the site around it.
func changesAt(files []*ast.File, at token.Pos) (ids []int) {
	var statement ast.Stmt
	var around []int
	for _, f := range files {
		if at < f.FileStart || at > f.FileEnd {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if n == nil || at < n.Pos() || at > n.End() {
				return false
			}
			if s, ok := n.(ast.Stmt); ok {
				statement = s
				if ids != nil {
					around, ids = ids, nil
				}
			}
			if found := changesOf(n); found != nil {
				ids = found // of a smaller node
			}
			return true
		})
	}
	if ids == nil && statement != nil {
		ast.Inspect(statement, func(n ast.Node) bool {
			ids = append(ids, changesOf(n)...)
			return true
		})
	}
	if ids == nil {
		return around
	}
	return ids
}

// changesOf are the changes of a node that is a site.
func changesOf(n ast.Node) []int {
	switch n := n.(type) {
	case *ast.IfStmt:
		return asked(n.Cond)
	case *ast.ParenExpr:
		return asked(n.X)
	case *ast.CallExpr:
		f := n.Fun
		if i, ok := f.(*ast.IndexExpr); ok {
			f = i.X
		}
		if id, ok := f.(*ast.Ident); ok && id.Name == "mutantOr" {
			return numbers(n.Args[0], n.Args[0])
		}
	}
	return nil
}

// asked is what the leftmost call of mutantAt in an expression asks for.
func asked(e ast.Expr) []int {
	for {
		switch x := e.(type) {
		case *ast.BinaryExpr:
			e = x.X
		case *ast.CallExpr:
			if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "mutantAt" {
				return numbers(x.Args[0], x.Args[1])
			}
			return nil
		default:
			return nil
		}
	}
}

func numbers(first, last ast.Expr) (ids []int) {
	a, b := number1(first), number1(last)
	for i := a; a >= 0 && i <= b; i++ {
		ids = append(ids, i)
	}
	return ids
}

func number1(e ast.Expr) int {
	if l, ok := e.(*ast.BasicLit); ok {
		if n, err := strconv.Atoi(l.Value); err == nil {
			return n
		}
	}
	return -1
}
