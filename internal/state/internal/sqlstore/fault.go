package sqlstore

import (
	"context"
	"errors"

	"github.com/entrain-dev/entrain/internal/fault"
)

// fail turns an error of the database into a fault with a sentence for an administrator. The texts of databases can quote
// values, so they are kept as cause and not shown.
func (s *Store) fail(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	op = "state store: " + op
	var known *fault.Error
	if errors.As(err, &known) {
		return fault.Wrap(fault.Internal, op, err)
	}
	if ended := ctx.Err(); ended != nil {
		// A database that was interrupted says so in its own way.
		return &fault.Error{Kind: fault.KindOf(ended), Op: op, Message: "The work in the state store was interrupted.", Err: ended}
	}
	if kind, sentence, ok := s.dialect.Classify(err); ok {
		return &fault.Error{Kind: kind, Op: op, Message: sentence, Err: err}
	}
	return &fault.Error{Kind: fault.Internal, Op: op, Message: "The state store failed unexpectedly; its own log may say more.", Err: err}
}
