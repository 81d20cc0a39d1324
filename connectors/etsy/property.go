package etsy

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// property is what a listing is on one property of its category, beside its
// variations: the form that says so.
type property struct {
	ID   int64  `json:"id"`
	Form string `json:"form"`
}

// scaleSuffix ends the name of the attribute that says in which scale another
// one is.
const scaleSuffix = "_scale"

// about is what is to be said of a listing by the properties of its category.
type about struct {
	basis string // what it follows from: without a change of it nothing is written
	want  []property
}

// lookUp finds what is to be said about the product in Etsy's words, before
// anything is written. A refusal names what Etsy has no word for.
func (w *work) lookUp(ctx context.Context) error {
	_, taxonomy, err := w.category(ctx)
	if err != nil {
		return err
	}
	basis := w.basis(taxonomy)
	if w.about.basis = basis; basis == w.memo.Basis {
		w.about.want = w.memo.Properties
		return nil
	}
	offered, err := w.offered(ctx, taxonomy)
	if err != nil {
		return err
	}
	var varied []int64
	if options := w.varied(); sameOptions(w.memo.Options, options) {
		varied = idsOf(w.memo.Options)
	} else if len(options) > 0 {
		varied = idsOf(choose(w.p, offered, vocabulary{}))
	}
	want, found := propertiesOf(w.p, offered, varied)
	if len(found) > 0 {
		return fault.Refused(fault.Invalid, found...)
	}
	w.about.want = want
	return nil
}

// basis is what the properties follow from.
func (w *work) basis(taxonomy int64) string {
	parts := []string{strconv.FormatInt(taxonomy, 10), strings.Join(w.varied(), "\x00")}
	for _, name := range slices.Sorted(maps.Keys(w.p.Attributes)) {
		parts = append(parts, name, w.p.Attributes[name])
	}
	return commerce.Derive("etsy", parts...)
}

// varied are the options by which variants differ.
func (w *work) varied() []string {
	if len(w.p.Variants) < 2 {
		return nil
	}
	return w.p.Options
}

// offered are the properties that a category offers.
func (w *work) offered(ctx context.Context, taxonomy int64) ([]api.TaxonomyProperty, error) {
	offered, err := w.categoryProperties(ctx, taxonomy)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("read properties of category %d: %w", taxonomy, err)
	}
	return offered, nil
}

// describe writes what lookUp found. Only what was written before is taken
// back: what the seller said on Etsy stays.
func (w *work) describe(ctx context.Context) error {
	want := w.about.want
	if w.about.basis == "" || w.about.basis == w.memo.Basis {
		return nil
	}
	for _, old := range w.memo.Properties {
		if slices.ContainsFunc(want, func(p property) bool { return p.ID == old.ID }) {
			continue
		}
		// After a change of category Etsy refuses to delete what the new one
		// does not offer (etsy/open-api#505).
		if err := w.api.DeleteProperty(ctx, w.id, old.ID); err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Rejected) {
			return fmt.Errorf("delete property %d of listing %d: %w", old.ID, w.id, err)
		}
	}
	for _, p := range want {
		if err := w.say(ctx, p); err != nil {
			return err
		}
	}
	w.memo.Properties, w.memo.Basis = want, w.about.basis
	return nil
}

func (w *work) say(ctx context.Context, p property) error {
	if slices.Contains(w.memo.Properties, p) {
		return nil
	}
	form, err := url.ParseQuery(p.Form)
	if err != nil { // our own writing
		return fmt.Errorf("property %d of listing %d: %w", p.ID, w.id, err)
	}
	if err := w.api.PutProperty(ctx, w.id, p.ID, form); err != nil {
		return fmt.Errorf("write property %d of listing %d: %w", p.ID, w.id, err)
	}
	return nil
}

