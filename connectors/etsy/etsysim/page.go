package etsysim

import (
	"cmp"
	"slices"
)

const (
	pageSize   = 25
	pageLimit  = 100
	maxOffset  = 12_000      // refused above, etsy/open-api#344
	firstStamp = 946_684_800 // the earliest time Etsy takes, 2000-01-01
)

// window reads limit and offset.
func (c *call) window() (limit, offset int) {
	limit = int(c.query.int("limit", 1, pageLimit, pageSize))
	offset = int(c.query.int("offset", 0, maxID, 0))
	if offset > maxOffset {
		c.query.fail("Offset must not be greater than %d", maxOffset)
	}
	return limit, offset
}

func cutPage[T any](all []T, limit, offset int) []T {
	if offset >= len(all) {
		return []T{}
	}
	return all[offset:min(len(all), offset+limit)]
}

// direction reads sort_order: 1 for ascending, -1 for descending.
func (c *call) direction() int {
	switch c.query.oneOf("sort_order", "desc", []string{"asc", "ascending", "desc", "descending", "up", "down"}) {
	case "asc", "ascending", "up":
		return 1
	default:
		return -1
	}
}

// ranked is a row of a list: by what it is sorted, and its id.
type ranked struct{ by, id int64 }

func sortRanked(rows []ranked, direction int) {
	slices.SortFunc(rows, func(a, b ranked) int {
		return direction * cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.id, b.id))
	})
}

// span reads a pair of nullable times and returns an open range where absent.
func (c *call) span(lowest, highest string) (from, to int64) {
	return c.query.int(lowest, firstStamp, maxID, 0), c.query.int(highest, firstStamp, maxID, maxID)
}
