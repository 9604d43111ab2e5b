// Package dotnet is the part of .NET that the expression language takes its meaning from: points in time counted in ticks,
// custom date and time formats, their styles, the free-form date parser of CDate, the arithmetic of VBA dates, title case,
// and the substitution syntax of regular expressions.
//
// It follows .NET with the invariant culture on a machine whose time zone is UTC. It is not a general port: calendars,
// cultures and everything the expression functions do not reach are left out.
//
// Start with DateTime and Pattern.
package dotnet
