// Command exprdoc prints the documentation of the expression language, docs/expressions.md, from the table of functions:
//
//	go run ./internal/expr/exprdoc > docs/expressions.md
//
// The text before the functions is intro.md. A test fails when the file in docs is not what the command prints.
//
// Start with write.
package main
