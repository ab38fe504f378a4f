// Package tidy checks the house rules over all tracked files. It has tests only: `go test ./tidy` prints each
// offence as file:line, under a subtest named after the rule.
//
// The rules are functions of one file (rules_test.go) or of all files (layout_test.go; rooms_test.go for who may import whom, by the
// table in docs/architecture.md). tidy_test.go runs them over the repository, and selftest_test.go shows that each finds what
// it forbids. Beside the rules,
// facts_test.go wants a test for each numbered behaviour of the SMP and XFTP protocols, and commands_test.go that the
// tests which smp/COMMANDS.md names exist.
//
// tidy imports nothing of ours.
package tidy
