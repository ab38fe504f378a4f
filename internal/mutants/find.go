package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// site is a piece of a file that is written otherwise to hold changes.
type site struct {
	from, to int                       // offsets
	write    func(inner string) string // what stands there; inner is the text with the changes within
}

// finder finds the changes of a file.
type finder struct {
	p        *pkg
	file     *source
	info     *types.Info
	function string
	mutants  []*mutant
	sites    []site
	next     int // id
	dropped  map[int]bool
}

// leftOut tells the calls that are not left out: what ends a function, which the compiler wants, and locking.
func leftOut(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == "panic" || f.Name == "recover"
	case *ast.SelectorExpr:
		return slices.Contains([]string{"Lock", "Unlock", "RLock", "RUnlock", "Exit", "Fatal", "Gosched", "Goexit"}, f.Sel.Name)
	}
	return false
}

// find finds all changes of the file.
func (f *finder) find() {
	for _, d := range f.file.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		f.function = fn.Name.Name
		if fn.Recv != nil {
			f.function = receiver(fn.Recv.List[0].Type) + "." + f.function
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			f.visit(n)
			return true
		})
	}
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return "?"
}

func (f *finder) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.condition(n, f.text(n.X))
		}
	case *ast.ReturnStmt:
		for _, r := range n.Results {
			f.result(r)
		}
	}
}

// opposites are what operators become.
var opposites = map[token.Token][]token.Token{
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
	token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.ADD}, token.QUO: {token.MUL}, token.REM: {token.ADD},
	token.AND: {token.OR}, token.OR: {token.AND}, token.XOR: {token.OR}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.AND_NOT: {token.AND},
}

func (f *finder) binary(n *ast.BinaryExpr) {
	t := f.info.Types[n]
	if t.Value != nil || t.Type == nil {
		return // a constant
	}
	var texts []string
	for _, op := range opposites[n.Op] {
		texts = append(texts, f.text(n.X)+" "+op.String()+" "+f.text(n.Y))
	}
	basic, ok := t.Type.Underlying().(*types.Basic)
	switch {
	case !ok:
	case basic.Info()&types.IsBoolean != 0:
		f.condition(n, texts...)
	case basic.Info()&types.IsInteger != 0 && !f.hasCalls(n):
		f.value(n, texts...)
	}
}

// condition changes an expression that is true or false.
func (f *finder) condition(n ast.Expr, texts ...string) {
	ids := f.add(n, texts)
	if len(ids) == 0 {
		return
	}
	f.site(n, func(inner string) string {
		text := ""
		for i, id := range ids {
			text += fmt.Sprintf("%s && (%s) || ", made(ids, id), texts[i])
		}
		return "(" + text + none(ids) + " && (" + inner + "))"
	})
}

// value changes an expression that calls nothing: all variants are computed, and one is taken.
func (f *finder) value(n ast.Expr, texts ...string) {
	if ids := f.add(n, texts); len(ids) == 1 {
		f.site(n, func(inner string) string { return fmt.Sprintf("mutantOr(%d, %s, %s)", ids[0], texts[0], inner) })
	}
}

// result changes what a function returns: true and false, and an error that it returns none of.
func (f *finder) result(n ast.Expr) {
	t := f.info.Types[n]
	id, ok := n.(*ast.Ident)
	switch {
	case !ok || t.Type == nil:
	case id.Name == "true":
		f.condition(n, "false")
	case id.Name == "false":
		f.condition(n, "true")
	case types.Identical(t.Type, types.Universe.Lookup("error").Type()) && id.Name != "nil":
		if ids := f.add(n, []string{"nil"}); len(ids) == 1 {
			f.site(n, func(inner string) string { return fmt.Sprintf("mutantOr[error](%d, nil, %s)", ids[0], inner) })
		}
	}
}

