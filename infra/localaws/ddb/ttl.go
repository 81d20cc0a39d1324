package ddb

import (
	"context"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

func (s *Service) updateTimeToLive(ctx context.Context, p params) (object, error) {
	name, err := p.controlName()
	if err != nil {
		return nil, err
	}
	p.required("TimeToLiveSpecification")
	spec := p.object("TimeToLiveSpecification")
	enabled := spec.flag("Enabled")
	if p.has("TimeToLiveSpecification") {
		spec.required("Enabled")
	}
	attribute := spec.attributeName()
	if err := p.verdict(); err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		switch {
		case !ok:
			return notFound("Table: " + name)
		case enabled && t.TTL != "":
			return invalid("TimeToLive is already enabled")
		case !enabled && t.TTL == "":
			return invalid("TimeToLive is already disabled")
		case !enabled && t.TTL != attribute:
			return invalid("TimeToLive is active on a different AttributeName: current AttributeName is " + t.TTL)
		case !enabled:
			return tx.SetTTL(t, "")
		}
		return tx.SetTTL(t, attribute)
	})
	if err != nil {
		return nil, err
	}
	return object{{"TimeToLiveSpecification", object{{"AttributeName", attribute}, {"Enabled", enabled}}}}, nil
}

func (s *Service) describeTimeToLive(_ context.Context, p params) (object, error) {
	name, err := p.controlName()
	if err != nil {
		return nil, err
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err = s.db.View(func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		if !ok {
			return notFound("Table: " + name)
		}
		description := object{{"TimeToLiveStatus", "DISABLED"}}
		if t.TTL != "" {
			description = object{{"TimeToLiveStatus", "ENABLED"}, {"AttributeName", t.TTL}}
		}
		out.add("TimeToLiveDescription", description)
		return nil
	})
	return out, err
}
