package etsysim

import (
	"fmt"
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// readiness is a processing profile: how long an item takes to leave the shop.
type readiness struct {
	ID    int64  `json:"id"`
	State string `json:"state"`
	Min   int64  `json:"min"` // days
	Max   int64  `json:"max"`
}

func newReadiness(seed uint64) []readiness {
	first := 1_400_000_000 + int64(spread(seed, "readiness")%9_000_000)
	return []readiness{
		{ID: first, State: "ready_to_ship", Min: 1, Max: 3},
		{ID: first + 1, State: "made_to_order", Min: 5, Max: 10},
	}
}

func (d readiness) view(shopID int64) map[string]any {
	return map[string]any{
		"shop_id": shopID, "readiness_state_id": d.ID, "readiness_state": d.State,
		"min_processing_days": d.Min, "max_processing_days": d.Max,
		"processing_days_display_label": fmt.Sprintf("%d-%d days", d.Min, d.Max),
	}
}

func readinessStates(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	limit, offset := c.window()
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	all := []any{}
	err := simkit.Each(c.tx, tableReadiness, "", func(_ string, d readiness) bool {
		all = append(all, d.view(c.sim.shop.ID))
		return true
	})
	if err != nil {
		return reply{}, err
	}
	return ok(page{len(all), cutPage(all, limit, offset)})
}

func readinessState(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	id, err := c.id("readiness_state_definition_id")
	if err != nil {
		return reply{}, err
	}
	var d readiness
	known, err := c.tx.Find(tableReadiness, key(id), &d)
	if err == nil && !known {
		err = notFound("ReadinessStateDefinition", id)
	}
	if err != nil {
		return reply{}, err
	}
	return ok(d.view(c.sim.shop.ID))
}

// createReadinessState answers 409 and names the existing definition when one
// has the same values.
func createReadinessState(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	d := readReadiness(c.form)
	if c.form.err != nil {
		return reply{}, c.form.err
	}
	var twin, last int64
	err := simkit.Each(c.tx, tableReadiness, "", func(_ string, old readiness) bool {
		if last = old.ID; old.State == d.State && old.Min == d.Min && old.Max == d.Max {
			twin = old.ID
		}
		return true
	})
	if err != nil {
		return reply{}, err
	}
	if twin != 0 {
		where := fmt.Sprintf("/v3/application/shops/%d/readiness-state-definitions/%d", c.sim.shop.ID, twin)
		return reply{}, &refusal{status: http.StatusConflict, Text: "A readiness state definition with these values exists already",
			header: http.Header{"Content-Location": {where}}}
	}
	d.ID = last + 1
	if err := c.tx.Put(tableReadiness, key(d.ID), d); err != nil {
		return reply{}, err
	}
	return created(d.view(c.sim.shop.ID))
}

func readReadiness(f *form) readiness {
	f.need("readiness_state", "min_processing_time", "max_processing_time")
	d := readiness{
		State: f.oneOf("readiness_state", "", []string{"ready_to_ship", "made_to_order"}),
		Min:   f.int("min_processing_time", 1, 10, 0),
		Max:   f.int("max_processing_time", 1, 10, 0),
	}
	if d.Min > d.Max {
		f.fail("min_processing_time must not exceed max_processing_time")
	}
	if f.oneOf("processing_time_unit", "days", []string{"days", "weeks"}) == "weeks" {
		d.Min, d.Max = d.Min*7, d.Max*7
	}
	return d
}
