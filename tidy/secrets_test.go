package tidy

import (
	"go/ast"
	"strings"
)

// secretDirs are the packages through which keys and entity IDs go in the routers.
var secretDirs = []string{"smp/", "box/", "tls/", "shard/", "wal/", "engine/", "xftp/router/", "xftp/packets/"}

// publicBytes are the functions whose bytes everybody knows.
var publicBytes = map[string]bool{
	"tls/verify.go VerifyChain": true, // the fingerprint of a router
}

// bytesByValue finds functions that take a row of bytes by value, as keys, secrets and entity IDs are: when the process
// crashes, Go prints the first ten bytes of it among the arguments. A pointer is printed as an address.
func bytesByValue(f *file) (found []offence) {
	in := func(dir string) bool { return strings.HasPrefix(f.name, dir) }
	ours := false
	for _, dir := range secretDirs {
		ours = ours || in(dir)
	}
	if !ours || f.isTest() {
		return nil
	}
	for _, d := range f.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || publicBytes[f.name+" "+fn.Name.Name] {
			continue
		}
		for _, p := range fn.Type.Params.List {
			if isBytes(p.Type) {
				found = append(found, offence{f.name, f.lineOf(p.Pos()), fn.Name.Name + ": pass bytes by pointer, as a crash prints values"})
			}
		}
	}
	return found
}

// isBytes tells the types [n]byte and smp.ID.
func isBytes(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.ArrayType:
		element, ok := t.Elt.(*ast.Ident)
		return ok && t.Len != nil && element.Name == "byte"
	case *ast.SelectorExpr:
		x, ok := t.X.(*ast.Ident)
		return ok && x.Name == "smp" && t.Sel.Name == "ID"
	}
	return false
}
