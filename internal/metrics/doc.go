// Package metrics defines what Prometheus can ask for. Labels are bounded: configs by namespace and name, systems, routes as
// templates and never ids, results and codes from closed lists. Nothing here identifies a person.
package metrics
