package graph

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Changes reads the delta of a kind: from a token what changed since, with "" every object that exists. It calls page for
// every page in the order of arrival, which may hold the same object several times, and a large group in several parts with
// the same values (sections 1.6 and 2.3); the error of page ends the read and is returned unchanged.
//
// Attributes are names of directory.LookupSource; manager and members are read only when they are among them. The new token
// is to be kept once everything has been dealt with. A token belongs to the attributes it was made with.
//
// The error is of kind Gone when the token is not accepted any more or does not belong to this kind, tenant URL or
// attributes; then a full read is needed, and what is known stays until that is complete. Gone from a full read means that
// it took too long and has to begin again.
func (c *Client) Changes(ctx context.Context, kind directory.Kind, token string, attributes []string, page func([]directory.Change) error) (string, error) {
	sel, err := newSelection(kind, attributes)
	if err != nil {
		return "", err
	}
	read := deltaRead{sel: sel, managers: map[directory.SourceID]directory.SourceID{}}
	mark := watermark{Kind: kind, Select: sel.tracked()}
	route := deltaRoutes[kind]
	list := walk{op: route.op, at: c.address(route.template, selectOption, strings.Join(mark.Select, ","))}
	if token != "" {
		if mark, list.at, err = c.resume(route.op, token, mark); err != nil {
			return "", err
		}
	}
	for {
		changes, more, err := c.deltaPage(ctx, call{route: route, url: list.at, selected: mark.Select, from: token != "" || list.pages > 0}, &read)
		if err != nil {
			return "", err
		}
		if err := page(changes); err != nil {
			return "", err
		}
		if more.delta != "" {
			mark.Link = more.delta
			return mark.encode(), nil
		}
		if err := c.follow(&list, more.next); err != nil {
			return "", err
		}
	}
}

// deltaPage reads one page.
func (c *Client) deltaPage(ctx context.Context, cl call, read *deltaRead) ([]directory.Change, links, error) {
	var (
		changes []directory.Change
		more    links
	)
	cl.decode = func(body io.Reader) (err error) {
		changes = changes[:0]
		more, err = decodePage(body, func(e entity) error {
			change, err := read.change(e)
			changes = append(changes, change)
			return err
		})
		switch {
		case err != nil:
			return err
		case more.next == "" && more.delta == "":
			return misshaped("the page has neither a next link nor a delta link")
		case more.delta != "":
			if _, ok := c.link(more.delta); !ok {
				return foreignLink(cl.route.op)
			}
		}
		return nil
	}
	err := c.do(ctx, cl)
	return changes, more, err
}

// watermark is what a delta token holds: Graph's own link, and what it was made for, because Graph goes on answering with
// the properties that were selected at the beginning.
type watermark struct {
	Kind   directory.Kind `json:"kind"`
	Select []string       `json:"select"`
	Link   string         `json:"link"`
}

func (w watermark) encode() string {
	b, err := json.Marshal(w)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// resume reads a token and checks that it covers what is wanted.
func (c *Client) resume(op, token string, want watermark) (watermark, *url.URL, error) {
	gone := func(why string) (watermark, *url.URL, error) {
		return watermark{}, nil, fault.New(fault.Gone, op, "the stored delta token cannot be used: %s; everything has to be read again", why)
	}
	var have watermark
	if json.Unmarshal([]byte(token), &have) != nil {
		return gone("it is damaged")
	}
	if have.Kind != want.Kind {
		return gone("it belongs to another kind of object")
	}
	for _, name := range want.Select {
		if !slices.Contains(have.Select, name) {
			return gone("property " + name + " was not selected when it was made")
		}
	}
	link, ok := c.link(have.Link)
	if !ok {
		return gone("it belongs to another Graph URL")
	}
	return have, link, nil
}