// propertiesOf finds for each property that no variation uses what the product
// says about it. A property without listed values can't be written: Etsy wants
// the id of each value (etsy/open-api#292).
func propertiesOf(p commerce.Product, offered []api.TaxonomyProperty, varied []int64) ([]property, []commerce.Problem) {
	var want []property
	var found []commerce.Problem
	for _, kind := range offered {
		if !kind.Attributes || len(kind.Possible) == 0 || slices.Contains(varied, kind.ID) {
			continue
		}
		said, unit := saidOf(p, kind)
		if len(said) == 0 {
			if kind.Required {
				found = append(found, propertyProblem(kind, "property_missing", "", "Etsy wants to know “"+kind.Display+"” of everything in this category: give the product this attribute."))
			}
			continue
		}
		form, problem := formOf(kind, said, unit)
		if problem != nil {
			found = append(found, *problem)
			continue
		}
		want = append(want, property{ID: kind.ID, Form: form.Encode()})
	}
	return want, found
}

func propertyProblem(kind api.TaxonomyProperty, rule, value, fix string) commerce.Problem {
	var names []string
	for _, v := range kind.Possible {
		if !slices.Contains(names, v.Name) {
			names = append(names, v.Name)
		}
	}
	return commerce.Problem{
		Channel: commerce.Etsy, Rule: rule, Field: "attributes." + kind.Display, Value: channel.Cut(value), Allowed: channel.Cut(strings.Join(names, ", ")), Fix: fix,
	}
}

// saidOf are the values of the attribute with the name of a property, and the
// scale they are in, if the product says one.
func saidOf(p commerce.Product, kind api.TaxonomyProperty) (values []string, unit string) {
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		base, isUnit := strings.CutSuffix(name, scaleSuffix)
		if word(base) != word(kind.Name) && word(base) != word(kind.Display) {
			continue
		}
		if isUnit {
			unit = strings.TrimSpace(p.Attributes[name])
			continue
		}
		for v := range strings.SplitSeq(p.Attributes[name], ",") {
			if v = strings.TrimSpace(v); v != "" {
				values = append(values, v)
			}
		}
	}
	return values, unit
}

// formOf looks the values up among those Etsy lists, all in one scale.
func formOf(kind api.TaxonomyProperty, said []string, unit string) (url.Values, *commerce.Problem) {
	most := 1
	if kind.Multi {
		most = len(said)
		if kind.Most != nil {
			most = int(*kind.Most)
		}
	}
	if len(said) > most {
		p := propertyProblem(kind, "property_too_many_values", strings.Join(said, ", "), fmt.Sprintf("Give “%s” at most %d of Etsy's values.", kind.Display, most))
		return nil, &p
	}
	strange := said[0]
	for _, scale := range scalesOf(kind, unit) {
		var ids []int64
		var names []string
		for _, s := range said {
			v, known := listed(kind, s, scale)
			if !known {
				strange = s
				break
			}
			ids, names = append(ids, *v.ID), append(names, v.Name)
		}
		if len(ids) < len(said) {
			continue
		}
		form := url.Values{"value_ids": {api.Join(ids)}, "values": {api.Join(names)}}
		if scale != nil {
			form.Set("scale_id", strconv.FormatInt(*scale, 10))
		}
		return form, nil
	}
	p := propertyProblem(kind, "property_value_not_allowed", strange, fmt.Sprintf("Choose one of Etsy's values for “%s”, or leave the attribute empty for Etsy.", kind.Display))
	if unit != "" {
		p.Fix += " Its scale must be one of Etsy's too."
	}
	return nil, &p
}

// scalesOf are the scales a value may be in: the one that is named, or all; nil
// stands for none.
func scalesOf(kind api.TaxonomyProperty, unit string) (all []*int64) {
	for _, s := range kind.Scales {
		if unit == "" || strings.EqualFold(s.Name, unit) || strconv.FormatInt(s.ID, 10) == unit {
			all = append(all, &s.ID)
		}
	}
	if len(kind.Scales) == 0 {
		all = append(all, nil)
	}
	return all
}

func listed(kind api.TaxonomyProperty, name string, scale *int64) (api.TaxonomyValue, bool) {
	i := slices.IndexFunc(kind.Possible, func(v api.TaxonomyValue) bool {
		return v.ID != nil && strings.EqualFold(v.Name, name) && (v.Scale == nil || (scale != nil && *v.Scale == *scale))
	})
	if i < 0 {
		return api.TaxonomyValue{}, false
	}
	return kind.Possible[i], true
}
