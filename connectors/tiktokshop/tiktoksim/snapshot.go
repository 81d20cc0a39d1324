package tiktoksim

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// Snapshot shows every product that is not deleted (visible when ACTIVATE),
// every order and every conversation, and counts the answered API calls:
// refused ones too, once they passed the signature.
func (s *Sim) Snapshot(_ context.Context) (simkit.Snapshot, error) {
	shot := simkit.Snapshot{Items: []simkit.Item{}, Orders: []simkit.PlacedOrder{}, Threads: []simkit.Thread{}, Calls: map[string]int{}}
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		for _, fill := range []func(*simkit.Tx, *simkit.Snapshot) error{snapItems, snapOrders, snapThreads, snapCalls} {
			if err := fill(tx, &shot); err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(shot.Items, func(a, b simkit.Item) int { return cmp.Compare(a.ID, b.ID) })
	return shot, err
}

func snapItems(tx *simkit.Tx, shot *simkit.Snapshot) error {
	return simkit.Each(tx, "product", "", func(_ string, p product) bool {
		if p.Status == deleted {
			return true
		}
		shown := p.base()
		for i := range shown.SKUs {
			v := &shown.SKUs[i]
			item := simkit.Item{
				Listing: p.ID, ID: v.ID, SKU: v.SellerSKU, Title: shown.Title, Price: v.printed(),
				Quantity: p.available(v.ID), State: p.Status, Images: len(shown.Images), Visible: []string{},
			}
			if p.onSale() {
				item.Visible = []string{Channel}
			}
			shot.Items = append(shot.Items, item)
		}
		return true
	})
}

func snapOrders(tx *simkit.Tx, shot *simkit.Snapshot) error {
	return simkit.Each(tx, "order", "", func(_ string, o order) bool {
		placed := simkit.PlacedOrder{
			ID: o.ID, State: o.Status, Buyer: o.Buyer.Name, Tracking: o.trackings(), Placed: time.Unix(o.Created, 0).UTC(), Lines: []simkit.Line{},
		}
		for _, l := range o.Lines {
			i := slices.IndexFunc(placed.Lines, func(have simkit.Line) bool { return have.SKU == l.SellerSKU })
			if i < 0 {
				placed.Lines = append(placed.Lines, simkit.Line{SKU: l.SellerSKU, Quantity: 1})
				continue
			}
			placed.Lines[i].Quantity++
		}
		shot.Orders = append(shot.Orders, placed)
		return true
	})
}

func snapThreads(tx *simkit.Tx, shot *simkit.Snapshot) error {
	said := map[string][]simkit.Said{}
	err := simkit.Each(tx, "message", "", func(_ string, m message) bool {
		from := "shop"
		if m.Role == roleBuyer {
			from = "buyer"
		}
		if m.Visible {
			said[m.Thread] = append(said[m.Thread], simkit.Said{ID: m.ID, From: from, Text: m.text(), At: time.Unix(m.Created, 0).UTC()})
		}
		return true
	})
	if err != nil {
		return err
	}
	return simkit.Each(tx, "thread", "", func(_ string, t conversation) bool {
		shot.Threads = append(shot.Threads, simkit.Thread{ID: t.ID, Channel: Channel, Buyer: t.Buyer, Said: append([]simkit.Said{}, said[t.ID]...)})
		return true
	})
}

// text is what a reader sees: the text of a TEXT, else the document.
func (m message) text() string {
	var doc struct {
		Content string `json:"content"`
	}
	if err := json.Unmarshal([]byte(m.Content), &doc); err != nil || m.Type != "TEXT" {
		return m.Content
	}
	return doc.Content
}

func snapCalls(tx *simkit.Tx, shot *simkit.Snapshot) error {
	if _, err := tx.Find("total", "writes", &shot.Writes); err != nil {
		return err
	}
	return simkit.Each(tx, "count", "", func(id string, n int) bool {
		shot.Calls[id] = n
		return true
	})
}
