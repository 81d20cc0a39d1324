package ddb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Limits of indexes (AWS Developer Guide, "Quotas in Amazon DynamoDB", 2026).
const (
	maxGlobal     = 20
	maxLocal      = 5
	maxProjected  = 100 // over all indexes of a table
	maxThroughput = 1_000_000_000_000
)

// parseTable reads CreateTable.
func parseTable(p params) (*store.Table, error) {
	name, nameErr := p.controlName()
	t := &store.Table{Name: name, Protected: p.flag("DeletionProtectionEnabled")}
	billing := p.choice("BillingMode", "PROVISIONED", "PROVISIONED", "PAY_PER_REQUEST")
	t.OnDemand = billing == "PAY_PER_REQUEST"
	p.required("AttributeDefinitions")
	t.Types = p.definitions()
	elements := p.keySchema()
	t.Throughput = p.throughput()
	t.Tags = p.tags()
	indexes, projected := p.indexes()
	if p.shared.wrong == nil && nameErr != nil {
		return nil, nameErr
	}
	if err := p.verdict(); err != nil {
		return nil, err
	}
	if err := checkTags(t.Tags); err != nil {
		return nil, err
	}
	return t, p.finishTable(t, elements, indexes, projected)
}

// definitions reads AttributeDefinitions.
func (p params) definitions() map[string]string {
	types := map[string]string{}
	for _, d := range p.objects("AttributeDefinitions") {
		name := d.attributeName()
		types[name] = d.choice("AttributeType", "", "B", "N", "S")
		if !d.has("AttributeType") {
			d.unmet("AttributeType", nil, "Member must not be null")
		}
	}
	return types
}

