// Package tidy checks the house rules over all tracked files. It has tests only: `go test ./tidy` prints each
// offence as file:line, under a subtest named after the rule.
//
// The rules are functions of one file (rules_test.go) or of all files: layout_test.go; rooms_test.go for who may import whom,
// by the table in docs/architecture.md; pages_test.go for the files and functions that pages name; runs_test.go for the tests
// that pages run, and for the functions by which loadtest divides profiles. tidy_test.go runs them over the repository, and
// selftest_test.go, or a test beside a rule, shows that each finds what it forbids.
//
// Beside the rules, facts_test.go wants a test for each numbered behaviour of the SMP and XFTP protocols, commands_test.go that
// the tests which smp/COMMANDS.md names exist, and dependencies_test.go a line in docs/dependencies.md for each module.
// scripts_test.go tests the scripts of .ci.
//
// tidy imports nothing of ours.
package tidy
