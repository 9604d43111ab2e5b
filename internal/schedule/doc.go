// Package schedule knows when the next cycle, the next attempt at a failed object and the next attempt of a quarantined
// config are due. It is arithmetic on times that are passed in: no clock, no timers, no state.
//
// Start with Interval for cycles, Escrow for objects and Quarantine for configs.
package schedule
