package genesyssim

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestOrderedSetBehavesLikeASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set orderedSet
		var model []string
		for range rapid.IntRange(0, 3000).Draw(t, "steps") {
			s := strconv.Itoa(rapid.IntRange(0, 2000).Draw(t, "value"))
			at, found := slices.BinarySearch(model, s)
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				if set.Remove(s) != found {
					t.Fatalf("Remove(%s) = %v", s, !found)
				}
				if found {
					model = slices.Delete(model, at, at+1)
				}
				continue
			}
			if set.Add(s) == found {
				t.Fatalf("Add(%s) = %v", s, found)
			}
			if !found {
				model = slices.Insert(model, at, s)
			}
		}
		if set.Len() != len(model) || !slices.Equal(set.All(), model) {
			t.Fatalf("set = %v, want %v", set.All(), model)
		}
		offset, n := rapid.IntRange(0, 2500).Draw(t, "offset"), rapid.IntRange(0, 2500).Draw(t, "n")
		lo := min(offset, len(model))
		if want := model[lo:min(lo+n, len(model))]; !slices.Equal(set.Page(offset, n), want) {
			t.Fatalf("Page(%d, %d) = %v, want %v", offset, n, set.Page(offset, n), want)
		}
	})
}

func TestOrderedSetSplitsItsChunks(t *testing.T) {
	var set orderedSet
	for i := range 5000 {
		set.Add(strconv.Itoa(i * 7919 % 5000))
	}
	if set.Len() != 5000 || len(set.chunks) < 5000/chunkSize {
		t.Errorf("%d strings in %d chunks", set.Len(), len(set.chunks))
	}
	if all := set.All(); !slices.IsSorted(all) {
		t.Error("not sorted")
	}
}
