package ddb

import (
	"maps"
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Sizes of a capacity unit (AWS Developer Guide, "DynamoDB read and write
// operations", 2026).
const (
	readUnit  = 4 * 1024
	writeUnit = 1024
)

// units is how many units a number of bytes costs, at least one.
func units(size, unit int) float64 { return float64(max(1, (size+unit-1)/unit)) }

// readUnits is the cost of reading a number of bytes.
func readUnits(size int, consistent bool) float64 {
	if consistent {
		return units(size, readUnit)
	}
	return units(size, readUnit) / 2
}

// meter adds up the capacity that a request consumes in one table.
type meter struct {
	table  string
	base   float64
	global map[string]float64
	local  map[string]float64
	// transaction is "read" or "write" in a transaction, where everything
	// counts twice and is also reported under its kind.
	transaction string
}

func newMeter(table string) *meter {
	return &meter{table: table, global: map[string]float64{}, local: map[string]float64{}}
}

func (m *meter) index(x store.Index, amount float64) {
	if x.Local {
		m.local[x.Name] += amount
		return
	}
	m.global[x.Name] += amount
}

// write counts a write of an item: the larger of both sizes, and each index
// that it changed.
func (m *meter) write(before, after int, writes []store.IndexWrite) {
	factor := 1.0
	if m.transaction != "" {
		factor = 2
	}
	m.base += factor * units(max(before, after), writeUnit)
	for _, w := range writes {
		if w.Moved {
			m.index(w.Index, factor*(units(w.Old, writeUnit)+units(w.New, writeUnit)))
			continue
		}
		m.index(w.Index, factor*units(max(w.Old, w.New), writeUnit))
	}
}

func (m *meter) total() float64 {
	sum := m.base
	for _, u := range m.global {
		sum += u
	}
	for _, u := range m.local {
		sum += u
	}
	return sum
}

// describe is the answer's ConsumedCapacity; detail adds table and indexes.
func (m *meter) describe(detail bool) object {
	var out object
	out.add("TableName", m.table)
	m.amount(&out, m.total())
	if !detail {
		return out
	}
	var table object
	m.amount(&table, m.base)
	out.add("Table", table)
	if len(m.local) > 0 {
		out.add("LocalSecondaryIndexes", m.amounts(m.local))
	}
	if len(m.global) > 0 {
		out.add("GlobalSecondaryIndexes", m.amounts(m.global))
	}
	return out
}

func (m *meter) amounts(by map[string]float64) object {
	var out object
	for _, name := range slices.Sorted(maps.Keys(by)) {
		var one object
		m.amount(&one, by[name])
		out.add(name, one)
	}
	return out
}

func (m *meter) amount(out *object, u float64) {
	out.add("CapacityUnits", u)
	switch m.transaction {
	case "read":
		out.add("ReadCapacityUnits", u)
	case "write":
		out.add("WriteCapacityUnits", u)
	}
}

// capacityMode reads ReturnConsumedCapacity.
func capacityMode(p params) string {
	return p.choice("ReturnConsumedCapacity", "NONE", "INDEXES", "TOTAL", "NONE")
}

// addCapacity adds the capacity of one table to an answer, if it was asked for.
func addCapacity(out *object, mode string, m *meter) {
	if mode != "NONE" {
		out.add("ConsumedCapacity", m.describe(mode == "INDEXES"))
	}
}

// addCapacities adds the capacities of several tables to an answer.
func addCapacities(out *object, mode string, meters map[string]*meter) {
	if mode == "NONE" {
		return
	}
	list := []object{}
	for _, name := range slices.Sorted(maps.Keys(meters)) {
		list = append(list, meters[name].describe(mode == "INDEXES"))
	}
	out.add("ConsumedCapacity", list)
}
