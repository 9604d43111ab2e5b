package graph

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// maxFoundMembers bounds the members that Find reads of one group.
const maxFoundMembers = 1_000_000

// Find reads one object: Present with its attributes, and with all its direct members when they are among the attributes;
// SoftDeleted when it is in the recycle bin; HardDeleted when Graph says of both places that it is not there. Anything else
// than these answers is an error and proves nothing.
//
// Looking for a group in the recycle bin needs Group.Read.All (section 8.8). Without it a group of which the directory says twice that
// it is not there is SoftDeleted: it is no longer in force, and if it comes back the delta query will show it.
func (c *Client) Find(ctx context.Context, kind directory.Kind, id directory.SourceID, attributes []string) (directory.Change, error) {
	sel, err := newSelection(kind, attributes)
	if err != nil {
		return directory.Change{}, err
	}
	if !isSegment(string(id)) {
		return directory.Change{}, fault.New(fault.Invalid, objectRoutes[kind].op, "an object id must be a GUID")
	}
	path := objectPath(kind, id)
	change, err := c.one(ctx, sel, path)
	if !fault.Is(err, fault.NotFound) {
		return change, err
	}
	gone := directory.Change{Kind: kind, ID: directory.SourceID(strings.ToLower(string(id))), Removal: directory.SoftDeleted}
	err = c.entity(ctx, deletedRoutes[kind], c.address(deletedPath(id), selectOption, propertyID), nil, func(entity) error { return nil })
	hidden := kind == directory.Group && fault.Is(err, fault.Forbidden)
	if !fault.Is(err, fault.NotFound) && !hidden {
		return found(gone, err)
	}
	// It may have been restored between the two looks; only being missing before and after proves that it is gone.
	change, err = c.one(ctx, sel, path)
	if fault.Is(err, fault.NotFound) {
		if !hidden {
			gone.Removal = directory.HardDeleted
		}
		return gone, nil
	}
	return change, err
}

func objectPath(kind directory.Kind, id directory.SourceID) string {
	return "/" + resourceByKind[kind] + "/" + string(id)
}

func deletedPath(id directory.SourceID) string { return "/directory/deletedItems/" + string(id) }

// FindUser reads a user by user principal name (also by object id), for provision on demand. The error is of kind NotFound
// when the directory has no such user; a user in the recycle bin has another name there (section 3.6).
func (c *Client) FindUser(ctx context.Context, upn string, attributes []string) (directory.Change, error) {
	sel, err := newSelection(directory.User, attributes)
	if err != nil {
		return directory.Change{}, err
	}
	if !strings.Contains(upn, "@") && !isSegment(upn) || len(upn) > 1024 {
		return directory.Change{}, fault.New(fault.Invalid, oneUser.op, "a user principal name with an @ or an object id is needed")
	}
	path := "/users/" + url.PathEscape(upn)
	if strings.HasPrefix(upn, "$") {
		path = "/users('" + url.PathEscape(strings.ReplaceAll(upn, "'", "''")) + "')"
	}
	change, err := c.one(ctx, sel, path)
	if fault.Is(err, fault.NotFound) {
		return change, withMessage(err, oneUser.op, "the tenant has no user with this user principal name or object id")
	}
	return change, err
}

// one reads an object that exists, with the relations that are asked for.
func (c *Client) one(ctx context.Context, sel *selection, path string) (directory.Change, error) {
	change := directory.Change{Kind: sel.kind}
	u := c.address(path, selectOption, sel.plainSelect())
	err := c.entity(ctx, objectRoutes[sel.kind], u, sel.properties, func(e entity) (err error) {
		if change.ID, err = e.identity(); err != nil {
			return err
		}
		change.Set, err = sel.attributes(e, true)
		return err
	})
	if err != nil {
		return directory.Change{}, err
	}
	if !isSegment(string(change.ID)) {
		return directory.Change{}, fault.New(fault.NotCompliant, objectRoutes[sel.kind].op, "the id of the object is no GUID")
	}
	// From here on the object is addressed by its id, which cannot change.
	path = objectPath(sel.kind, change.ID)
	switch {
	case sel.manager:
		return found(change, c.findManager(ctx, path, change.Set))
	case sel.members:
		change.Members, err = c.findMembers(ctx, path)
		return found(change, err)
	}
	return change, nil
}

// found returns the change, or nothing when there is an error: a half-read object must not be used.
func found(change directory.Change, err error) (directory.Change, error) {
	if err != nil {
		return directory.Change{}, err
	}
	return change, nil
}

// findManager reads the manager; a user without one answers 404 (section 3.3).
func (c *Client) findManager(ctx context.Context, path string, set directory.Attributes) error {
	err := c.entity(ctx, userManager, c.address(path+"/manager", selectOption, propertyID), nil, func(e entity) error {
		id, err := e.identity()
		set[directory.AttrManager] = []string{string(id)}
		return err
	})
	if fault.Is(err, fault.NotFound) {
		set[directory.AttrManager] = nil
		return nil
	}
	return err
}

// findMembers reads all direct members (section 3.4). A group that vanished meanwhile is no group without members.
func (c *Client) findMembers(ctx context.Context, path string) ([]directory.MemberChange, error) {
	list := walk{op: groupMembers.op, at: c.membersAddress(path), short: true}
	var first memberPage
	if err := c.do(ctx, call{route: groupMembers, url: list.at, short: true, decode: first.decode}); err != nil {
		return nil, err
	}
	return c.moreMembers(ctx, list, first)
}

func (c *Client) membersAddress(path string) *url.URL {
	return c.address(path+"/members", selectOption, propertyID, topOption, largestPage)
}

// memberPage is one page of members.
type memberPage struct {
	members []directory.MemberChange
	links   links
}

func (p *memberPage) decode(body io.Reader) (err error) {
	p.members = nil
	p.links, err = decodePage(body, func(e entity) error {
		m, err := member(e)
		p.members = append(p.members, m)
		return err
	})
	return err
}

// moreMembers reads the pages after the first and returns all members.
func (c *Client) moreMembers(ctx context.Context, list walk, first memberPage) ([]directory.MemberChange, error) {
	all, next := first.members, first.links.next
	for next != "" {
		if len(all) > maxFoundMembers {
			return nil, fault.New(fault.Invalid, groupMembers.op, "the group has more than %d members", maxFoundMembers)
		}
		if err := c.follow(&list, next); err != nil {
			return nil, err
		}
		var page memberPage
		if err := c.do(ctx, call{route: groupMembers, url: list.at, short: list.short, decode: page.decode}); err != nil {
			return nil, err
		}
		all, next = append(all, page.members...), page.links.next
	}
	return all, nil
}

// entity reads a single object; somebody waits for it.
func (c *Client) entity(ctx context.Context, r route, u *url.URL, selected []string, use func(entity) error) error {
	return c.do(ctx, call{route: r, url: u, selected: selected, short: true, decode: func(body io.Reader) error {
		e, err := decodeEntity(body)
		if err != nil {
			return err
		}
		return use(e)
	}})
}
