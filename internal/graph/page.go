package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// entity is an object as Graph sends it. Presence is a key, cleared is null: a struct could not tell them apart.
type entity map[string]json.RawMessage

// links is where a collection goes on. At most one of them is set.
type links struct {
	next, delta string
}

// shapeError means JSON that Graph would not send.
type shapeError struct{ what string }

func (e *shapeError) Error() string { return e.what }

func misshaped(format string, args ...any) error { return &shapeError{fmt.Sprintf(format, args...)} }

// decodePage reads one page of a collection and calls each for every element in order, holding one element at a time. A
// page without its list is an error and not an empty page; so is one that carries both links (section 1.1).
func decodePage(r io.Reader, each func(entity) error) (links, error) {
	dec := json.NewDecoder(r)
	if err := expect(dec, '{'); err != nil {
		return links{}, err
	}
	var (
		out  links
		list bool
	)
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return links{}, err
		}
		switch key {
		case "value":
			if list {
				return links{}, misshaped("the page has two lists")
			}
			list = true
			err = decodeList(dec, each)
		case "@odata.nextLink":
			err = decodeLink(dec, &out.next)
		case "@odata.deltaLink":
			err = decodeLink(dec, &out.delta)
		default:
			var skip json.RawMessage
			err = dec.Decode(&skip)
		}
		if err != nil {
			return links{}, err
		}
	}
	switch err := finish(dec); {
	case err != nil:
		return links{}, err
	case !list:
		return links{}, misshaped("the page has no list of objects")
	case out.next != "" && out.delta != "":
		return links{}, misshaped("the page has both a next link and a delta link")
	}
	return out, nil
}

func decodeList(dec *json.Decoder, each func(entity) error) error {
	if err := expect(dec, '['); err != nil {
		return err
	}
	for dec.More() {
		var e entity
		if err := dec.Decode(&e); err != nil {
			return shaped(err, "an element of the list is no object")
		}
		if e == nil {
			return misshaped("an element of the list is no object")
		}
		if err := each(e); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func decodeLink(dec *json.Decoder, to *string) error {
	*to = ""
	return shaped(dec.Decode(to), "a link is no text")
}

// decodeEntity reads a single object.
func decodeEntity(r io.Reader) (entity, error) {
	dec := json.NewDecoder(r)
	var e entity
	if err := dec.Decode(&e); err != nil {
		return nil, shaped(err, "it is no object")
	}
	if e == nil {
		return nil, misshaped("it is no object")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, orMisshaped(err, "something follows the object")
	}
	return e, nil
}

// expect reads one delimiter.
func expect(dec *json.Decoder, want json.Delim) error {
	switch token, err := dec.Token(); {
	case err != nil:
		return err
	case token != want:
		return misshaped("%v is expected where something else stands", want)
	}
	return nil
}

// finish reads the end of the page's object and that nothing follows; it is also what notices a body cut at its last byte.
func finish(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return orMisshaped(err, "something follows the page")
	}
	return nil
}

func orMisshaped(err error, what string) error {
	if err != nil {
		return err
	}
	return misshaped("%s", what)
}

// shaped turns "this JSON has another type" into a shapeError and leaves other errors alone.
func shaped(err error, what string) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return misshaped("%s", what)
	}
	return err
}
