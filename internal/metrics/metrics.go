package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	namespace = "entrain"

	labelConfig = "config"
	labelResult = "result"
	labelAction = "action"
	labelSystem = "system"
	labelRoute  = "route"
	labelCode   = "code"
)

// Metrics are the collectors of one operator.
type Metrics struct {
	cycles      *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	objects     *prometheus.CounterVec
	escrowed    *prometheus.GaugeVec
	quarantined *prometheus.GaugeVec
	success     *prometheus.GaugeVec
	requests    *prometheus.CounterVec
	latency     *prometheus.HistogramVec
	limiter     *prometheus.CounterVec
}

// New registers the collectors.
func New(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		cycles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "cycles_total", Help: "Cycles that ended, by result.",
		}, []string{labelConfig, labelResult}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "cycle_duration_seconds", Help: "Duration of cycles.", Buckets: prometheus.ExponentialBuckets(0.1, 4, 10),
		}, []string{labelConfig}),
		objects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "objects_total", Help: "Objects by what was done with them.",
		}, []string{labelConfig, labelAction}),
		escrowed: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "escrowed_objects", Help: "Objects whose last attempt failed and that wait for the next one.",
		}, []string{labelConfig}),
		quarantined: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "quarantined", Help: "1 while the config is in quarantine.",
		}, []string{labelConfig}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "last_success_timestamp_seconds", Help: "When the last cycle ended that was not ended early by an error.",
		}, []string{labelConfig}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "requests_total", Help: "Requests to the systems on both sides, by route template and status.",
		}, []string{labelSystem, labelRoute, labelCode}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "request_duration_seconds", Help: "Duration of requests without the wait for the rate limit.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2.5, 10),
		}, []string{labelSystem}),
		limiter: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "limiter_wait_seconds_total", Help: "Time that requests waited for the rate limit.",
		}, []string{labelSystem}),
	}
	registry.MustRegister(m.cycles, m.duration, m.objects, m.escrowed, m.quarantined, m.success, m.requests, m.latency, m.limiter)
	return m
}

// Cycle is what a cycle brought.
type Cycle struct {
	Config, Result                      string
	Started, Ended                      time.Time
	Created, Updated, Disabled, Deleted int64
	Skipped, Failed, Escrowed, Drifted  int64
	Quarantined, Succeeded              bool
}

// ObserveCycle counts a cycle that ended.
func (m *Metrics) ObserveCycle(c Cycle) {
	m.cycles.WithLabelValues(c.Config, c.Result).Inc()
	m.duration.WithLabelValues(c.Config).Observe(c.Ended.Sub(c.Started).Seconds())
	for action, n := range map[string]int64{
		"create": c.Created, "update": c.Updated, "disable": c.Disabled, "delete": c.Deleted, "skip": c.Skipped, "fail": c.Failed, "drift": c.Drifted,
	} {
		m.objects.WithLabelValues(c.Config, action).Add(float64(n))
	}
	m.escrowed.WithLabelValues(c.Config).Set(float64(c.Escrowed))
	quarantined := 0.0
	if c.Quarantined {
		quarantined = 1
	}
	m.quarantined.WithLabelValues(c.Config).Set(quarantined)
	if c.Succeeded {
		m.success.WithLabelValues(c.Config).Set(float64(c.Ended.Unix()))
	}
}

// ObserveRequest counts a request; status 0 means that no answer came.
func (m *Metrics) ObserveRequest(system, route string, status int, took, waited time.Duration) {
	code := "none"
	if status > 0 {
		code = strconv.Itoa(status)
	}
	m.requests.WithLabelValues(system, route, code).Inc()
	m.latency.WithLabelValues(system).Observe(took.Seconds())
	m.limiter.WithLabelValues(system).Add(waited.Seconds())
}

// Forget drops the series of a config that was deleted.
func (m *Metrics) Forget(config string) {
	labels := prometheus.Labels{labelConfig: config}
	for _, v := range []interface{ DeletePartialMatch(prometheus.Labels) int }{m.cycles, m.duration, m.objects, m.escrowed, m.quarantined, m.success} {
		v.DeletePartialMatch(labels)
	}
}
