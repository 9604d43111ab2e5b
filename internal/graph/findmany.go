package graph

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// findWindow is how many objects FindMany holds at a time. It is large against a batch, so that few batches are not full.
const findWindow = 1000

// FindMany reads many objects as Find reads one, twenty a request: a hundred people cost 5 requests when they are there, 10
// when they are in the recycle bin and 15 when they are gone, instead of 100, 200 and 300. Managers and the first page of the
// members of those that are there cost one more request for every twenty; further members are read page by page.
//
// Each is called once for every different id, in no particular order and never at the same time; an error of each ends the
// read and is returned as it is. What counts as proof of absence is the same as for Find: Graph itself must say three times,
// with its own error code, that the object is not there; twice for a group when the recycle bin may not be seen.
//
// When a permission is missing for some objects all the others
// are delivered first, and the error, of kind Forbidden, comes at the end: the caller may go on with what it was given and
// must take the rest for unknown, never for gone. Any other error means that only some objects were delivered; what was
// delivered is true, and of the rest nothing is known.
func (c *Client) FindMany(ctx context.Context, kind directory.Kind, ids []directory.SourceID, attributes []string, each func(directory.Change) error) error {
	sel, err := newSelection(kind, attributes)
	if err != nil {
		return err
	}
	wanted := make([]directory.SourceID, len(ids))
	for i, id := range ids {
		if !isSegment(string(id)) {
			return fault.New(fault.Invalid, objectRoutes[kind].op, "an object id must be a GUID")
		}
		wanted[i] = directory.SourceID(strings.ToLower(string(id)))
	}
	slices.Sort(wanted)
	f := &finder{Client: c, sel: sel, each: each, hidden: map[directory.SourceID]bool{}}
	for window := range slices.Chunk(slices.Compact(wanted), findWindow) {
		if err := f.find(ctx, window); err != nil {
			return err
		}
	}
	if f.forbidden == nil {
		return nil
	}
	return withMessage(f.forbidden, objectRoutes[kind].op,
		fmt.Sprintf("%d %s could not be looked up: %s", f.withheld, resourceByKind[kind], fault.MessageOf(f.forbidden)))
}

// finder is the state of one FindMany.
type finder struct {
	*Client
	sel  *selection
	each func(directory.Change) error
	// forbidden is the first refusal for want of a permission, withheld how many objects were refused.
	forbidden error
	withheld  int
	// hidden are groups that may not be looked for in the recycle bin.
	hidden map[directory.SourceID]bool
}

// find looks into the directory, into the recycle bin and, because an object may have been restored in between, into the
// directory again.
func (f *finder) find(ctx context.Context, ids []directory.SourceID) error {
	absent, err := f.inDirectory(ctx, ids)
	if err != nil {
		return err
	}
	if absent, err = f.inRecycleBin(ctx, absent); err != nil {
		return err
	}
	if absent, err = f.inDirectory(ctx, absent); err != nil {
		return err
	}
	for _, id := range absent {
		removal := directory.HardDeleted
		if f.hidden[id] {
			removal = directory.SoftDeleted
		}
		if err := f.each(directory.Change{Kind: f.sel.kind, ID: id, Removal: removal}); err != nil {
			return err
		}
	}
	return nil
}

// refused notes an object that may not be seen.
func (f *finder) refused(err error) error {
	if f.forbidden == nil {
		f.forbidden = err
	}
	f.withheld++
	return nil
}

