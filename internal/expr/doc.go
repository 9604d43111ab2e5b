// Package expr is the expression language of attribute mappings: the one of the Microsoft Entra provisioning service, with
// the same functions, the same VBA-like literals and the same results (reference part 1 sections 4.9 and 5).
//
// Compile turns the text of an expression into a Program and reports every mistake it can see, with line, column, the
// source line and a caret. A Program is evaluated any number of times, from any number of goroutines, against the
// attributes of one object. Evaluation reads nothing but those attributes and Env, and is bounded in steps, in text and in
// time.
//
// It is not the mapping: it does not know target attributes, does not decide what is sent and never asks the target
// anything (which is why SelectUniqueValue is refused). It does not know what a source attribute is either: the caller says
// which names exist.
//
// The stages, each in a file of its own: lexer.go, parser.go (tree in ast.go), check.go (the tree becomes nodes that can be
// evaluated), machine.go (evaluation). All functions stand in one table (declare.go; the fn_*.go files hold the entries,
// each with its documentation and examples beside its code); checker, help and docs/expressions.md are made from it. What
// the language takes over from .NET, dates above all, is in the folder dotnet.
//
// Start with Compile and Program.Eval; to add a function, start with Function.
package expr
