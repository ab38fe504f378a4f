package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// pkg is the package that is changed.
type pkg struct {
	path, dir string
	name      string // the directory from the module's root, as it is told to people
	fset      *token.FileSet
	files     []*source
	exports   map[string]string // files with the export data of what it imports, by path
}

// source is a file of the package.
type source struct {
	name   string // its base
	text   []byte
	syntax *ast.File
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	DepOnly, Standard       bool
	Module                  *struct{ Dir string }
}

// loadPackage reads a package and what is needed to check its types.
func loadPackage(ctx context.Context, pattern string) (*pkg, error) {
	all, err := list(ctx, pattern)
	if err != nil {
		return nil, err
	}
	p := &pkg{fset: token.NewFileSet(), exports: make(map[string]string)}
	for _, l := range all {
		if l.DepOnly || l.Standard {
			p.exports[l.ImportPath] = l.Export
			continue
		}
		if p.path != "" {
			return nil, fmt.Errorf("%s is more than one package: name one", pattern)
		}
		p.path, p.dir, p.name = l.ImportPath, l.Dir, l.ImportPath
		if l.Module != nil {
			if p.name, err = filepath.Rel(l.Module.Dir, l.Dir); err != nil {
				return nil, err
			}
		}
		for _, name := range l.GoFiles {
			text, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				return nil, err
			}
			syntax, err := parser.ParseFile(p.fset, name, text, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			p.files = append(p.files, &source{name, text, syntax})
		}
	}
	if len(p.files) == 0 {
		return nil, fmt.Errorf("%s has no Go files", pattern)
	}
	return p, nil
}

// list lists the package and all that it and the switch need.
func list(ctx context.Context, pattern string) (all []listed, err error) {
	args := append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,DepOnly,Standard,Module", pattern}, switchImports...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list %s: %s", pattern, firstLine(problems.String(), err))
	}
	for d := json.NewDecoder(&out); ; {
		var l listed
		switch err := d.Decode(&l); err {
		case nil:
			all = append(all, l)
		case io.EOF:
			return all, nil
		default:
			return nil, err
		}
	}
}

func firstLine(text string, otherwise error) string {
	if line, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); line != "" {
		return line
	}
	return otherwise.Error()
}

// check checks the types of files of the package, and tells all that is wrong.
func (p *pkg) check(fset *token.FileSet, files []*ast.File) (*types.Info, []types.Error) {
	var faults []types.Error
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			name := p.exports[path]
			if name == "" {
				return nil, errors.New("no export data of " + path)
			}
			return os.Open(name)
		}),
		Error: func(err error) {
			var fault types.Error
			if errors.As(err, &fault) && !fault.Soft {
				faults = append(faults, fault)
			}
		},
	}
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	_, _ = config.Check(p.path, fset, files, info) // its error is the first of the faults
	return info, faults
}
