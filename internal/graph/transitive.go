package graph

import (
	"context"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// TransitiveMembers reads the members of a group and of all groups nested in it, flattened by Graph (section 3.4): users, groups and
// others, in no particular order. It calls page for every page; the error of page ends the read and is returned unchanged.
//
// It is for questions about single people that cannot wait. A cycle needs to know through which groups somebody is a member, to
// tell what a change far inside means, and reads that from the delta query.
//
// Only a read that returns nil has shown everybody. A page costs five resource units; to read a nested group by itself costs four and
// two requests (section 7.2).
func (c *Client) TransitiveMembers(ctx context.Context, group directory.SourceID, page func([]directory.MemberChange) error) error {
	if !isSegment(string(group)) {
		return fault.New(fault.Invalid, transitiveMembers.op, "an object id must be a GUID")
	}
	list := walk{
		op: transitiveMembers.op, short: true,
		at: c.address(objectPath(directory.Group, group)+"/transitiveMembers", selectOption, propertyID, topOption, largestPage),
	}
	for {
		var members memberPage
		if err := c.do(ctx, call{route: transitiveMembers, url: list.at, short: list.short, decode: members.decode}); err != nil {
			return err
		}
		if err := page(members.members); err != nil {
			return err
		}
		if members.links.next == "" {
			return nil
		}
		if err := c.follow(&list, members.links.next); err != nil {
			return err
		}
	}
}
