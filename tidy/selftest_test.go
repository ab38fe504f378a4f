package tidy

import (
	"strings"
	"testing"
)

// TestRulesFindOffences gives each rule one file that keeps it and one that breaks it.
func TestRulesFindOffences(t *testing.T) {
	long := "package p\n" + strings.Repeat("\n", maxLines)
	for _, test := range []struct {
		rule, file, source string
		want               string // "" for a file that keeps the rule
	}{
		{"gofmt", "p/p.go", "package p\n\nvar x = 1\n", ""},
		{"gofmt", "p/p.go", "package p\n\nvar x  = 1\n", "p/p.go:3: run gofmt"},
		{"file length", "p/p.go", long[:maxLines], ""},
		{"file length", "p/p.go", long, "p/p.go:601: 601 lines, at most 600: split it by idea"},
		{"no sleep and no skip in tests", "p/p.go", "package p\nvar _ = time.Sleep", ""},
		{"no sleep and no skip in tests", "p/p_test.go", "package p\nvar _ = time.Sleep",
			"p/p_test.go:2: time.Sleep: wait for the event instead of sleeping"},
		{"no sleep and no skip in tests", "p/p_test.go", "package p\nfunc f() {\n\tt.Skip()\n}",
			"p/p_test.go:3: t.Skip: a test that is there runs"},
		{"nothing left to do", "README.md", "TODOMVC is a word", ""},
		{"nothing left to do", "README.md", "a\nTO" + "DO: b", "README.md:2: TO" + "DO: do it now or say why not"},
		{"nothing left to do", "p/testdata/x", "TO" + "DO", ""},
		{"package doc", "p/p.go", "// Package p is documented.\npackage p", ""},
		{"package doc", "p/p.go", "package p",
			"p:1: no package comment: what it is, its spec, what it may import, who owns what"},
		{"package names", "smp/smp.go", "package smp", ""},
		{"package names", "smp/util/u.go", "package util", "smp/util/u.go:1: package util: name it after what it does"},
		{"Pebble is opened in one place", "internal/disk/d.go", "package disk\nvar _ = pebble.Open", ""},
		{"Pebble is opened in one place", "wal/w_test.go", "package wal\nvar _ = pebble.Open", ""},
		{"Pebble is opened in one place", "xftp/packets/s.go", "package packets\nvar _ = pebble.Open",
			"xftp/packets/s.go:2: open Pebble by package disk, which survives its disk"},
		{"no machine paths", "Makefile", "cd /etc/opt/simplex && echo https://x/home/y", ""},
		{"no machine paths", "Makefile", "cd /ho" + "me/someone", "Makefile:1: /ho" + "me/someone: a path of one machine"},
		{"no registry hosts", "README.md", "go.dev", ""},
		{"no registry hosts", "README.md", "proxy.golang" + ".org", "README.md:1: proxy.golang" + ".org: the host of a package registry"},
		{"no bytes by value", "shard/s.go", "package shard\nfunc f(id *smp.ID, b []byte, n [2]int) {}", ""},
		{"no bytes by value", "loadtest/l.go", "package loadtest\nfunc f(id smp.ID) {}", ""},
		{"no bytes by value", "shard/s.go", "package shard\nfunc f(id smp.ID) {}",
			"shard/s.go:2: f: pass bytes by pointer, as a crash prints values"},
		{"no bytes by value", "box/b.go", "package box\nfunc f(a int, k [32]byte) {}",
			"box/b.go:2: f: pass bytes by pointer, as a crash prints values"},
	} {
		t.Run(test.rule+" "+test.file, func(t *testing.T) {
			f, err := newFile(test.file, []byte(test.source))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range find(t, test.rule)([]*file{f}) {
				got = append(got, o.String())
			}
			if s := strings.Join(got, "\n"); s != test.want {
				t.Errorf("got %q, want %q", s, test.want)
			}
		})
	}
}

func find(t *testing.T, name string) func([]*file) []offence {
	t.Helper()
	for _, r := range rules {
		if r.name == name {
			return r.find
		}
	}
	t.Fatalf("no rule %q", name)
	return nil
}
