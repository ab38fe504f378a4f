package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// runtimePath is the package that woven code calls.
const runtimePath = "switchyard/internal/simulate"

// standIns are packages of the standard library, and one of ours, with what woven code imports in their place.
var standIns = map[string]string{
	"sync/atomic":             runtimePath + "/atomic",
	"sync":                    runtimePath + "/sync",
	"time":                    runtimePath + "/time",
	"runtime":                 runtimePath + "/runtime",
	"maps":                    runtimePath + "/maps",
	"hash/maphash":            runtimePath + "/maphash",
	"switchyard/server/crash": runtimePath + "/crash",
}

// weaver changes one file. Each change is a replacement of bytes within a line, so lines keep their numbers.
type weaver struct {
	name     string
	source   []byte
	file     *ast.File
	set      *token.FileSet
	channels map[string]bool   // names of fields and variables of the package that are channels
	smaller  map[string]string // constants of the package, with their values in simulations
	edits    []edit
	calls    bool              // of the runtime
	native   map[ast.Node]bool // operations that stay as they are: those of selects
	labels   int
	err      error
}

type edit struct {
	at, end int
	text    string
	order   int // among those at one place
}

// weave returns the source with every operation that other goroutines may notice as a point of interleaving.
func weave(name string, source []byte, channels map[string]bool, smaller map[string]string) ([]byte, error) {
	w := &weaver{name: name, source: source, set: token.NewFileSet(), channels: channels, smaller: smaller, native: make(map[ast.Node]bool)}
	var err error
	if w.file, err = parser.ParseFile(w.set, name, source, parser.SkipObjectResolution); err != nil {
		return nil, err
	}
	for _, spec := range w.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if other, ok := standIns[path]; ok {
			w.replace(spec.Path.Pos(), spec.Path.End(), strconv.Quote(other))
		}
	}
	ast.Inspect(w.file, w.visit)
	if w.err != nil {
		return nil, w.err
	}
	if w.calls {
		w.insert(w.file.Name.End(), `; import simulate "`+runtimePath+`"`)
	}
	return w.apply(), nil
}

func (w *weaver) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.SelectStmt:
		w.selection(n)
	case *ast.AssignStmt:
		if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
			if r, ok := n.Rhs[0].(*ast.UnaryExpr); ok && r.Op == token.ARROW && !w.native[r] {
				w.native[r] = true
				w.call("Receive2", r.OpPos, r.X)
			}
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW && !w.native[n] {
			w.call("Receive", n.OpPos, n.X)
		}
	case *ast.SendStmt:
		if !w.native[n] {
			w.calls = true
			w.insert(n.Pos(), "simulate.Send(")
			w.replace(n.Arrow, n.Arrow+2, ",")
			w.insert(n.End(), ")")
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "close" && len(n.Args) == 1 {
			w.calls = true
			w.replace(f.Pos(), f.End(), "simulate.Close")
		}
	case *ast.RangeStmt:
		if w.channels[lastName(n.X)] {
			w.calls = true
			w.insert(n.X.Pos(), "simulate.Range(")
			w.insert(n.X.End(), ")")
		}
	case *ast.GoStmt:
		w.calls = true
		w.replace(n.Go, n.Go+2, "simulate.Go("+strconv.Quote(w.nameOf(n.Call))+", func() {")
		w.insert(n.End(), "})")
	case *ast.ValueSpec:
		w.constants(n)
	}
	return true
}

// call has the operation <-x be a call.
func (w *weaver) call(function string, arrow token.Pos, x ast.Expr) {
	w.calls = true
	w.replace(arrow, arrow+2, "simulate."+function+"(")
	w.insert(x.End(), ")")
}

// nameOf is what the goroutine of a call is named.
func (w *weaver) nameOf(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return "go"
}

