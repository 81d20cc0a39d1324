package ddb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// account is the account number in ARNs; there is only one account here.
const account = "000000000000"

func formatInt(i int64) string { return strconv.FormatInt(i, 10) }

func (s *Service) tableARN(name string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + account + ":table/" + name
}

func (s *Service) streamARN(table, label string) string {
	return s.tableARN(table) + "/stream/" + label
}

// seconds is a time on the wire: seconds since 1970 with milliseconds.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func (s *Service) createTable(ctx context.Context, p params) (object, error) {
	t, err := parseTable(p)
	if err != nil {
		return nil, err
	}
	var out object
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if _, exists := tx.Table(t.Name); exists {
			return refused("ResourceInUseException", "Table already exists: "+t.Name)
		}
		made := *t
		made.Created = tx.Now.UTC().Truncate(time.Millisecond)
		if made.View != "" {
			made.Stream = freeLabel(tx, made.Name)
			if err := tx.CreateStream(&made); err != nil {
				return err
			}
		}
		if err := tx.CreateTable(&made); err != nil {
			return err
		}
		out = object{{"TableDescription", s.describe(tx, &made, "CREATING")}}
		return nil
	})
	return out, err
}

// freeLabel is a stream label that no earlier table of the name has used: the
// time, moved on if need be.
func freeLabel(tx *store.Tx, name string) string {
	for at := tx.Now.UTC(); ; at = at.Add(time.Millisecond) {
		label := at.Format("2006-01-02T15:04:05.000")
		if _, used := tx.Stream(name, label); !used {
			return label
		}
	}
}

func (s *Service) describeTable(_ context.Context, p params) (object, error) {
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
		out.add("Table", s.describe(tx, t, "ACTIVE"))
		return nil
	})
	return out, err
}

func (s *Service) deleteTable(ctx context.Context, p params) (object, error) {
	name, err := p.controlName()
	if err != nil {
		return nil, err
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		t, ok := tx.Table(name)
		switch {
		case !ok:
			return notFound("Table: " + name)
		case t.Protected:
			return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
		}
		out = object{{"TableDescription", s.describe(tx, t, "DELETING")}}
		return tx.DeleteTable(t)
	})
	return out, err
}

func (s *Service) listTables(_ context.Context, p params) (object, error) {
	limit := p.atLeast("Limit", 1, 100)
	if limit > 100 {
		p.unmet("Limit", limit, "Member must have value less than or equal to 100")
	}
	after := p.text("ExclusiveStartTableName")
	if err := p.verdict(); err != nil {
		return nil, err
	}
	var out object
	err := s.db.View(func(tx *store.Tx) error {
		names := tx.ListTables(after, int(limit)+1)
		more := len(names) > int(limit)
		if more {
			names = names[:limit]
		}
		out.add("TableNames", append([]string{}, names...))
		if more {
			out.add("LastEvaluatedTableName", names[len(names)-1])
		}
		return nil
	})
	return out, err
}

// describe is a TableDescription.
func (s *Service) describe(tx *store.Tx, t *store.Table, status string) object {
	var items, bytes int64
	if status == "ACTIVE" {
		items, bytes = tx.Count(t, "")
	}
	var out, throughput, billing object
	out.add("AttributeDefinitions", definitions(t))
	out.add("TableName", t.Name)
	out.add("KeySchema", schema(t.Key))
	out.add("TableStatus", status)
	out.add("CreationDateTime", seconds(t.Created))
	throughput.add("NumberOfDecreasesToday", 0)
	throughput.add("ReadCapacityUnits", t.Throughput.Read)
	throughput.add("WriteCapacityUnits", t.Throughput.Write)
	out.add("ProvisionedThroughput", throughput)
	out.add("TableSizeBytes", bytes)
	out.add("ItemCount", items)
	out.add("TableArn", s.tableARN(t.Name))
	out.add("TableId", fmt.Sprintf("00000000-0000-4000-8000-%012x", t.ID))
	if t.OnDemand || !t.OnDemandSince.IsZero() {
		mode, since := "PROVISIONED", t.OnDemandSince
		if t.OnDemand {
			mode = "PAY_PER_REQUEST"
		}
		if since.IsZero() {
			since = t.Created
		}
		billing.add("BillingMode", mode)
		billing.add("LastUpdateToPayPerRequestDateTime", seconds(since))
		out.add("BillingModeSummary", billing)
	}
	s.describeIndexes(tx, t, status, &out)
	if t.Stream != "" {
		out.add("StreamSpecification", object{{"StreamEnabled", true}, {"StreamViewType", t.View}})
		out.add("LatestStreamLabel", t.Stream)
		out.add("LatestStreamArn", s.streamARN(t.Name, t.Stream))
	}
	out.add("DeletionProtectionEnabled", t.Protected)
	return out
}

func (s *Service) describeIndexes(tx *store.Tx, t *store.Table, status string, out *object) {
	var local, global []object
	for _, x := range t.Indexes {
		var items, bytes int64
		if status == "ACTIVE" {
			items, bytes = tx.Count(t, x.Name)
		}
		var o, projection object
		o.add("IndexName", x.Name)
		o.add("KeySchema", schema(x.Key))
		projection.add("ProjectionType", x.Projection)
		if x.Projection == "INCLUDE" {
			projection.add("NonKeyAttributes", x.Include)
		}
		o.add("Projection", projection)
		o.add("IndexSizeBytes", bytes)
		o.add("ItemCount", items)
		o.add("IndexArn", s.tableARN(t.Name)+"/index/"+x.Name)
		if x.Local {
			local = append(local, o)
			continue
		}
		o.add("IndexStatus", status)
		o.add("ProvisionedThroughput", object{{"NumberOfDecreasesToday", 0},
			{"ReadCapacityUnits", x.Throughput.Read}, {"WriteCapacityUnits", x.Throughput.Write}})
		global = append(global, o)
	}
	if local != nil {
		out.add("LocalSecondaryIndexes", local)
	}
	if global != nil {
		out.add("GlobalSecondaryIndexes", global)
	}
}

func schema(k store.Key) []object {
	out := []object{{{"AttributeName", k.Hash}, {"KeyType", "HASH"}}}
	if k.Range != "" {
		out = append(out, object{{"AttributeName", k.Range}, {"KeyType", "RANGE"}})
	}
	return out
}

func definitions(t *store.Table) []object {
	var out []object
	for name, kind := range t.Types {
		out = append(out, object{{"AttributeName", name}, {"AttributeType", kind}})
	}
	slices.SortFunc(out, func(a, b object) int { return strings.Compare(a[0].value.(string), b[0].value.(string)) })
	return out
}
