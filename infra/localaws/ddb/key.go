package ddb

import (
	"fmt"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

const (
	oneOrMore   = "One or more parameter values were invalid: "
	notValid    = "One or more parameter values are not valid. "
	noMatch     = "The provided key element does not match the schema"
	hashTooBig  = oneOrMore + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
	rangeTooBig = oneOrMore + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
)

// checkKey checks that key holds the table's key and nothing else.
func checkKey(t *store.Table, key attr.Item) error {
	if len(key) != len(t.Key.Names()) || !hasKey(t, key) {
		return invalid(noMatch)
	}
	return checkKeyValues(t, key, oneOrMore)
}

// hasKey says whether the item has key attributes of the right types.
func hasKey(t *store.Table, it attr.Item) bool {
	for _, name := range t.Key.Names() {
		if v, ok := it[name]; !ok || v.Kind != t.Kind(name) {
			return false
		}
	}
	return true
}

// checkItemKey checks the key inside a whole item.
func checkItemKey(t *store.Table, it attr.Item) error {
	for _, name := range t.Key.Names() {
		v, ok := it[name]
		if !ok {
			return invalid(oneOrMore + "Missing the key " + name + " in the item")
		}
		if want := t.Kind(name); v.Kind != want {
			return invalid(fmt.Sprintf("%sType mismatch for key %s expected: %s actual: %s", oneOrMore, name, want, v.Kind))
		}
	}
	return checkKeyValues(t, it, notValid)
}

// checkKeyValues checks that the table's key is neither empty nor too big.
// refusal begins the message, which differs between keys and whole items.
func checkKeyValues(t *store.Table, it attr.Item, refusal string) error {
	for _, name := range t.Key.Names() {
		v := it[name]
		if v.Kind != attr.N && v.Text == "" {
			return invalid(refusal + "The AttributeValue for a key attribute cannot contain an empty " + word(v) + " value. Key: " + name)
		}
	}
	return checkKeySize(t.Key, it)
}

func checkKeySize(k store.Key, it attr.Item) error {
	if it[k.Hash].Size() > attr.MaxPartitionKey {
		return invalid(hashTooBig)
	}
	if k.Range != "" && it[k.Range].Size() > attr.MaxSortKey {
		return invalid(rangeTooBig)
	}
	return nil
}

func word(v attr.Value) string {
	if v.Kind == attr.B {
		return "binary"
	}
	return "string"
}

// checkIndexKeys checks that what the item holds as index keys can be one.
// An item without them is not in the index.
func checkIndexKeys(t *store.Table, it attr.Item) error {
	for _, x := range t.Indexes {
		for _, name := range x.Key.Names() {
			v, ok := it[name]
			if !ok {
				continue
			}
			if want := t.Kind(name); v.Kind != want {
				return invalid(fmt.Sprintf("%sType mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s",
					oneOrMore, name, want, v.Kind, x.Name))
			}
			if v.Kind != attr.N && v.Text == "" {
				return invalid(fmt.Sprintf("%sA value specified for a secondary index key is not supported. "+
					"The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s",
					notValid, word(v), x.Name, name))
			}
		}
		if x.Key.In(it) {
			if err := checkKeySize(x.Key, it); err != nil {
				return err
			}
		}
	}
	return nil
}