// lastName is the name of a variable or field.
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// selection leaves the operations of a select to Go. One without a default gets one, which waits and begins again:
//
//	{ c1 := f(); l1: select { case <-c1: …; default: simulate.Select(simulate.Receivable(c1)); goto l1 } }
func (w *weaver) selection(s *ast.SelectStmt) {
	received := make([]*ast.UnaryExpr, len(s.Body.List))
	waits := true
	for i, clause := range s.Body.List {
		comm := clause.(*ast.CommClause).Comm
		received[i] = w.leave(comm)
		waits = waits && comm != nil
	}
	if !waits {
		return
	}
	var ready []string
	w.labels++
	hoisted := ""
	for i, r := range received {
		if r == nil {
			w.fail(s, "a select that sends has no default")
			return
		}
		channel := w.text(r.X)
		if _, ok := r.X.(*ast.CallExpr); ok { // must not be called again with each try
			name := fmt.Sprintf("simulated%d_%d", w.labels, i)
			hoisted += name + " := " + channel + "; "
			w.replace(r.X.Pos(), r.X.End(), name)
			channel = name
		}
		ready = append(ready, "simulate.Receivable("+channel+")")
	}
	w.calls = true
	label := fmt.Sprintf("simulated%d", w.labels)
	w.insert(s.Pos(), "{ "+hoisted+label+": ")
	w.insert(s.Body.Rbrace, "default: simulate.Select("+strings.Join(ready, ", ")+"); goto "+label+"; ")
	w.insert(s.End(), " }")
}

// leave leaves the operation of a case alone, and returns it if it is to receive.
func (w *weaver) leave(comm ast.Stmt) *ast.UnaryExpr {
	var x ast.Expr
	switch c := comm.(type) {
	case *ast.ExprStmt:
		x = c.X
	case *ast.AssignStmt:
		x = c.Rhs[0]
	default:
		w.native[comm] = true
		return nil
	}
	r, _ := x.(*ast.UnaryExpr)
	w.native[r] = true
	return r
}

// constants makes limits smaller.
func (w *weaver) constants(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		if value, ok := w.smaller[name.Name]; ok && i < len(spec.Values) {
			w.replace(spec.Values[i].Pos(), spec.Values[i].End(), value)
			delete(w.smaller, name.Name)
		}
	}
}

func (w *weaver) fail(n ast.Node, text string) {
	if w.err == nil {
		w.err = fmt.Errorf("%v: %s", w.set.Position(n.Pos()), text)
	}
}

func (w *weaver) text(n ast.Node) string {
	return string(w.source[w.offset(n.Pos()):w.offset(n.End())])
}

func (w *weaver) offset(p token.Pos) int { return w.set.Position(p).Offset }

func (w *weaver) insert(at token.Pos, text string) { w.replace(at, at, text) }

func (w *weaver) replace(at, end token.Pos, text string) {
	w.edits = append(w.edits, edit{w.offset(at), w.offset(end), text, len(w.edits)})
}

func (w *weaver) apply() []byte {
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
	})
	var out []byte
	at := 0
	for _, e := range w.edits {
		out = append(append(out, w.source[at:e.at]...), e.text...)
		at = e.end
	}
	return append(out, w.source[at:]...)
}

// channelsOf finds what is declared as a channel in a package.
func channelsOf(files []*ast.File) map[string]bool {
	channels := make(map[string]bool)
	isChannel := func(x ast.Expr) bool {
		if c, ok := x.(*ast.CallExpr); ok && len(c.Args) > 0 && lastName(c.Fun) == "make" {
			x = c.Args[0]
		}
		_, ok := x.(*ast.ChanType)
		return ok
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				for _, name := range n.Names {
					if isChannel(n.Type) {
						channels[name.Name] = true
					}
				}
			case *ast.AssignStmt:
				for i, x := range n.Rhs {
					if i < len(n.Lhs) && isChannel(x) {
						channels[lastName(n.Lhs[i])] = true
					}
				}
			}
			return true
		})
	}
	return channels
}
