package ddb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// tableChange is an UpdateTable request.
type tableChange struct {
	params
	types      map[string]string
	billing    string // empty: as it is
	throughput store.Throughput
	indexes    []indexChange
}

// indexChange creates, resizes or deletes one global index.
type indexChange struct {
	action     string // Create, Update or Delete
	parsed     parsedIndex
	throughput store.Throughput
}

// updateTable changes billing, capacity, global indexes, the stream and the
// protection of a table. All of it is done when it answers: there is no state
// between.
func (s *Service) updateTable(ctx context.Context, p params) (object, error) {
	name, err := p.controlName()
	if err != nil {
		return nil, err
	}
	c := parseChange(p)
	if err := p.verdict(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	var out object
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		if !ok {
			return notFound("Table: " + name)
		}
		changed, err := c.apply(tx, t)
		if err != nil {
			return err
		}
		out = object{{"TableDescription", s.describe(tx, changed, "UPDATING")}}
		return tx.PutTable(changed)
	})
	return out, err
}

func parseChange(p params) *tableChange {
	c := &tableChange{params: p, types: p.definitions(), throughput: p.throughput()}
	c.billing = p.choice("BillingMode", "", "PROVISIONED", "PAY_PER_REQUEST")
	for _, o := range p.objects("GlobalSecondaryIndexUpdates") {
		for _, action := range []string{"Create", "Update", "Delete"} {
			if !o.has(action) {
				continue
			}
			inner := o.object(action)
			x := indexChange{action: action, parsed: parsedIndex{index: store.Index{Name: inner.indexMember()}}}
			switch action {
			case "Create":
				x.parsed = inner.parseIndex(false)
			case "Update":
				inner.required("ProvisionedThroughput")
				x.throughput = inner.throughput()
			}
			c.indexes = append(c.indexes, x)
		}
	}
	return c
}

