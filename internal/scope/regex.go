package scope

import (
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"

	"github.com/entrain-dev/entrain/internal/fault"
)

// matchTimeout is how long one regular expression may look at one value. .NET expressions backtrack, so that a careless
// pattern can take longer than the universe is old.
const matchTimeout = 250 * time.Millisecond

// regex returns the comparison of a whole value with a .NET regular expression.
func (c *compiler) regex(path string, in Clause) func(string) (bool, error) {
	re, err := compileWhole(in.Value)
	if err != nil {
		c.problem(path, "the regular expression is not valid: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return nil
	}
	c.anchors(path, in)
	negate := in.Operator == NotRegexMatch
	return func(value string) (bool, error) {
		matched, err := match(re, value)
		if err != nil {
			return false, &fault.Error{
				Kind: fault.Invalid, Op: "evaluate scoping filter",
				Message: fmt.Sprintf("the regular expression on %s takes too long for this object's value; write it without nested repetitions such as (a+)+", in.Attribute),
			}
		}
		return matched != negate, nil
	}
}

// anchors warns of a pattern that looks as if it were meant to match a part of the value.
func (c *compiler) anchors(path string, in Clause) {
	p := in.Value
	start := strings.HasPrefix(p, "^")
	end := strings.HasSuffix(p, "$") && !strings.HasSuffix(p, `\$`)
	switch {
	case start && !end && !strings.HasSuffix(p, ".*") && !strings.HasSuffix(p, ".+"):
		c.warning(path, "%s compares the whole value; to find values that only begin like this write %q", in.Operator, p+".*")
	case end && !start && !strings.HasPrefix(p, ".*") && !strings.HasPrefix(p, ".+"):
		c.warning(path, "%s compares the whole value; to find values that only end like this write %q", in.Operator, ".*"+p)
	}
}

// compileWhole compiles a pattern so that it must match the whole value. The pattern must be valid on its own, or
// a)|(b would pass. The line break of the second try ends a comment that the pattern's own option x allows.
func compileWhole(pattern string) (re *regexp2.Regexp, err error) {
	defer func() {
		if r := recover(); r != nil {
			re, err = nil, fmt.Errorf("it cannot be parsed")
		}
	}()
	if _, err := regexp2.Compile(pattern, regexp2.None); err != nil {
		return nil, err
	}
	re, err = regexp2.Compile(`\A(?:`+pattern+`)\z`, regexp2.None)
	if err != nil {
		re, err = regexp2.Compile(`\A(?:`+pattern+"\n"+`)\z`, regexp2.None)
	}
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return re, nil
}

// match runs an expression. Its error is never shown, because it repeats the value; a panic of the library is an error too,
// since one person's odd value must not stop everybody else.
func match(re *regexp2.Regexp, value string) (matched bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			matched, err = false, fmt.Errorf("the expression failed")
		}
	}()
	return re.MatchString(value)
}
