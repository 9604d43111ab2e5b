package scim

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// UpdateMembers adds and removes direct members of a group in one request of at most Capabilities().MemberBatch members.
// Adding one that is a member and removing one that is not are no errors.
//
// Some applications take everybody else out of a group when a member is added (failure class 11 of the reference). Where the
// profile does not rule that out, the first additions are watched, one at a time, until one has shown what the application does;
// if it is one of these, groups are changed by reading and replacing them from then on, and whoever was taken out is put back.
func (c *Client) UpdateMembers(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error {
	if n, limit := len(add)+len(remove), c.cfg.Profile.Capabilities.MemberBatch; n > limit {
		return fault.New(fault.Internal, "update members", "%d members do not fit into one request; the limit is %d", n, limit)
	}
	if len(add) == 0 || c.knowsAdding() {
		return c.sendMembers(ctx, group, add, remove)
	}
	select {
	case c.adding.turn <- struct{}{}:
		defer func() { <-c.adding.turn }()
	case <-ctx.Done():
		return fault.Wrap(fault.Canceled, "update members", ctx.Err())
	}
	if c.knowsAdding() {
		return c.sendMembers(ctx, group, add, remove)
	}
	return c.watchAdding(ctx, group, add, remove)
}

// adding is what is known of how an application adds members.
type adding struct {
	turn    chan struct{} // held by the addition that is watched
	settled atomic.Bool   // one has been seen to leave the other members in, or members cannot be seen
}

func (c *Client) knowsAdding() bool {
	return c.cfg.Profile.KeepsMembers || c.adding.settled.Load() || c.noPatch[directory.Group].Load()
}

// watchAdding adds members and looks whether those who were there still are. Where nobody was, one of them is added before the
// others.
func (c *Client) watchAdding(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error {
	others, err := c.Members(ctx, group)
	switch {
	case fault.Is(err, fault.Invalid, fault.Forbidden):
		c.adding.settled.Store(true) // it refuses to tell members
		return c.sendMembers(ctx, group, add, remove)
	case fault.Is(err, fault.NotCompliant):
		return c.sendMembers(ctx, group, add, remove) // a proxy may have answered; the next addition may show it
	case err != nil:
		return err
	}
	others = without(without(others, add), remove)
	last := add
	if len(others) == 0 && len(add) > 1 {
		if err := c.sendMembers(ctx, group, add[:1], remove); err != nil {
			return err
		}
		others, last, remove = add[:1], add[1:], nil
	}
	if err := c.sendMembers(ctx, group, last, remove); err != nil || len(others) == 0 {
		return err // nothing was shown; the next addition may do so
	}
	left, err := c.Members(ctx, group)
	switch {
	case fault.Is(err, fault.Invalid, fault.Forbidden, fault.NotCompliant):
		return nil
	case err != nil:
		return err
	}
	lost := without(others, left)
	if len(lost) == 0 || !slices.Contains(left, last[0]) {
		// An application that does not show whom it has just added shows nothing about the others either.
		c.adding.settled.Store(true)
		return nil
	}
	return c.putBack(ctx, group, add, lost)
}

// putBack gives a group its members again and changes groups by replacing them from now on.
func (c *Client) putBack(ctx context.Context, group directory.TargetID, add, lost []directory.TargetID) error {
	c.noPatch[directory.Group].Store(true)
	err := c.sendMembers(ctx, group, slices.Concat(lost, add), nil)
	if err == nil || fault.Is(err, fault.Canceled) {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Op: "update members", Code: codeReference, Err: err, Message: fmt.Sprintf(
		"the application took %d members out of the group when others were added, and putting them back failed: %s", len(lost), fault.MessageOf(err))}
}

// without returns the ids that are not among others.
func without(ids, others []directory.TargetID) []directory.TargetID {
	return slices.DeleteFunc(slices.Clone(ids), func(id directory.TargetID) bool { return slices.Contains(others, id) })
}

// sendMembers sends a change of members, in two where it is too large.
func (c *Client) sendMembers(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error {
	body, err := c.cfg.Profile.Wire.Members(add, remove)
	if err != nil || body == nil {
		return err
	}
	q := call{op: "update members", method: http.MethodPatch, kind: directory.Group, body: body, members: true}
	a, err := c.modify(ctx, q, group, memberOperations(add, remove))
	switch {
	case len(add) == 0 && len(remove) == 1 && noTarget(err):
		return nil // there is nobody to remove
	case status(err) == http.StatusRequestEntityTooLarge && len(add)+len(remove) > 1:
		return c.halves(ctx, group, add, remove)
	case err != nil:
		return err
	}
	return c.taken(ctx, a, group, add)
}

// taken checks an answer that shows the members: some servers say 200 and drop what is above their limit. The answer may be
// behind the write, so that the group is read before anything is called missing.
func (c *Client) taken(ctx context.Context, a *answer, group directory.TargetID, add []directory.TargetID) error {
	if a.cut || len(missing(a.body, add)) == 0 || !bytes.Contains(a.body, []byte(`"members"`)) {
		return nil
	}
	members, err := c.Members(ctx, group)
	if err != nil {
		return err
	}
	lost := 0
	for _, id := range add {
		if !slices.Contains(members, id) {
			lost++
		}
	}
	if lost == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Op: "update members", Code: codeReference,
		Message: fmt.Sprintf("the application answered that it added %d members and left out %d of them", len(add), lost)}
}

// missing returns the ids that do not occur in an answer.
func missing(body []byte, ids []directory.TargetID) []directory.TargetID {
	var out []directory.TargetID
	for _, id := range ids {
		if !bytes.Contains(body, []byte(profile.Quote(string(id)))) {
			out = append(out, id)
		}
	}
	return out
}

// halves sends a change that was too large in two.
func (c *Client) halves(ctx context.Context, group directory.TargetID, add, remove []directory.TargetID) error {
	a, r := (len(add)+1)/2, len(remove)/2
	if err := c.sendMembers(ctx, group, add[:a], remove[:r]); err != nil {
		return err
	}
	return c.sendMembers(ctx, group, add[a:], remove[r:])
}

func memberOperations(add, remove []directory.TargetID) []directory.Operation {
	var ops []directory.Operation
	if len(add) > 0 {
		ops = append(ops, directory.Operation{Kind: directory.Add, Path: directory.AttrMembers, Value: anyList(add)})
	}
	if len(remove) > 0 {
		ops = append(ops, directory.Operation{Kind: directory.Remove, Path: directory.AttrMembers, Value: anyList(remove)})
	}
	return ops
}

func anyList(ids []directory.TargetID) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
