package genesyssim

import "strings"

// path is the path of a PATCH operation: [URN:]attribute[filter].sub (section 11).
type path struct {
	urn    string // urnUser, urnGroup, urnEnterprise, urnGenesys, or another one
	attr   string // lower case; "" for the whole extension
	filter []term // nil for none
	sub    string // lower case
	text   string
}

// parsePath reads a path; without URN it belongs to core.
func parsePath(text, core string) (path, *problem) {
	p := path{urn: core, text: text}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return p, refuse(invalidPath, "The path is empty")
	}
	if low := strings.ToLower(rest); strings.HasPrefix(low, "urn:") {
		p.urn, rest = splitURN(rest, low)
	}
	name := rest
	if open := strings.IndexByte(rest, '['); open >= 0 {
		r := &filterReader{text: rest[open+1:]}
		terms, prob := r.terms(false)
		if prob != nil {
			return p, prob
		}
		if r.blanks(); !strings.HasPrefix(r.text[r.pos:], "]") {
			return p, refuse(invalidFilter, "The filter in path %q is not closed", text)
		}
		name, p.filter = rest[:open], terms
		tail := r.text[r.pos+1:]
		if sub, ok := strings.CutPrefix(tail, "."); ok {
			p.sub = strings.ToLower(sub)
		} else if tail != "" {
			return p, refuse(invalidPath, "The path %q is malformed", text)
		}
	} else if attr, sub, ok := strings.Cut(rest, "."); ok {
		name, p.sub = attr, strings.ToLower(sub)
	}
	p.attr = strings.ToLower(name)
	if strings.ContainsAny(p.attr+p.sub, " []\"") || p.attr == "" && rest != "" {
		return p, refuse(invalidPath, "The path %q is malformed", text)
	}
	return p, nil
}

// splitURN separates the URN from the attribute. Of an unknown URN everything up to the last colon is the URN.
func splitURN(rest, low string) (urn, attr string) {
	for _, known := range []string{urnUser, urnGroup, urnEnterprise, urnGenesys} {
		l := strings.ToLower(known)
		if low == l {
			return known, ""
		}
		if strings.HasPrefix(low, l+":") {
			return known, rest[len(l)+1:]
		}
	}
	head := rest
	if open := strings.IndexByte(rest, '['); open >= 0 {
		head = rest[:open]
	}
	i := strings.LastIndexByte(head, ':')
	return rest[:i], rest[i+1:]
}

// selected returns what the filter demands of a sub-attribute.
func (p path) selected(attr string) (string, bool) {
	for _, t := range p.filter {
		if t.attr == attr {
			return t.value, true
		}
	}
	return "", false
}
