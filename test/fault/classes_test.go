package fault

import (
	"net/http"
	"slices"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/test/model/world"
)

// class is one way in which a call can fail. Number is that of section A of failure-classes.md.
type class struct {
	number int
	name   string
	// inject arranges for call n to fail.
	inject func(st *stage, n int)
	// method is the only one for which the class makes sense; "" is any.
	method string
}

// broken makes a class from a fault of a gate.
func broken(gate func(*stage) *world.Gate, f world.Fault) func(*stage, int) {
	return func(st *stage, n int) {
		f.From = n
		gate(st).Break(f)
	}
}

func source(st *stage) *world.Gate { return st.Source }
func target(st *stage) *world.Gate { return st.Target }

// both are the classes that concern either side.
func both(gate func(*stage) *world.Gate) []class {
	status := func(number int, name string, code, times int, retryAfter string) class {
		return class{number: number, name: name, inject: broken(gate, world.Fault{Effect: world.StatusBefore, Status: code, RetryAfter: retryAfter, Times: times})}
	}
	spoilt := func(number int, name string, e world.Effect, times int) class {
		return class{number: number, name: name, inject: broken(gate, world.Fault{Effect: e, Times: times})}
	}
	jump := func(name string, d time.Duration) class {
		return class{number: 16, name: name, inject: func(st *stage, n int) {
			gate(st).Before = func(number int) {
				if number == n {
					st.Clock.Advance(d)
				}
			}
		}}
	}
	date := world.Epoch.Add(90 * 24 * time.Hour).UTC().Format(http.TimeFormat)
	return []class{
		status(1, "429 with an integer", 429, 1, "2"), status(1, "429 with a decimal", 429, 1, "1.5"), status(1, "429 with a date", 429, 1, date),
		status(1, "429 without Retry-After", 429, 2, ""), status(3, "503 once", 503, 1, ""), status(3, "503 from here on", 503, -1, ""),
		status(3, "403 once", 403, 1, ""), status(3, "403 from here on", 403, -1, ""), status(15, "401 once", 401, 1, ""), status(15, "401 from here on", 401, -1, ""),
		spoilt(7, "cut before", world.CutBefore, 1), spoilt(7, "cut before, from here on", world.CutBefore, -1), spoilt(7, "cut after", world.CutAfter, 1),
		spoilt(7, "cut after, from here on", world.CutAfter, -1), spoilt(7, "cut in the body", world.CutBody, 1), spoilt(7, "a web page", world.Web, 1),
		spoilt(7, "a web page from here on", world.Web, -1), spoilt(7, "a page to sign in", world.WebBefore, 1), spoilt(7, "broken gzip", world.BrokenGzip, 1), spoilt(7, "half a body", world.Truncated, 1),
		jump("clock jumps a day ahead", 24*time.Hour), jump("clock jumps an hour back", -time.Hour),
	}
}

// sourceClasses are the classes of the source.
func sourceClasses() []class {
	page := func(number int, name string, e graphsim.Effect) class {
		return class{number: number, name: name, inject: func(st *stage, n int) {
			_, _ = st.Graph.AddFault(graphsim.Fault{Effect: e, Nth: n})
		}}
	}
	classes := append(both(source), own(source)...)
	return append(classes,
		page(4, "an empty page", graphsim.EffectEmptyPage), page(4, "a short page", graphsim.EffectShortPage),
		page(4, "a page repeated", graphsim.EffectRepeatPage), page(4, "a page in another order", graphsim.EffectShuffle),
		class{number: 6, name: "delta token expired", inject: func(st *stage, n int) {
			st.Source.Before = func(number int) {
				if number == n {
					st.Graph.ExpireTokens(graphsim.ExpiredObserved)
				}
			}
		}},
	)
}

// targetClasses are the classes of the target.
func targetClasses() []class {
	only := func(method string, number int, name string, f world.Fault) class {
		return class{number: number, name: name, method: method, inject: broken(target, f)}
	}
	classes := slices.Concat(both(target), own(target), lagging())
	return append(classes,
		only(http.MethodPost, 2, "409 after a lost answer", world.Fault{Effect: world.CutAfter}),
		only(http.MethodPost, 2, "500 after it was carried out", world.Fault{Effect: world.StatusAfter, Status: 500}),
		only(http.MethodPost, 8, "answer without id", world.Fault{Effect: world.NoID}),
		only(http.MethodPost, 8, "200 instead of 201", world.Fault{Effect: world.OK}),
		only(http.MethodPost, 8, "201 without body", world.Fault{Effect: world.EmptyBody}),
		only(http.MethodPost, 8, "204 instead of 201", world.Fault{Effect: world.NoContent}),
		only(http.MethodPatch, 8, "204 instead of 200", world.Fault{Effect: world.NoContent}),
		only(http.MethodPatch, 8, "200 without body", world.Fault{Effect: world.EmptyBody}),
		only(http.MethodPatch, 10, "carried out, then 500", world.Fault{Effect: world.StatusAfter, Status: 500, Times: 4}),
		only(http.MethodPatch, 11, "400 for a change", world.Fault{Effect: world.StatusBefore, Status: 400}),
		only(http.MethodDelete, 9, "deleted, the answer lost, then 404", world.Fault{Effect: world.CutAfter}),
		only(http.MethodDelete, 9, "deleted, then 500 and 500", world.Fault{Effect: world.StatusAfter, Status: 500, Times: 2}),
	)
}
