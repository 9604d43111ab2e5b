package expr

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// maxRandom is the longest random text.
const maxRandom = 256

// The classes of Windows password complexity.
const (
	digits   = "0123456789"
	specials = "~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	smalls   = "abcdefghijklmnopqrstuvwxyz"
)

var randomFunctions = []Function{
	{
		Name: "Guid", Group: GroupRandom, Result: TypeText, volatile: true,
		Doc:      "Returns a new random GUID (version 4) in lower case.",
		Examples: []Example{{``, `Guid()`, `matches "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"`}},
		eval: func(m *machine, n *callNode, a []Value) (Value, error) {
			var id [16]byte
			if _, err := io.ReadFull(m.env.random(), id[:]); err != nil {
				return Value{}, n.failf("there are no random bytes")
			}
			id[6] = id[6]&0x0F | 0x40
			id[8] = id[8]&0x3F | 0x80
			return textValue(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])), nil
		},
	},
	{
		Name: "RandomString", Group: GroupRandom, Result: TypeText, volatile: true,
		Params: []Param{
			{Name: "Length", Type: TypeNumber, Doc: "The number of characters, at most 256 and at least the sum of the minimums."},
			{Name: "MinimumNumbers", Type: TypeNumber, Doc: "The least number of digits."},
			{Name: "MinimumSpecialCharacters", Type: TypeNumber, Doc: "The least number of special characters."},
			{Name: "MinimumCapital", Type: TypeNumber, Doc: "The least number of letters A to Z."},
			{Name: "MinimumLowerCase", Type: TypeNumber, Doc: "The least number of letters a to z."},
			{Name: "CharactersToAvoid", Type: TypeText, Optional: true, Doc: "Characters that are never used.", takesNull: true},
		},
		Doc: "Returns random text from a cryptographic source, made of the character classes of Windows password complexity. What the minimums leave open is taken from all classes.",
		Notes: []string{
			"MinimumLowerCase counts in the sum, though the text of the documentation leaves it out; the second documented sample has 11 characters for a length of 10, which is an error there.",
			"Wrap it in Redact to keep it out of the log, and map it only during creation: it is different each time.",
		},
		Examples: []Example{
			{``, `RandomString(6,3,0,0,3)`, `matches "^[0-9a-z]{6}$"`},
			{``, `RandomString(10,2,2,2,1,"?,")`, `matches "^[^?,]{10}$"`},
		},
		prepare: prepareRandom, eval: evalRandom,
	},
}

// prepareRandom checks constant numbers at once, because the function is not computed beforehand.
func prepareRandom(p *preparation) any {
	args := make([]Value, len(p.args))
	for i := range p.args {
		if !p.given(i) {
			continue
		}
		text, ok := p.constant(i)
		if !ok {
			return nil
		}
		args[i] = textValue(text)
		if i < 5 {
			number, _ := parseNumber(text)
			args[i] = numberValue(number)
		}
	}
	if _, reason := randomClasses(args); reason != "" {
		p.refuse(len(p.args), "RandomString: %s", reason)
	}
	return nil
}

// randomClass is one class of characters and how many of them are needed.
type randomClass struct {
	characters string
	minimum    int
}

// randomClasses returns the four classes without the characters to avoid, and last all of them together with what the
// minimums leave open; or the reason why that is impossible.
func randomClasses(a []Value) ([]randomClass, string) {
	length := a[0].number
	if length < 1 || length > maxRandom {
		return nil, "Length has to be between 1 and 256"
	}
	avoid := ""
	if len(a) > 5 {
		avoid = a[5].text
	}
	open := length
	all := ""
	var classes []randomClass
	for i, set := range []string{digits, specials, capitals, smalls} {
		minimum := a[i+1].number
		if minimum < 0 || minimum > length {
			return nil, "a minimum has to be between 0 and Length"
		}
		set = strings.Map(func(r rune) rune {
			if strings.ContainsRune(avoid, r) {
				return -1
			}
			return r
		}, set)
		if set == "" && minimum > 0 {
			return nil, "CharactersToAvoid leaves no character of a class that is needed"
		}
		open -= minimum
		all += set
		classes = append(classes, randomClass{set, int(minimum)})
	}
	if open < 0 {
		return nil, "Length has to be at least the sum of the minimums"
	}
	if all == "" && open > 0 {
		return nil, "CharactersToAvoid leaves no character"
	}
	return append(classes, randomClass{all, int(open)}), ""
}

func evalRandom(m *machine, n *callNode, a []Value) (Value, error) {
	classes, reason := randomClasses(a)
	if reason != "" {
		return Value{}, n.failf("%s", reason)
	}
	source := m.env.random()
	out := make([]byte, 0, maxRandom)
	for _, class := range classes {
		for range class.minimum {
			i, err := randomIndex(source, len(class.characters))
			if err != nil {
				return Value{}, n.failf("there are no random bytes")
			}
			out = append(out, class.characters[i])
		}
	}
	for i := len(out) - 1; i > 0; i-- {
		j, err := randomIndex(source, i+1)
		if err != nil {
			return Value{}, n.failf("there are no random bytes")
		}
		out[i], out[j] = out[j], out[i]
	}
	return textValue(string(out)), nil
}

// maxDraws bounds the tries of randomIndex, so that a source that gives the same byte for ever cannot hold it. With real
// random bytes not even ten tries are ever seen.
const maxDraws = 128

// randomIndex returns a number below n, n at most 256, each with the same probability: bytes beyond the last multiple of n
// are thrown away.
func randomIndex(source io.Reader, n int) (int, error) {
	var b [1]byte
	limit := (math.MaxUint8 + 1) / n * n
	for range maxDraws {
		if _, err := io.ReadFull(source, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < limit {
			return int(b[0]) % n, nil
		}
	}
	return 0, io.ErrNoProgress
}
