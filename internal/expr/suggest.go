package expr

import "github.com/entrain-dev/entrain/internal/fault"

// didYouMean returns "; did you mean X?" or "".
func didYouMean(name string, candidates []string, quote string) string {
	best, ok := fault.Nearest(name, candidates)
	if !ok {
		return ""
	}
	open, end := quote, quote
	if quote == "[" {
		end = "]"
	}
	return "; did you mean " + open + best + end + "?"
}