// inDirectory delivers the objects that exist and returns the ids of those of which Graph says that they do not.
func (f *finder) inDirectory(ctx context.Context, ids []directory.SourceID) (absent []directory.SourceID, err error) {
	var present []*directory.Change
	parts := make([]*part, len(ids))
	for i, id := range ids {
		change := &directory.Change{Kind: f.sel.kind, ID: id}
		parts[i] = &part{
			route: objectRoutes[f.sel.kind], url: f.address(objectPath(f.sel.kind, id), selectOption, f.sel.plainSelect()), selected: f.sel.properties,
			decode: entityOf(id, func(e entity) (err error) {
				change.Set, err = f.sel.attributes(e, true)
				return err
			}),
			done: func(err error) error {
				switch {
				case fault.Is(err, fault.NotFound):
					absent = append(absent, id)
				case err != nil:
					return f.refused(err)
				case f.sel.manager || f.sel.members:
					present = append(present, change)
				default:
					return f.each(*change)
				}
				return nil
			},
		}
	}
	if err := f.batch(ctx, parts); err != nil {
		return nil, err
	}
	vanished, err := f.relations(ctx, present)
	return append(absent, vanished...), err
}

// inRecycleBin delivers the objects that are soft-deleted and returns the ids of the others.
func (f *finder) inRecycleBin(ctx context.Context, ids []directory.SourceID) (absent []directory.SourceID, err error) {
	parts := make([]*part, len(ids))
	for i, id := range ids {
		parts[i] = &part{
			route: deletedRoutes[f.sel.kind], url: f.address(deletedPath(id), selectOption, propertyID),
			decode: entityOf(id, func(entity) error { return nil }),
			done: func(err error) error {
				switch {
				case fault.Is(err, fault.NotFound):
					absent = append(absent, id)
				case fault.Is(err, fault.Forbidden) && f.sel.kind == directory.Group:
					f.hidden[id] = true
					absent = append(absent, id)
				case err != nil:
					return f.refused(err)
				default:
					return f.each(directory.Change{Kind: f.sel.kind, ID: id, Removal: directory.SoftDeleted})
				}
				return nil
			},
		}
	}
	return absent, f.batch(ctx, parts)
}

// relations reads managers or members of objects that exist and delivers them. A user without a manager answers 404 (section
// 3.3); a group that answers it vanished meanwhile and is returned.
func (f *finder) relations(ctx context.Context, present []*directory.Change) (vanished []directory.SourceID, err error) {
	parts := make([]*part, len(present))
	for i, change := range present {
		if f.sel.manager {
			parts[i] = f.managerPart(change)
			continue
		}
		parts[i] = f.membersPart(ctx, change, func() { vanished = append(vanished, change.ID) })
	}
	return vanished, f.batch(ctx, parts)
}

func (f *finder) managerPart(change *directory.Change) *part {
	return &part{
		route: userManager, url: f.address(objectPath(directory.User, change.ID)+"/manager", selectOption, propertyID),
		decode: func(body io.Reader) error {
			e, err := decodeEntity(body)
			if err != nil {
				return err
			}
			id, err := e.identity()
			change.Set[directory.AttrManager] = []string{string(id)}
			return err
		},
		done: func(err error) error {
			switch {
			case fault.Is(err, fault.NotFound):
				change.Set[directory.AttrManager] = nil
			case err != nil:
				return f.refused(err)
			}
			return f.each(*change)
		},
	}
}

func (f *finder) membersPart(ctx context.Context, change *directory.Change, vanished func()) *part {
	first := &memberPage{}
	at := f.membersAddress(objectPath(directory.Group, change.ID))
	return &part{
		route: groupMembers, url: at, decode: first.decode,
		done: func(err error) error {
			if err == nil {
				change.Members, err = f.moreMembers(ctx, walk{op: groupMembers.op, at: at}, *first)
			}
			switch {
			case fault.Is(err, fault.NotFound):
				vanished()
				return nil
			case fault.Is(err, fault.Forbidden):
				return f.refused(err)
			case err != nil:
				return err
			}
			return f.each(*change)
		},
	}
}

// entityOf decodes an object and makes sure that it is the one that was asked for.
func entityOf(id directory.SourceID, use func(entity) error) func(io.Reader) error {
	return func(body io.Reader) error {
		e, err := decodeEntity(body)
		if err != nil {
			return err
		}
		switch got, err := e.identity(); {
		case err != nil:
			return err
		case got != id:
			return misshaped("another object came than the one that was asked for")
		}
		return use(e)
	}
}