// check refuses what is wrong whatever the table is.
func (c *tableChange) check() error {
	for _, name := range []string{"SSESpecification", "ReplicaUpdates", "TableClass", "OnDemandThroughput", "WarmThroughput",
		"MultiRegionConsistency", "GlobalTableWitnessUpdates"} {
		if c.has(name) {
			return invalid(name + " is not supported by this endpoint")
		}
	}
	creations := 0
	names := map[string]bool{}
	for _, x := range c.indexes {
		if names[x.parsed.index.Name] {
			return invalid(oneOrMore + "Only one global secondary index update per index is allowed simultaneously. Index: " + x.parsed.index.Name)
		}
		names[x.parsed.index.Name] = true
		if x.action != "Update" {
			creations++
		}
	}
	switch {
	case c.billing == "" && len(c.indexes) == 0 && !c.has("ProvisionedThroughput") && !c.has("StreamSpecification") && !c.has("DeletionProtectionEnabled"):
		return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
	case c.billing == "PAY_PER_REQUEST" && c.has("ProvisionedThroughput"):
		return invalid(oneOrMore + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case c.throughput.Read > maxThroughput || c.throughput.Write > maxThroughput:
		return invalid(fmt.Sprintf("Given value %d for ReadCapacityUnits or %d for WriteCapacityUnits is out of bounds", c.throughput.Read, c.throughput.Write))
	case creations > 1:
		return refused("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

// apply makes the change in a copy of the table, and in its indexes and
// stream.
func (c *tableChange) apply(tx *store.Tx, t *store.Table) (*store.Table, error) {
	changed := *t
	changed.Indexes = slices.Clone(t.Indexes)
	if c.has("DeletionProtectionEnabled") {
		changed.Protected = c.flag("DeletionProtectionEnabled")
	}
	if err := c.applyBilling(tx, t, &changed); err != nil {
		return nil, err
	}
	changed.Types = map[string]string{}
	for _, types := range []map[string]string{c.types, t.Types} { // what is there is not redefined
		for name, kind := range types {
			changed.Types[name] = kind
		}
	}
	for _, x := range c.indexes {
		if err := x.apply(tx, &changed); err != nil {
			return nil, err
		}
	}
	if err := c.applyCapacity(&changed); err != nil {
		return nil, err
	}
	changed.Types = usedTypes(&changed)
	return &changed, c.applyStream(tx, &changed)
}

func (c *tableChange) applyBilling(tx *store.Tx, t, changed *store.Table) error {
	switch {
	case c.billing == "PAY_PER_REQUEST" && !t.OnDemand:
		changed.OnDemand, changed.OnDemandSince, changed.Throughput = true, tx.Now.UTC().Truncate(time.Millisecond), store.Throughput{}
		for i := range changed.Indexes {
			changed.Indexes[i].Throughput = store.Throughput{}
		}
	case c.billing == "PROVISIONED" && t.OnDemand:
		if !c.has("ProvisionedThroughput") {
			return invalid(oneOrMore + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
		}
		if changed.OnDemandSince.IsZero() {
			changed.OnDemandSince = t.Created
		}
		changed.OnDemand, changed.Throughput = false, c.throughput
	case c.has("ProvisionedThroughput") && t.OnDemand:
		return invalid(oneOrMore + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case c.has("ProvisionedThroughput") && c.throughput == t.Throughput:
		return invalid(fmt.Sprintf("The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
			"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			t.Throughput.Read, c.throughput.Read, t.Throughput.Write, c.throughput.Write))
	case c.has("ProvisionedThroughput"):
		changed.Throughput = c.throughput
	}
	return nil
}

// applyCapacity checks that every global index is billed as its table is.
func (c *tableChange) applyCapacity(changed *store.Table) error {
	global := 0
	for _, x := range changed.Indexes {
		if x.Local {
			continue
		}
		global++
		if !changed.OnDemand && x.Throughput == (store.Throughput{}) {
			return invalid(oneOrMore + "ProvisionedThroughput must be specified for index: " + x.Name)
		}
	}
	if global > maxGlobal {
		return refused("LimitExceededException", "Subscriber limit exceeded: GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	return nil
}

func (x indexChange) apply(tx *store.Tx, t *store.Table) error {
	name := x.parsed.index.Name
	at := slices.IndexFunc(t.Indexes, func(have store.Index) bool { return have.Name == name && (x.action == "Create" || !have.Local) })
	if x.action == "Create" {
		if at >= 0 {
			return invalid("Attempting to create an index which already exists")
		}
		built, err := x.parsed.build(t)
		if err != nil {
			return err
		}
		t.Indexes = append(t.Indexes, built)
		return tx.CreateIndex(t, built)
	}
	if at < 0 {
		return refused("ResourceNotFoundException", "Requested resource not found")
	}
	if x.action == "Delete" {
		t.Indexes = slices.Delete(t.Indexes, at, at+1)
		return tx.DeleteIndex(t, name)
	}
	if t.OnDemand {
		return invalid(oneOrMore + "ProvisionedThroughput should not be specified for index: " + name + " when BillingMode is PAY_PER_REQUEST")
	}
	t.Indexes[at].Throughput = x.throughput
	return nil
}

// usedTypes are the types of the attributes that are part of a key.
func usedTypes(t *store.Table) map[string]string {
	used := map[string]string{}
	names := t.Key.Names()
	for _, x := range t.Indexes {
		names = append(names, x.Key.Names()...)
	}
	for _, name := range names {
		used[name] = t.Types[name]
	}
	return used
}

func (c *tableChange) applyStream(tx *store.Tx, t *store.Table) error {
	if !c.has("StreamSpecification") {
		return nil
	}
	had := t.Stream != ""
	wanted := *t
	if err := c.streamView(&wanted); err != nil {
		return err
	}
	enabled := wanted.View != ""
	switch {
	case enabled && had:
		return invalid("Table already has an enabled stream: TableName: " + t.Name)
	case !enabled && !had:
		return invalid("Table is already without a stream: TableName: " + t.Name)
	case !enabled:
		err := tx.DisableStream(t)
		t.Stream, t.View = "", ""
		return err
	}
	t.View, t.Stream = wanted.View, freeLabel(tx, t.Name)
	return tx.CreateStream(t)
}
