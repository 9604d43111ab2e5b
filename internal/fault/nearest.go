package fault

import "strings"

// Nearest returns the known word that word is most likely a misspelling of, and false when none is near enough. A word
// that differs only in case is always near; otherwise up to a third of its letters, at most 3, may be wrong, missing,
// extra or swapped with their neighbour. The first of several equally near words wins.
func Nearest(word string, known []string) (string, bool) {
	lower := []rune(strings.ToLower(word))
	limit := min(len(lower)/3, 3)
	best, bestDistance := "", limit+1
	for _, candidate := range known {
		if strings.EqualFold(candidate, word) {
			return candidate, true
		}
		other := []rune(strings.ToLower(candidate))
		if d := len(other) - len(lower); d > limit || -d > limit {
			continue
		}
		if d := editDistance(lower, other); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best, best != ""
}

// editDistance is the optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
