package tiktoksim

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkProperties holds the product attributes against those of the category.
func (c category) checkProperties(list []property) error {
	chosen := map[string][]string{}
	for _, p := range list {
		if _, twice := chosen[p.ID]; twice {
			return reject(12052254, "An attribute id is given twice.")
		}
		a, ok := c.attribute(p.ID)
		if !ok || a.sale {
			return reject(12052240, "The category has no product attribute %s.", p.ID)
		}
		values, err := a.check(p.Values)
		if err != nil {
			return err
		}
		chosen[p.ID] = values
	}
	for _, a := range c.attributes {
		if len(chosen[a.id]) > 0 {
			continue
		}
		if a.required {
			return reject(12052104, "A property is required: %s (%s).", a.name, a.id)
		}
		if a.whenID != "" && slices.Contains(chosen[a.whenID], a.whenIs) {
			return reject(12052182, "The field %s is required because of the value of attribute %s.", a.name, a.whenID)
		}
	}
	return nil
}

var positive = regexp.MustCompile(`^\d{1,9}(\.\d{1,4})?$`)

// check returns the ids of the chosen values.
func (a attribute) check(values []propertyValue) ([]string, error) {
	if len(values) > 1 && !a.many {
		return nil, reject(12052246, "The attribute %s takes one value.", a.id)
	}
	var ids []string
	for _, v := range values {
		if err := a.checkValue(v); err != nil {
			return nil, err
		}
		id := v.ID
		if id == "" {
			id = customID("value", a.id+"\x00"+v.Name)
		}
		if slices.Contains(ids, id) {
			return nil, reject(12052251, "A value of attribute %s is given twice.", a.id)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (a attribute) checkValue(v propertyValue) error {
	if v.ID != "" {
		if _, ok := a.value(v.ID); !ok && !isCustomID(v.ID) {
			return reject(12052529, "The property value id does not exist: %s.", v.ID)
		}
		return nil
	}
	switch {
	case v.Name == "":
		return reject(12052248, "A value name or value id of attribute %s is empty.", a.id)
	case !a.custom:
		return reject(12052247, "The attribute %s takes no values of one's own.", a.id)
	case utf8.RuneCountInString(v.Name) > 50:
		return reject(12052249, "A value name of attribute %s exceeds 50 characters.", a.id)
	case a.format != "" && (!positive.MatchString(v.Name) || isZero(v.Name)):
		return reject(12052256, "The value of %s must be a positive number.", a.name)
	case htmlEntity.MatchString(v.Name) || hasBadRune(v.Name):
		return reject(12052935, "Attribute values must not hold HTML entities, emojis or control characters.")
	}
	return nil
}

const customPrefix = "74"

// customID is the id the platform makes for a name of the seller's own: the
// same name, the same id.
func customID(kind, name string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(kind + "\x00" + strings.ToLower(strings.TrimSpace(name))))
	return customPrefix + strconv.FormatUint(10_000_000_000_000_000+h.Sum64()%90_000_000_000_000_000, 10)
}

func isCustomID(id string) bool {
	return len(id) == 19 && strings.HasPrefix(id, customPrefix) && strings.Trim(id, "0123456789") == ""
}
