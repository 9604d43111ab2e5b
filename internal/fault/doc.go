// Package fault is the one vocabulary of failures. Every error that crosses a package border carries a Kind, and
// callers branch on the Kind alone: it decides between retry, escrow, quarantine and giving up.
//
// It is not a logging package and formats nothing for people beyond one sentence. Error texts never hold secrets, tokens,
// names or mail addresses, because they end in status, events and logs; ids and attribute names are fine.
//
// Start with Kind, then Error. Problem is the shape of a mistake in something an administrator wrote.
package fault
