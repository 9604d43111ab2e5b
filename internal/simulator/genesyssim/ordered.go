package genesyssim

import (
	"slices"
	"sort"
)

// chunkSize bounds a chunk of an orderedSet; a full chunk is split in two.
const chunkSize = 512

// orderedSet is a set of strings in ascending order with cheap insertion, removal and access by position. It keeps lists of
// 100,000 ids ready to be paged without sorting them for each request. The zero value is empty.
type orderedSet struct {
	chunks [][]string // none is empty
	size   int
}

// find returns the chunk and the position in it where s is or belongs.
func (o *orderedSet) find(s string) (chunk, pos int, found bool) {
	chunk = sort.Search(len(o.chunks), func(i int) bool { c := o.chunks[i]; return c[len(c)-1] >= s })
	if chunk == len(o.chunks) {
		if chunk == 0 {
			return 0, 0, false
		}
		chunk--
		return chunk, len(o.chunks[chunk]), false
	}
	pos, found = slices.BinarySearch(o.chunks[chunk], s)
	return chunk, pos, found
}

// Has reports whether s is in the set.
func (o *orderedSet) Has(s string) bool {
	_, _, found := o.find(s)
	return found
}

// Add puts s into the set and reports whether it was absent.
func (o *orderedSet) Add(s string) bool {
	chunk, pos, found := o.find(s)
	if found {
		return false
	}
	o.size++
	if len(o.chunks) == 0 {
		o.chunks = [][]string{{s}}
		return true
	}
	c := slices.Insert(o.chunks[chunk], pos, s)
	if len(c) <= chunkSize {
		o.chunks[chunk] = c
		return true
	}
	half := len(c) / 2
	o.chunks[chunk] = slices.Clone(c[:half])
	o.chunks = slices.Insert(o.chunks, chunk+1, slices.Clone(c[half:]))
	return true
}

// Remove takes s out of the set and reports whether it was present.
func (o *orderedSet) Remove(s string) bool {
	chunk, pos, found := o.find(s)
	if !found {
		return false
	}
	o.size--
	c := slices.Delete(o.chunks[chunk], pos, pos+1)
	if len(c) == 0 {
		o.chunks = slices.Delete(o.chunks, chunk, chunk+1)
		return true
	}
	o.chunks[chunk] = c
	return true
}

// Len returns the number of strings.
func (o *orderedSet) Len() int {
	if o == nil {
		return 0
	}
	return o.size
}

// Page returns up to n strings from position offset on.
func (o *orderedSet) Page(offset, n int) []string {
	if o == nil || offset >= o.size || n <= 0 {
		return nil
	}
	out := make([]string, 0, min(n, o.size-offset))
	for _, c := range o.chunks {
		if offset >= len(c) {
			offset -= len(c)
			continue
		}
		out = append(out, c[offset:min(len(c), offset+n-len(out))]...)
		if offset = 0; len(out) == n {
			break
		}
	}
	return out
}

// All returns every string in order.
func (o *orderedSet) All() []string { return o.Page(0, o.Len()) }

// postings maps a value to the ids that have it.
type postings map[string]*orderedSet

func (p postings) add(value, id string) {
	if value == "" {
		return
	}
	set := p[value]
	if set == nil {
		set = &orderedSet{}
		p[value] = set
	}
	set.Add(id)
}

func (p postings) remove(value, id string) {
	set := p[value]
	if set == nil {
		return
	}
	if set.Remove(id); set.size == 0 {
		delete(p, value)
	}
}
