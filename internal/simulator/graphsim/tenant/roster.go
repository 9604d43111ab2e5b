package tenant

import "sort"

// roster is a list in order of joining from which items can be removed while readers page through it: a reader remembers the
// sequence number of the last item it saw, and neither additions nor removals make it miss or repeat another item.
type roster[T comparable] struct {
	slots []slot[T]
	at    map[T]uint64
	dead  int
}

// slot holds the zero value of T once its item was removed.
type slot[T comparable] struct {
	seq  uint64
	item T
}

func newRoster[T comparable]() *roster[T] { return &roster[T]{at: map[T]uint64{}} }

// add appends an item; seq must be greater than that of every item before.
func (r *roster[T]) add(seq uint64, item T) {
	r.slots = append(r.slots, slot[T]{seq: seq, item: item})
	r.at[item] = seq
}

func (r *roster[T]) has(item T) bool {
	if r == nil {
		return false
	}
	_, ok := r.at[item]
	return ok
}

func (r *roster[T]) len() int {
	if r == nil {
		return 0
	}
	return len(r.at)
}

func (r *roster[T]) remove(item T) bool {
	if !r.has(item) {
		return false
	}
	seq := r.at[item]
	delete(r.at, item)
	var none T
	r.slots[r.search(seq)].item = none
	r.dead++
	if r.dead > 64 && r.dead > len(r.slots)/2 {
		r.compact()
	}
	return true
}

func (r *roster[T]) compact() {
	var none T
	live := make([]slot[T], 0, len(r.at))
	for _, s := range r.slots {
		if s.item != none {
			live = append(live, s)
		}
	}
	r.slots, r.dead = live, 0
}

// search returns the index of the first slot with at least this sequence number.
func (r *roster[T]) search(seq uint64) int {
	return sort.Search(len(r.slots), func(i int) bool { return r.slots[i].seq >= seq })
}

// each calls f for the items after a sequence number, in order, until f returns false.
func (r *roster[T]) each(after uint64, f func(seq uint64, item T) bool) {
	if r == nil {
		return
	}
	var none T
	for i := r.search(after + 1); i < len(r.slots); i++ {
		if s := r.slots[i]; s.item != none && !f(s.seq, s.item) {
			return
		}
	}
}
