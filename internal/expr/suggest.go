package expr

import "strings"

// nearest returns the candidate that name was probably meant to be, "" when none is near. A difference in case alone always
// counts as near; otherwise a third of the letters, at most three, may be wrong.
func nearest(name string, candidates []string) string {
	limit := min(3, (len(name)+1)/3)
	best, bestDistance := "", limit+1
	lower := strings.ToLower(name)
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return c
		}
		if d := distance(lower, strings.ToLower(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, remove, replace or swap with the next to turn a into b (optimal string
// alignment). It may return any number of at least limit when the distance is at least limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if max(len(x), len(y))-min(len(x), len(y)) >= limit {
		return limit
	}
	older, old, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		old[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(y)]
}

// didYouMean returns "; did you mean X?" or "".
func didYouMean(name string, candidates []string, quote string) string {
	if best := nearest(name, candidates); best != "" {
		open, end := quote, quote
		if quote == "[" {
			end = "]"
		}
		return "; did you mean " + open + best + end + "?"
	}
	return ""
}
