package graphsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// batch sends parts and returns the answers by id.
func (m *sim) batch(parts string) (answer, map[string]map[string]any) {
	m.t.Helper()
	a, err := m.do(http.MethodPost, "/v1.0/$batch", `{"requests":[`+parts+`]}`)
	if err != nil {
		m.t.Fatal(err)
	}
	out := map[string]map[string]any{}
	list, _ := a.json["responses"].([]any)
	for _, r := range list {
		part := r.(map[string]any)
		out[part["id"].(string)] = part
	}
	return a, out
}

func part(id, url string) string { return fmt.Sprintf(`{"id":%q,"method":"GET","url":%q}`, id, url) }

func TestBatch(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	a, got := c.batch(strings.Join([]string{
		part("1", "/users/"+c.ann+"?$select=id"), part("2", "users/nobody"), part("3", "/users?$top=1&$select=id"),
		`{"id":"4","method":"GET","url":"/users","dependsOn":["2"]}`, `{"id":"5","method":"GET","url":"/users/$count","headers":{"ConsistencyLevel":"eventual"},"dependsOn":["1"]}`,
		fmt.Sprintf(`{"id":"6","method":"POST","url":"/directoryObjects/getByIds","headers":{"Content-Type":"application/json"},"body":{"ids":[%q]}}`, c.bob),
	}, ","))
	for id, want := range map[string]float64{"1": 200, "2": 404, "3": 200, "4": 424, "5": 200, "6": 200} {
		if got[id]["status"] != want {
			t.Errorf("part %s: %v, want %v", id, got[id], want)
		}
	}
	body, _ := got["1"]["body"].(map[string]any)
	headers, _ := got["1"]["headers"].(map[string]any)
	if body["id"] != c.ann || headers["X-Ms-Resource-Unit"] != "1" {
		t.Errorf("part 1 is %v", got["1"])
	}
	if body, _ = got["3"]["body"].(map[string]any); !strings.HasPrefix(body["@odata.nextLink"].(string), c.url+"/v1.0/users?") {
		t.Errorf("part 3 is %v", got["3"])
	}
	if first, _ := a.json["responses"].([]any)[0].(map[string]any); first["id"] == "1" {
		t.Error("the answers have the order of the parts; clients would not learn to go by id")
	}
	if n := c.CountRequests("GET", "/v1.0/users"); n != 4 {
		t.Errorf("the journal has %d parts", n)
	}
}

func TestBatchLimits(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	list := func(n int) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = part(fmt.Sprint(i), "/users")
		}
		return strings.Join(parts, ",")
	}
	for name, tc := range map[string]struct {
		parts string
		want  int
	}{
		"twenty":             {list(20), 200},
		"twenty-one":         {list(21), 400},
		"same id":            {part("a", "/users") + "," + part("A", "/users"), 400},
		"unknown dependency": {`{"id":"1","method":"GET","url":"/users","dependsOn":["9"]}`, 400},
		"no id":              {`{"method":"GET","url":"/users"}`, 400},
		"no JSON":            {`{`, 400},
		"nothing":            {``, 400},
	} {
		a, _ := m.batch(tc.parts)
		if a.status != tc.want || tc.want == 400 && a.code() != "BadRequest" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
}

func TestBatchPartsAreThrottledOneByOne(t *testing.T) {
	m := newSim(t, graphsim.Knobs{UnitsPerWindow: 4})
	a, got := m.batch(part("1", "/users") + "," + part("2", "/users") + "," + part("3", "/users"))
	if a.status != 200 || got["2"]["status"] != 200.0 || got["3"]["status"] != 429.0 {
		t.Fatalf("%d %s", a.status, a.text)
	}
	if h, _ := got["3"]["headers"].(map[string]any); h["Retry-After"] != "10" {
		t.Errorf("headers of the throttled part: %v", h)
	}
	raw, err := json.Marshal(got["3"]["body"])
	if err != nil || !strings.Contains(string(raw), "TooManyRequests") {
		t.Errorf("body of the throttled part: %s", raw)
	}
}

func TestBatchPartsCanBeFaulted(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	must(m.AddFault(graphsim.Fault{Path: "^/v1.0/groups", Status: 503}))
	_, got := m.batch(part("1", "/users") + "," + part("2", "/groups"))
	if got["1"]["status"] != 200.0 || got["2"]["status"] != 503.0 {
		t.Errorf("parts: %v", got)
	}
}
