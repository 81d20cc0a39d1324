// Package sims lists the simulators that stand in for the marketplaces on one
// machine. A new simulator is one line here.
package sims

import (
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
)

// Stands says how each simulator is put up. One of them serves both Meta hosts.
func Stands() []simkit.Stand {
	return []simkit.Stand{
		etsysim.Stand(),
		tiktoksim.Stand(),
		metasim.Stand(),
	}
}