func (p params) finishTable(t *store.Table, elements []keyElement, indexes []parsedIndex, projected int) error {
	if err := p.checkBilling(t); err != nil {
		return err
	}
	var err error
	if t.Key, err = tableKey(elements, t.Types); err != nil {
		return err
	}
	used := map[string]bool{}
	for _, name := range t.Key.Names() {
		used[name] = true
	}
	for _, x := range indexes {
		built, err := x.build(t)
		if err != nil {
			return err
		}
		for _, name := range built.Key.Names() {
			used[name] = true
		}
		t.Indexes = append(t.Indexes, built)
	}
	if err := p.checkIndexCounts(t, indexes, projected); err != nil {
		return err
	}
	if len(used) != len(t.Types) {
		return invalid(oneOrMore + "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	return p.streamView(t)
}

func (p params) attributeName() string {
	name := p.text("AttributeName")
	switch {
	case !p.has("AttributeName"):
		p.unmet("AttributeName", nil, "Member must not be null")
	case name == "":
		p.unmet("AttributeName", name, "Member must have length greater than or equal to 1")
	case len(name) > 255:
		p.unmet("AttributeName", name, "Member must have length less than or equal to 255")
	}
	return name
}

type keyElement struct{ name, role string }

func (p params) keySchema() []keyElement {
	p.required("KeySchema")
	var out []keyElement
	for _, k := range p.objects("KeySchema") {
		if !k.has("KeyType") {
			k.unmet("KeyType", nil, "Member must not be null")
		}
		out = append(out, keyElement{k.attributeName(), k.choice("KeyType", "", "HASH", "RANGE")})
	}
	if p.has("KeySchema") && len(out) == 0 {
		p.unmet("KeySchema", "[]", "Member must have length greater than or equal to 1")
	}
	if len(out) > 2 {
		p.unmet("KeySchema", describeElements(out), "Member must have length less than or equal to 2")
	}
	return out
}

// describeElements is a key schema as the service repeats it in messages.
func describeElements(elements []keyElement) string {
	shown := make([]string, len(elements))
	for i, e := range elements {
		shown[i] = "KeySchemaElement(attributeName=" + e.name + ", keyType=" + e.role + ")"
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

func (p params) throughput() store.Throughput {
	t := p.object("ProvisionedThroughput")
	if !p.has("ProvisionedThroughput") {
		return store.Throughput{}
	}
	for _, name := range []string{"ReadCapacityUnits", "WriteCapacityUnits"} {
		t.required(name)
	}
	return store.Throughput{Read: t.atLeast("ReadCapacityUnits", 1, 0), Write: t.atLeast("WriteCapacityUnits", 1, 0)}
}

func (p params) checkBilling(t *store.Table) error {
	switch {
	case !t.OnDemand && !p.has("ProvisionedThroughput"):
		return invalid(oneOrMore + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	case t.OnDemand && p.has("ProvisionedThroughput"):
		return invalid(oneOrMore + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case t.Throughput.Read > maxThroughput:
		return invalid(fmt.Sprintf("Given value %d for ReadCapacityUnits is out of bounds", t.Throughput.Read))
	case t.Throughput.Write > maxThroughput:
		return invalid(fmt.Sprintf("Given value %d for WriteCapacityUnits is out of bounds", t.Throughput.Write))
	}
	return nil
}

// defined says whether all key attributes are in AttributeDefinitions.
func defined(elements []keyElement, types map[string]string) bool {
	return !slices.ContainsFunc(elements, func(e keyElement) bool { _, ok := types[e.name]; return !ok })
}

// indexKey checks the key schema of an index.
func indexKey(elements []keyElement, types map[string]string) (store.Key, error) {
	if !defined(elements, types) {
		names := make([]string, len(elements))
		for i, e := range elements {
			names[i] = e.name
		}
		return store.Key{}, invalid(oneOrMore + "Some index key attributes are not defined in AttributeDefinitions. Keys: [" +
			strings.Join(names, ", ") + "], AttributeDefinitions: [" + strings.Join(slices.Sorted(maps.Keys(types)), ", ") + "]")
	}
	return tableKey(elements, types)
}

// tableKey checks a key schema.
func tableKey(elements []keyElement, types map[string]string) (store.Key, error) {
	switch {
	case !defined(elements, types):
		return store.Key{}, invalid("Invalid KeySchema: Some index key attribute have no definition")
	case elements[0].role != "HASH":
		return store.Key{}, invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(elements) == 1:
		return store.Key{Hash: elements[0].name}, nil
	case elements[0].name == elements[1].name:
		return store.Key{}, invalid("Invalid KeySchema: Some index key attribute have no definition")
	case elements[1].role != "RANGE":
		return store.Key{}, invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return store.Key{Hash: elements[0].name, Range: elements[1].name}, nil
}

func (p params) checkIndexCounts(t *store.Table, indexes []parsedIndex, projected int) error {
	var local, global int
	names := map[string]bool{}
	for _, x := range indexes {
		if x.index.Local {
			local++
		} else {
			global++
		}
		if names[x.index.Name] {
			return invalid(oneOrMore + "Duplicate index name: " + x.index.Name)
		}
		names[x.index.Name] = true
	}
	switch {
	case p.has("LocalSecondaryIndexes") && local == 0:
		return invalid(oneOrMore + "List of LocalSecondaryIndexes is empty")
	case p.has("GlobalSecondaryIndexes") && global == 0:
		return invalid(oneOrMore + "List of GlobalSecondaryIndexes is empty")
	case local > 0 && t.Key.Range == "":
		return invalid(oneOrMore + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	case local > maxLocal:
		return invalid(oneOrMore + "Number of LocalSecondaryIndexes exceeds per-table limit of 5")
	case global > maxGlobal:
		return invalid(oneOrMore + "GlobalSecondaryIndex count exceeds the per-table limit of 20")
	case projected > maxProjected:
		return invalid(oneOrMore + "Total number of projected attributes exceeds the limit of 100")
	}
	return nil
}

func (p params) streamView(t *store.Table) error {
	spec := p.object("StreamSpecification")
	enabled := spec.flag("StreamEnabled")
	view := spec.choice("StreamViewType", "", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
	if err := p.verdict(); err != nil {
		return err
	}
	switch {
	case enabled && view == "":
		return invalid(oneOrMore + "StreamViewType is required when StreamEnabled is true")
	case !enabled && view != "":
		return invalid(oneOrMore + "StreamViewType cannot be set when StreamEnabled is false")
	}
	t.View = view
	return nil
}
