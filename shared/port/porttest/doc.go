// Package porttest holds the suites that whatever implements a port of the
// product must pass, against the real thing or a stand-in.
package porttest
