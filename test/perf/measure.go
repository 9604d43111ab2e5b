package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// Names of rows that the test looks for.
const (
	requestsPerPerson = "SCIM requests per created person"
	minutesNew        = "minutes for 100,000 new people"
	minutesEqual      = "minutes for 100,000 equal people"
	writesEqual       = "writes, everybody there and equal"
	idleRequests      = "SCIM requests of an idle cycle"
	idleGraph         = "Graph requests of an idle cycle"
	idleTime          = "time of an idle cycle"
	equalWrites       = "writes, mapping changed without effect"
	shareOfRate       = "share of the allowed rate"
	refusals          = "answers 429"
)

// Facts that measures compare with.
const (
	allowed   = 300 // requests in a window, genesys-scim.md 13
	connected = 16  // connections of the measures with concurrency
	delay     = 20 * time.Millisecond
	// alonePosts is how many people the loop with one connection creates.
	alonePosts = 250
	// Minutes at 300 requests a minute: new100k is 100,000 creates and the look at who exists, equal100k is 100,000 people
	// listed in pages of 100. A mapping with attributes that Genesys Cloud calls expensive (7.1) has pages of 25.
	new100k, equal100k = 346, 100_000.0 / 100 / 300
)

// sizes are how many people each measure takes.
type sizes struct {
	economy, throughput, latency size
	// memberships is for the time that groups take while answers are slow.
	memberships size
	// rate needs a few windows; window is the length of one.
	rate   size
	window time.Duration
	// rateAllowed is how many requests a window allows.
	rateAllowed  int
	small, large size
}

// bench is one run of the program.
type bench struct {
	sizes    sizes
	runs     int
	dir      string // for stores
	profiles string
	log      io.Writer
	stores   int
	measure  string // the one that runs
}

type measure struct {
	name, what string
	run        func(*bench, context.Context) ([]row, error)
}

var measures = []measure{
	{"economy", "requests per person, idle cycle, re-evaluation, hours for 100,000 people", (*bench).economy},
	{"throughput", "created people a second against a bare Go loop", (*bench).throughput},
	{"latency", "created people a second with 20 ms added to each answer", (*bench).latency},
	{"rate", "share of the allowed rate that is used, without a 429", (*bench).rate},
	{"memory", "peak memory of two sizes of tenant", (*bench).memory},
}

// task begins a task in a world; a new store unless one is given.
func (b *bench) task(w *world, name, store string) task {
	if store == "" {
		b.stores++
		store = filepath.Join(b.dir, fmt.Sprintf("state-%d.db", b.stores))
	}
	return task{
		Name: name, Measure: b.measure, GraphURL: w.graphURL(), GenesysURL: w.genesysURL(), Store: store, Workers: connected, Profiles: b.profiles,
	}
}

// start runs a task and tells how it went.
func (b *bench) start(ctx context.Context, t task) (result, error) {
	r, err := start(ctx, t)
	if err != nil {
		return r, err
	}
	fmt.Fprintf(b.log, "  %s: %s, processor %s, %s; %s\n", t.Name, seconds(r.Took), seconds(r.CPU), mebibytes(r.Peak), r.phases())
	return r, nil
}

// discard removes a store that is no longer needed.
func discard(store string) {
	for _, side := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(store + side)
	}
}

// economy measures everything about requests: it depends on no clock.
func (b *bench) economy(ctx context.Context) ([]row, error) {
	w := newWorld(b.sizes.economy, nil)
	defer w.close()
	people := w.size.people
	begin := func() { w.graph.begin(false); w.scim.begin(false) }

	first := b.task(w, "initial cycle of "+w.size.String(), "")
	defer discard(first.Store)
	begin()
	initial, err := b.start(ctx, first)
	if err != nil {
		return nil, err
	}
	sent := w.scim.traffic()
	if sent.creates != people {
		return nil, fmt.Errorf("%d of %d people were created", sent.creates, people)
	}
	perPerson := float64(sent.requests) / float64(people)
	minutes := perPerson * 100_000 / allowed
	rows := []row{
		atMost(1.05).fill(requestsPerPerson, perPerson, count(sent.requests)+" requests", count(people)+" people, manager included"),
		atMost(1.05).fill(minutesNew, minutes/new100k, fmt.Sprintf("%.1f min computed", minutes), fmt.Sprintf("%d min", new100k)),
	}

	begin()
	idle, err := b.start(ctx, b.task(w, "idle cycle", first.Store))
	if err != nil {
		return nil, err
	}
	again, read := w.scim.traffic(), w.graph.traffic()
	quiet := atMost(5)
	quiet.whole = true
	rows = append(rows,
		quiet.fill(idleRequests, float64(again.requests), count(again.requests)+" requests", count(sent.requests)+" in the initial cycle"),
		quiet.fill(idleGraph, float64(read.requests), count(read.requests)+" requests", "check, two delta reads, list of assignments"),
		atMost(0.01).fill(idleTime, idle.Took.Seconds()/initial.Took.Seconds(), seconds(idle.Took), seconds(initial.Took)+" of the initial cycle, no limit"))

	begin()
	changed := b.task(w, "cycle after a mapping change", first.Store)
	changed.Variant = "equal"
	other, err := b.start(ctx, changed)
	if err != nil {
		return nil, err
	}
	none := atMost(0)
	none.whole = true
	rows = append(rows, none.fill(equalWrites, float64(w.scim.traffic().writes), count(w.scim.traffic().writes)+" writes",
		fmt.Sprintf("%s people, %s", count(people), seconds(other.Took))))

	begin()
	fresh := b.task(w, "initial cycle, everybody exists", "")
	defer discard(fresh.Store)
	if _, err := b.start(ctx, fresh); err != nil {
		return nil, err
	}
	same := w.scim.traffic()
	minutes = float64(same.requests) / float64(people) * 100_000 / allowed
	return append(rows,
		none.fill(writesEqual, float64(same.writes), count(same.writes)+" writes", count(people)+" people"),
		atMost(1.05).fill(minutesEqual, minutes/equal100k, fmt.Sprintf("%.2f min computed", minutes), fmt.Sprintf("%.2f min, pages of 100", equal100k))), nil
}

