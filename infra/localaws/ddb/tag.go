package ddb

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Limits of tags (AWS Developer Guide, "Tagging restrictions in DynamoDB",
// 2026).
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tags reads a list of tags, nil if there is none.
func (p params) tags() map[string]string {
	var out map[string]string
	for _, tag := range p.objects("Tags") {
		key, value := tag.text("Key"), tag.text("Value")
		tag.required("Key")
		tag.required("Value")
		if tag.has("Key") && key == "" {
			tag.unmet("Key", key, "Member must have length greater than or equal to 1")
		}
		if utf8.RuneCountInString(key) > maxTagKey {
			tag.unmet("Key", key, "Member must have length less than or equal to 128")
		}
		if utf8.RuneCountInString(value) > maxTagValue {
			tag.unmet("Value", value, "Member must have length less than or equal to 256")
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}

// checkTags checks all tags a table is to have.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("Too many tags: a table can have at most 50")
	}
	for key := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("Tag keys starting with 'aws:' are reserved for AWS: " + key)
		}
	}
	return nil
}

// resource reads the ARN of a table.
func (p params) resource() (table string, err error) {
	arn := p.text("ResourceArn")
	p.required("ResourceArn")
	if p.has("ResourceArn") && arn == "" {
		p.unmet("ResourceArn", arn, "Member must have length greater than or equal to 1")
	}
	if err := p.verdict(); err != nil {
		return "", err
	}
	table = tableOf(arn)
	if table == arn || !allNameCharacters(table) {
		return "", invalid("Invalid ResourceArn: " + arn)
	}
	return table, nil
}

// tagged reads the table that an ARN names. One that is not here may be another
// account's, and the service tells nobody what another account has.
func tagged(tx *store.Tx, name, arn string) (*store.Table, error) {
	t, ok := tx.Table(name)
	if !ok {
		return nil, refused("AccessDeniedException", "The resource "+arn+" does not exist, or it is not yours")
	}
	return t, nil
}

func (s *Service) tagResource(ctx context.Context, p params) (object, error) {
	tags := p.tags()
	p.required("Tags")
	return s.retag(ctx, p, func(all map[string]string) { maps.Copy(all, tags) })
}

func (s *Service) untagResource(ctx context.Context, p params) (object, error) {
	keys := p.texts("TagKeys")
	p.required("TagKeys")
	return s.retag(ctx, p, func(all map[string]string) {
		maps.DeleteFunc(all, func(key, _ string) bool { return slices.Contains(keys, key) })
	})
}

// retag changes the tags of a table as a whole.
func (s *Service) retag(ctx context.Context, p params, change func(map[string]string)) (object, error) {
	name, err := p.resource()
	if err != nil {
		return nil, err
	}
	return nil, s.db.Update(ctx, func(tx *store.Tx) error {
		t, err := tagged(tx, name, p.text("ResourceArn"))
		if err != nil {
			return err
		}
		changed := *t
		changed.Tags = maps.Clone(t.Tags)
		if changed.Tags == nil {
			changed.Tags = map[string]string{}
		}
		change(changed.Tags)
		if err := checkTags(changed.Tags); err != nil {
			return err
		}
		return tx.PutTable(&changed)
	})
}

// listTagsOfResource answers all tags of a table: they fit on one page.
func (s *Service) listTagsOfResource(_ context.Context, p params) (object, error) {
	name, err := p.resource()
	if err != nil {
		return nil, err
	}
	list := []object{}
	err = s.db.View(func(tx *store.Tx) error {
		t, err := tagged(tx, name, p.text("ResourceArn"))
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
			list = append(list, object{{"Key", key}, {"Value", t.Tags[key]}})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return object{{"Tags", list}}, nil
}
