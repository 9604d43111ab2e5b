package state

// Nesting says for which groups Nest makes the people in nested groups members. Its numbers are in the store.
type Nesting int

const (
	// NestNone is what Entra does: only direct members count (reference 1.7).
	NestNone Nesting = iota
	// NestAssigned is for groups that are assigned or managed; it is enough where only who is assigned is in scope.
	NestAssigned
	// NestAll is for all groups, where everybody is in scope.
	NestAll
)