// throughput compares with the bare loop; of several runs the best of each counts, since that was disturbed least.
func (b *bench) throughput(ctx context.Context) ([]row, error) {
	w := newWorld(b.sizes.throughput, nil)
	defer w.close()
	var best, bare result
	for i := range b.runs {
		r, l, err := b.compare(ctx, w, nil)
		if err != nil {
			return nil, err
		}
		if i == 0 || r.Took < best.Took {
			best = r
		}
		if i == 0 || l.Took < bare.Took {
			bare = l
		}
	}
	n := int64(w.size.people)
	ours, whole, theirs := perSecond(n, best.phase(engine.PhaseUsers).Took), perSecond(n, best.Took), perSecond(n, bare.Took)
	against := fmt.Sprintf("%.0f/s bare loop", theirs)
	return []row{
		atLeast(0.6).fill("created people a second, creating", ours/theirs, fmt.Sprintf("%.0f/s", ours), against),
		atLeast(0.6).fill("created people a second, whole cycle", whole/theirs, fmt.Sprintf("%.0f/s", whole), against),
		processorRow("processor time of a created person, creating", best.phase(engine.PhaseUsers).CPU, bare.CPU, n),
		processorRow("processor time of a created person, whole cycle", best.CPU, bare.CPU, n),
	}, nil
}

// processorRow compares processor times, which a busy machine disturbs less.
func processorRow(name string, ours, theirs time.Duration, people int64) row {
	each := func(d time.Duration) string { return fmt.Sprintf("%d us", (d / time.Duration(people)).Microseconds()) }
	return info().fill(name, ours.Seconds()/theirs.Seconds(), each(ours), each(theirs)+" bare loop")
}

// compare runs an initial cycle and then the bare loop with the same bodies.
func (b *bench) compare(ctx context.Context, w *world, change func(*genesyssim.Knobs)) (cycle, bare result, err error) {
	w.empty(change)
	w.scim.begin(true)
	first := b.task(w, "initial cycle of "+w.size.String(), "")
	defer discard(first.Store)
	if cycle, err = b.start(ctx, first); err != nil {
		return cycle, bare, err
	}
	posts, err := w.scim.kept()
	if err != nil {
		return cycle, bare, err
	}
	l := b.task(w, "bare loop", "")
	l.Posts = b.posts()
	if err := savePosts(l.Posts, posts); err != nil {
		return cycle, bare, err
	}
	w.empty(change)
	w.scim.begin(true)
	bare, err = b.start(ctx, l)
	if err == nil && w.scim.traffic().creates != len(posts) {
		err = fmt.Errorf("the bare loop created %d of %d people", w.scim.traffic().creates, len(posts))
	}
	return cycle, bare, err
}

