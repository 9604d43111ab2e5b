package graph

import (
	"net/url"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// maxPages bounds one read; the largest tenant known has a tenth of it.
	maxPages = 100_000
	// maxRepeats bounds how often a page may lead to itself. A service that is not ready answers an empty page and the same
	// link; one that never gets ready would be read for ever.
	maxRepeats = 10
)

// walk is the way along the pages of one read.
type walk struct {
	op             string
	at             *url.URL
	pages, repeats int
	// short makes the reads of the pages give up soon.
	short bool
}

// follow goes to the next page if its link may be followed.
func (c *Client) follow(w *walk, link string) error {
	next, ok := c.link(link)
	if !ok {
		return foreignLink(w.op)
	}
	w.pages++
	w.repeats++
	if next.String() != w.at.String() {
		w.repeats = 0
	}
	w.at = next
	switch {
	case w.repeats >= maxRepeats:
		return fault.New(fault.NotCompliant, w.op, "the next page is the page itself, %d times", w.repeats)
	case w.pages >= maxPages:
		return fault.New(fault.NotCompliant, w.op, "the list has no end after %d pages", w.pages)
	}
	return nil
}

func foreignLink(op string) error {
	return fault.New(fault.NotCompliant, op, "Microsoft Graph names another host for the next page; the Graph URL must be the host that Graph itself names in its links")
}