// statements leaves statements out, and counts in the other direction.
func (f *finder) statements(all []ast.Stmt) {
	for _, s := range all {
		switch s := s.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && !leftOut(call) {
				f.leave(s)
			}
		case *ast.DeferStmt:
			if !leftOut(s.Call) {
				f.leave(s)
			}
		case *ast.GoStmt, *ast.SendStmt:
			f.leave(s)
		case *ast.IncDecStmt:
			op := map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok]
			f.leave(s, f.text(s.X)+op)
		case *ast.AssignStmt:
			f.assignment(s)
		}
	}
}

func (f *finder) assignment(s *ast.AssignStmt) {
	switch s.Tok {
	case token.DEFINE:
	case token.ADD_ASSIGN, token.SUB_ASSIGN:
		t := f.info.Types[s.Lhs[0]].Type
		basic, ok := t.Underlying().(*types.Basic)
		if ok && basic.Info()&types.IsNumeric != 0 {
			op := map[token.Token]string{token.ADD_ASSIGN: " -= ", token.SUB_ASSIGN: " += "}[s.Tok]
			f.leave(s, f.text(s.Lhs[0])+op+f.text(s.Rhs[0]))
			return
		}
		f.leave(s)
	default:
		if id, ok := s.Lhs[0].(*ast.Ident); ok && id.Name == "_" && len(s.Lhs) == 1 {
			if call, ok := s.Rhs[0].(*ast.CallExpr); !ok || leftOut(call) {
				return
			}
		}
		f.leave(s)
	}
}

// leave leaves a statement out, or has others in its place.
func (f *finder) leave(s ast.Stmt, others ...string) {
	ids := f.add(s, append([]string{""}, others...))
	if len(ids) == 0 {
		return
	}
	f.site(s, func(inner string) string {
		text := "if " + none(ids) + " { " + inner + "\n}"
		for i, other := range others {
			text += " else if " + made(ids, ids[i+1]) + " { " + other + "\n}"
		}
		return text
	})
}

// made is that a change of a site is made, none that none is. The first asks for the site, and so notes that it is reached.
func made(ids []int, id int) string {
	return fmt.Sprintf("mutantAt(%d, %d) == %d", ids[0], ids[len(ids)-1], id)
}

func none(ids []int) string { return fmt.Sprintf("mutantAt(%d, %d) < 0", ids[0], ids[len(ids)-1]) }

// add enters the changes of a node, unless one of them does not compile.
func (f *finder) add(n ast.Node, texts []string) (ids []int) {
	dropped := false
	for _, to := range texts {
		id := f.next
		f.next++
		ids = append(ids, id)
		if dropped = dropped || f.dropped[id]; dropped {
			continue
		}
		f.mutants = append(f.mutants, &mutant{
			id: id, file: f.file.name, line: f.p.fset.Position(n.Pos()).Line, function: f.function,
			from: oneLine(f.text(n)), to: oneLine(to),
		})
	}
	if dropped {
		f.mutants = slices.DeleteFunc(f.mutants, func(m *mutant) bool { return m.id >= ids[0] })
		return nil
	}
	return ids
}

func (f *finder) site(n ast.Node, write func(string) string) {
	f.sites = append(f.sites, site{f.p.fset.Position(n.Pos()).Offset, f.p.fset.Position(n.End()).Offset, write})
}

func (f *finder) text(n ast.Node) string {
	return string(f.file.text[f.p.fset.Position(n.Pos()).Offset:f.p.fset.Position(n.End()).Offset])
}

// hasCalls tells whether computing an expression twice may do something twice. Conversions and lengths do nothing.
func (f *finder) hasCalls(n ast.Node) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			id, _ := n.Fun.(*ast.Ident)
			pure := f.info.Types[n.Fun].IsType() ||
				f.info.Types[n.Fun].IsBuiltin() && id != nil && slices.Contains([]string{"len", "cap", "min", "max"}, id.Name)
			found = found || !pure
		case *ast.FuncLit:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}