// latency measures whether all connections are kept busy. The round trip is that of a loop with one connection.
func (b *bench) latency(ctx context.Context) ([]row, error) {
	w := newWorld(b.sizes.latency, nil)
	defer w.close()
	slow := func(k *genesyssim.Knobs) { k.Latency = delay }
	cycle, bare, err := b.compare(ctx, w, slow)
	if err != nil {
		return nil, err
	}
	alone := b.task(w, "bare loop, one connection", "")
	alone.Posts, alone.Workers, alone.Limit = b.posts(), 1, alonePosts
	w.empty(slow)
	one, err := b.start(ctx, alone)
	if err != nil {
		return nil, err
	}
	n := int64(w.size.people)
	trip := one.Took / time.Duration(one.Report.Created)
	most, ideal := connected/trip.Seconds(), connected/delay.Seconds()
	ours, theirs := perSecond(n, cycle.phase(engine.PhaseUsers).Took), perSecond(n, bare.Took)
	measured := fmt.Sprintf("%.0f/s", ours)
	members, err := b.membershipRequests(ctx, slow)
	if err != nil {
		return nil, err
	}
	limit := fmt.Sprintf("%.0f/s = %d connections / %.1f ms round trip", most, connected, trip.Seconds()*1e3)
	return []row{
		atLeast(0.95).fill("created people a second, 20 ms delay", ours/most, measured, limit),
		info().fill("  against the bare loop", ours/theirs, measured, fmt.Sprintf("%.0f/s", theirs)),
		info().fill("  against 20 ms exactly", ours/ideal, measured, fmt.Sprintf("%.0f/s", ideal)),
		info().fill("membership requests a second, 20 ms delay", members/most, fmt.Sprintf("%.0f/s", members), limit),
	}, nil
}

// membershipRequests returns how many requests with memberships go out a second.
func (b *bench) membershipRequests(ctx context.Context, change func(*genesyssim.Knobs)) (float64, error) {
	w := newWorld(b.sizes.memberships, change)
	defer w.close()
	t := b.task(w, "initial cycle of "+w.size.String(), "")
	t.Groups = true
	defer discard(t.Store)
	w.scim.begin(false)
	r, err := b.start(ctx, t)
	seen := w.scim.traffic()
	return perSecond(int64(seen.writes-seen.creates-w.size.groups), r.phase(engine.PhaseMembers).Took), err
}

// posts is the file with the creates of the last initial cycle.
func (b *bench) posts() string { return filepath.Join(b.dir, "posts.json") }

// rate measures how much of the allowance is used between the first and the last create.
func (b *bench) rate(ctx context.Context) ([]row, error) {
	w := newWorld(b.sizes.rate, func(k *genesyssim.Knobs) { k.RateAllowed, k.RateWindow = b.sizes.rateAllowed, b.sizes.window })
	defer w.close()
	t := b.task(w, fmt.Sprintf("initial cycle, %d requests in %s", b.sizes.rateAllowed, b.sizes.window), "")
	defer discard(t.Store)
	t.PerMinute = int(float64(b.sizes.rateAllowed) * float64(time.Minute) / float64(b.sizes.window))
	w.scim.begin(false)
	if _, err := b.start(ctx, t); err != nil {
		return nil, err
	}
	seen := w.scim.traffic()
	ours, most := perSecond(int64(seen.creates-1), seen.creating()), float64(b.sizes.rateAllowed)/b.sizes.window.Seconds()
	never := atMost(0)
	never.whole = true
	return []row{
		atLeast(0.97).fill(shareOfRate, ours/most, fmt.Sprintf("%.2f/s for %s", ours, seconds(seen.creating())),
			fmt.Sprintf("%.0f/s = %d in %s", most, b.sizes.rateAllowed, b.sizes.window)),
		never.fill(refusals, float64(seen.refused), count(seen.refused)+" answers", count(seen.requests)+" requests"),
	}, nil
}

// memory compares the peak of a large tenant with that of one a tenth of its size.
func (b *bench) memory(ctx context.Context) ([]row, error) {
	var peaks [2]int64
	var idles [2]int64
	for i, s := range []size{b.sizes.small, b.sizes.large} {
		if err := b.peak(ctx, s, &peaks[i], &idles[i]); err != nil {
			return nil, err
		}
	}
	const limit = 256 << 20
	return []row{
		atMost(1).fill("peak memory, "+b.sizes.large.String(), float64(peaks[1])/limit, mebibytes(peaks[1]), "256 MiB"),
		atMost(2).fill("growth of peak memory", float64(peaks[1])/float64(peaks[0]), mebibytes(peaks[1]), mebibytes(peaks[0])+" for "+b.sizes.small.String()),
		info().fill("peak memory of an idle cycle", float64(idles[1])/float64(idles[0]), mebibytes(idles[1]), mebibytes(idles[0])),
	}, nil
}

func (b *bench) peak(ctx context.Context, s size, initial, idle *int64) error {
	w := newWorld(s, func(k *genesyssim.Knobs) { k.GroupPatchAnswer = genesyssim.AnswerWithoutMembers })
	defer w.close()
	t := b.task(w, "initial cycle of "+s.String(), "")
	t.Groups = true
	defer discard(t.Store)
	for _, into := range []*int64{initial, idle} {
		r, err := b.start(ctx, t)
		if err != nil {
			return err
		}
		*into = r.Peak
		t.Name = "idle cycle of " + s.String()
	}
	return nil
}
