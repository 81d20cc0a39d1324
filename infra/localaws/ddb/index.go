package ddb

import (
	"fmt"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// parsedIndex is an index as the request describes it.
type parsedIndex struct {
	index    store.Index
	elements []keyElement
}

// indexes reads both lists of indexes, and counts the projected attributes.
func (p params) indexes() (out []parsedIndex, projected int) {
	for _, name := range []string{"LocalSecondaryIndexes", "GlobalSecondaryIndexes"} {
		for _, o := range p.objects(name) {
			x := o.parseIndex(name == "LocalSecondaryIndexes")
			projected += len(x.index.Include)
			out = append(out, x)
		}
	}
	return out, projected
}

// parseIndex reads the description of an index.
func (p params) parseIndex(local bool) parsedIndex {
	x := parsedIndex{index: store.Index{Name: p.indexMember(), Local: local}, elements: p.keySchema()}
	p.required("Projection")
	projection := p.object("Projection")
	x.index.Projection = projection.choice("ProjectionType", "", "ALL", "INCLUDE", "KEYS_ONLY")
	x.index.Include = projection.texts("NonKeyAttributes")
	if projection.has("NonKeyAttributes") && len(x.index.Include) == 0 {
		projection.unmet("NonKeyAttributes", "[]", "Member must have length greater than or equal to 1")
	}
	x.index.Throughput = p.throughput()
	return x
}

// indexMember reads the name of an index where there must be one.
func (p params) indexMember() string {
	if !p.has("IndexName") {
		p.unmet("IndexName", nil, "Member must not be null")
		return ""
	}
	return p.indexName()
}

// build checks an index against its table.
func (x parsedIndex) build(t *store.Table) (store.Index, error) {
	key, err := indexKey(x.elements, t.Types)
	if err != nil {
		return store.Index{}, err
	}
	out := x.index
	out.Key = key
	switch {
	case out.Local && key.Range == "":
		return out, invalid(oneOrMore + "Index KeySchema does not have a range key for index: " + out.Name)
	case out.Local && key.Hash != t.Key.Hash:
		return out, invalid(oneOrMore + "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
			out.Name + ". index hash key: " + key.Hash + ", table hash key: " + t.Key.Hash)
	case out.Projection == "":
		return out, invalid(oneOrMore + "Unknown ProjectionType: null")
	case out.Projection != "INCLUDE" && len(out.Include) > 0:
		return out, invalid(fmt.Sprintf("%sProjectionType is %s, but NonKeyAttributes is specified", oneOrMore, out.Projection))
	case out.Projection == "INCLUDE" && len(out.Include) == 0:
		return out, invalid(oneOrMore + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case !out.Local && t.OnDemand && out.Throughput != store.Throughput{}:
		return out, invalid(oneOrMore + "ProvisionedThroughput should not be specified for index: " + out.Name +
			" when BillingMode is PAY_PER_REQUEST")
	case !out.Local && !t.OnDemand && out.Throughput == store.Throughput{}:
		return out, invalid(oneOrMore + "ProvisionedThroughput must be specified for index: " + out.Name)
	}
	return out, nil
}
