package etsysim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// DeleteListing takes a listing away for good, as the seller does in Etsy's own
// pages.
func (s *Sim) DeleteListing(_ context.Context, id int64) error {
	return s.changeListing(id, func(tx *simkit.Tx, l *listing) error { return removeListing(tx, l) })
}

// Suspend puts a listing into the state edit or removed, as Etsy does with what
// is against its rules.
func (s *Sim) Suspend(_ context.Context, id int64, state string) error {
	if state != stateEdit && state != stateRemoved {
		return fmt.Errorf("listing %d: Etsy does not put listings into the state %q", id, state)
	}
	return s.changeListing(id, func(tx *simkit.Tx, l *listing) error {
		old := *l
		l.setState(state, s.env.Now().Unix())
		return saveListing(tx, &old, l)
	})
}

// Ask makes the seller ask buyers several things, as Etsy's own pages can.
func (s *Sim) Ask(_ context.Context, id int64, texts ...string) error {
	return s.changeListing(id, func(tx *simkit.Tx, l *listing) error {
		old := *l
		l.Questions, l.Personalizable = nil, len(texts) > 0
		for _, text := range texts {
			n, err := s.newID(tx, tableQuestion)
			if err != nil {
				return err
			}
			l.Questions = append(l.Questions, question{ID: n, Text: text, Kind: textInput})
		}
		return saveListing(tx, &old, l)
	})
}

func (s *Sim) changeListing(id int64, change func(*simkit.Tx, *listing) error) error {
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		l, err := findListing(tx, id)
		if err != nil {
			return err
		}
		l.Inventory.Products = slices.Clone(l.Inventory.Products)
		l.Modified = s.env.Now().Unix()
		return change(tx, &l)
	})
	if err != nil {
		return fmt.Errorf("listing %d: %w", id, err)
	}
	return nil
}

func removeListing(tx *simkit.Tx, l *listing) error {
	if err := dropSKUs(tx, l); err != nil {
		return err
	}
	for _, table := range []string{tableFace, tableListing} {
		if err := tx.Delete(table, key(l.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Said is what a listing says by the properties of its category: name -> values
// and scale.
func (s *Sim) Said(_ context.Context, id int64) (map[string]string, error) {
	all := map[string]string{}
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		l, err := findListing(tx, id)
		for _, v := range l.Properties {
			text := strings.Join(v.Values, ",")
			if v.ScaleName != nil {
				text += " " + *v.ScaleName
			}
			all[*v.PropertyName] = text
		}
		return err
	})
	return all, err
}

// Asked is what buyers of a listing are asked: text, instructions, type, longest
// answer, and whether they must answer.
func (s *Sim) Asked(_ context.Context, id int64) (all []string, err error) {
	err = s.env.Store.View(func(tx *simkit.Tx) error {
		l, err := findListing(tx, id)
		for _, q := range l.Questions {
			must := "optional"
			if q.Required {
				must = "required"
			}
			all = append(all, fmt.Sprintf("%s: %s (%s, %d, %s)", q.Text, orNone(q.Instructions), q.Kind, orNone(q.Characters), must))
		}
		return err
	})
	return all, err
}

func orNone[T any](v *T) (value T) {
	if v != nil {
		value = *v
	}
	return value
}

// Linked counts the values of a listing's variations that have a picture.
func (s *Sim) Linked(_ context.Context, id int64) (n int, err error) {
	err = s.env.Store.View(func(tx *simkit.Tx) error {
		l, err := findListing(tx, id)
		n = len(l.VariationImages)
		return err
	})
	return n, err
}
