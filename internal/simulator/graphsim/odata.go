package graphsim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// option is one query parameter as sent.
type option struct{ name, value string }

// query is the query of a request. Names of system options compare in any letter case and with or without $ (section 0).
// net/url is not used, because it drops options with a semicolon, which $expand needs.
type query struct{ options []option }

var systemOptions = []string{"select", "filter", "top", "skiptoken", "deltatoken", "expand", "orderby", "search", "count", "format", "skip"}

func parseQuery(raw string) query {
	var q query
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err != nil {
			continue
		}
		if n := strings.ToLower(strings.TrimPrefix(name, "$")); slices.Contains(systemOptions, n) {
			name = n
		}
		q.options = append(q.options, option{name, value})
	}
	return q
}

func (q query) get(name string) (string, bool) {
	for _, o := range q.options {
		if o.name == name {
			return o.value, true
		}
	}
	return "", false
}

func (q query) value(name string) string {
	v, _ := q.get(name)
	return v
}

// link returns the query of a nextLink of a plain list: the options of the first request with another $skiptoken.
func (q query) link(skiptoken string) string {
	var b strings.Builder
	for _, o := range q.options {
		if o.name == "skiptoken" || !slices.Contains(systemOptions, o.name) {
			continue
		}
		b.WriteString("$" + o.name + "=" + linkEscaper.Replace(url.QueryEscape(o.value)) + "&")
	}
	return b.String() + "$skiptoken=" + skiptoken
}

// linkEscaper leaves what Graph leaves readable in its links.
var linkEscaper = strings.NewReplacer("%2C", ",", "%27", "'", "%28", "(", "%29", ")", "%24", "$", "%3D", "=", "+", "%20")

// segment is one part of a path; users('a') gives two.
type segment struct {
	name string
	// byAppID marks a key of the form (appId='...').
	byAppID bool
}

// parsePath splits a path after the version root. ok is false when a part cannot be decoded.
func parsePath(escaped string) ([]segment, bool) {
	var out []segment
	for part := range strings.SplitSeq(strings.Trim(escaped, "/"), "/") {
		name, err := url.PathUnescape(part)
		if err != nil {
			return nil, false
		}
		base, args, found := strings.Cut(name, "(")
		if !found || !strings.HasSuffix(args, ")") {
			out = append(out, segment{name: name})
			continue
		}
		out = append(out, segment{name: base})
		key := strings.TrimSuffix(args, ")")
		if key == "" {
			continue
		}
		seg := segment{}
		if k, v, named := strings.Cut(key, "="); named && !strings.HasPrefix(key, "'") {
			seg.byAppID, key = k == "appId", v
		}
		if len(key) < 2 || key[0] != '\'' || key[len(key)-1] != '\'' {
			return nil, false
		}
		seg.name = strings.ReplaceAll(key[1:len(key)-1], "''", "'")
		out = append(out, seg)
	}
	return out, true
}

// advanced says whether a request carries both parameters of advanced queries (3.7).
func (c *call) advanced() bool {
	return c.eventual() && strings.EqualFold(c.query.value("count"), "true")
}

func (c *call) eventual() bool {
	return strings.EqualFold(c.request.Header.Get("ConsistencyLevel"), "eventual")
}

// top returns $top, or the default page size (3.1).
func (c *call) top(limit int) (int, *graphError) {
	size := min(c.knobs.ListPageSize, limit)
	if v, ok := c.query.get("top"); ok {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 999 {
			return 0, unsupported("Invalid page size specified: '%s'. Must be between 1 and 999 inclusive.", v)
		}
		size = min(n, limit)
	}
	if c.shape.effect == EffectShortPage {
		size = min(size, c.shape.size)
	}
	return size, nil
}

// preference returns the value of a preference of the Prefer header.
func (c *call) preference(name string) string {
	for _, line := range c.request.Header.Values("Prefer") {
		for p := range strings.SplitSeq(line, ",") {
			k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
			if strings.EqualFold(k, name) {
				return strings.Trim(v, `"`)
			}
		}
	}
	return ""
}
