package ddb

import (
	"context"
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/expr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

func (s *Service) query(_ context.Context, p params) (object, error) {
	q, rawStart := parseSearch(p)
	limit := p.number("Limit", 0)
	if p.has("Limit") && limit < 1 {
		p.unmetAt("Limit", "Member must have value greater than or equal to 1") // Scan says it in other words
	}
	q.limit = int(min(limit, 1<<30))
	backward := p.has("ScanIndexForward") && !p.flag("ScanIndexForward")
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p, err := p.modern()
	if err != nil {
		return nil, err
	}
	terms, err := q.parseQuery(p, rawStart)
	if err != nil {
		return nil, err
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		g, err := q.target(tx)
		if err != nil {
			return err
		}
		hash, sort, err := g.terms(terms)
		if err != nil {
			return err
		}
		w, err := g.span(hash, sort, q)
		if err != nil {
			return err
		}
		if err := s.admitRead(tx, g.table, q.index, hash.Values[0]); err != nil {
			return err
		}
		w.Reverse = backward
		if !q.consistent {
			w.Lag = s.adverse.lag()
		}
		out, err = q.run(tx, g, w)
		return err
	})
	return out, err
}

// parseQuery reads the expressions of a Query.
func (s *search) parseQuery(p params, rawStart any) ([]expr.KeyTerm, error) {
	if err := s.parseStart(rawStart); err != nil {
		return nil, err
	}
	env, err := p.env("FilterExpression", "KeyConditionExpression", "ProjectionExpression")
	if err != nil {
		return nil, err
	}
	if !p.has("KeyConditionExpression") {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	condition, err := p.condition("KeyConditionExpression", env)
	if err != nil {
		return nil, err
	}
	if err := s.parseOutput(p, env); err != nil {
		return nil, err
	}
	terms, err := condition.KeyTerms()
	if err != nil {
		return nil, err
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	return terms, env.Unused()
}

// span turns the key condition into a range of rows.
func (g *target) span(hash, sort *expr.KeyTerm, s *search) (w store.Walk, err error) {
	if s.filter != nil {
		for _, name := range g.key().Names() {
			if slices.Contains(s.filter.Names(), name) {
				return w, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: " + name)
			}
		}
	}
	whole := store.Partition(hash.Values[0])
	w.Span = whole
	if sort != nil {
		w.Span = whole.Where(sort.Op, sort.Values)
	}
	w.After, err = g.row(s.start)
	switch {
	case err != nil:
		return w, err
	case w.After == nil:
		return w, nil
	case !whole.Contains(w.After):
		return w, invalid("The provided starting key is outside query boundaries based on provided conditions")
	case !w.Span.Contains(w.After):
		return w, invalid("The provided starting key does not match the range key predicate")
	}
	return w, nil
}

// terms sorts the conditions into the one on the partition key and the one on
// the sort key, if there is one.
func (g *target) terms(terms []expr.KeyTerm) (hash, sort *expr.KeyTerm, err error) {
	key := g.key()
	for i := range terms {
		switch terms[i].Name {
		case key.Hash:
			hash = &terms[i]
		case key.Range:
			sort = &terms[i]
		}
	}
	switch {
	case len(terms) > 2:
		return nil, nil, invalid("Conditions can be of length 1 or 2 only")
	case hash == nil:
		return nil, nil, invalid("Query condition missed key schema element: " + key.Hash)
	case len(terms) == 2 && sort == nil && key.Range != "":
		return nil, nil, invalid("Query condition missed key schema element: " + key.Range)
	case len(terms) == 2 && sort == nil, hash.Op != "=":
		return nil, nil, invalid("Query key condition not supported")
	}
	for _, t := range []*expr.KeyTerm{hash, sort} {
		if err := g.checkTerm(t); err != nil {
			return nil, nil, err
		}
	}
	return hash, sort, nil
}

func (g *target) checkTerm(t *expr.KeyTerm) error {
	if t == nil {
		return nil
	}
	for _, v := range t.Values {
		if v.Kind != g.table.Kind(t.Name) {
			return invalid(oneOrMore + "Condition parameter type does not match schema type")
		}
		if v.Kind != attr.N && v.Text == "" && t.Op != "begins_with" {
			return invalid(notValid + "The AttributeValue for a key attribute cannot contain an empty " + word(v) + " value. Key: " + t.Name)
		}
		limit, message := attr.MaxSortKey, rangeTooBig
		if t.Name == g.key().Hash {
			limit, message = attr.MaxPartitionKey, hashTooBig
		}
		if v.Size() > limit {
			return invalid(message)
		}
	}
	return nil
}

// maxSegments is the largest TotalSegments (API reference of Scan, 2026).
const maxSegments = 1_000_000

func (s *Service) scan(_ context.Context, p params) (object, error) {
	q, rawStart := parseSearch(p)
	q.limit = int(min(p.atLeast("Limit", 1, 0), 1<<30))
	segment := p.atLeast("Segment", 0, 0)
	total := p.atLeast("TotalSegments", 1, 1)
	if total > maxSegments {
		p.unmet("TotalSegments", total, "Member must have value less than or equal to 1000000")
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	p, err := p.modern()
	if err != nil {
		return nil, err
	}
	if err := q.parseScan(p, rawStart, segment, total); err != nil {
		return nil, err
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		g, err := q.target(tx)
		if err != nil {
			return err
		}
		w := store.Walk{Span: store.Everything(int(segment), int(total))}
		if w.After, err = g.row(q.start); err != nil {
			return err
		}
		if w.After != nil && !w.Span.Contains(w.After) {
			return invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. " +
				"TotalSegments: " + formatInt(total) + " Segment: " + formatInt(segment))
		}
		if !q.consistent {
			w.Lag = s.adverse.lag()
		}
		out, err = q.run(tx, g, w)
		return err
	})
	return out, err
}

// parseScan reads the expressions of a Scan.
func (s *search) parseScan(p params, rawStart any, segment, total int64) error {
	if err := s.parseStart(rawStart); err != nil {
		return err
	}
	switch {
	case p.has("Segment") && !p.has("TotalSegments"):
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case p.has("TotalSegments") && !p.has("Segment"):
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case segment >= total:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: " +
			formatInt(segment) + " is not less than TotalSegments: " + formatInt(total))
	}
	env, err := p.env("FilterExpression", "ProjectionExpression")
	if err != nil {
		return err
	}
	if err := s.parseOutput(p, env); err != nil {
		return err
	}
	if err := env.Unused(); err != nil {
		return err
	}
	return p.verdict()
}
