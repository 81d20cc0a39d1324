package ddb

import "strings"

// tableName reads the name of a table, which may also be an ARN.
func (p params) tableName() string {
	name := tableOf(p.text("TableName"))
	if !p.has("TableName") {
		p.unmet("TableName", nil, "Member must not be null")
		return ""
	}
	p.checkName("TableName", name)
	return name
}

// controlName reads the name of a table for an operation on the table itself;
// these refuse a missing one in other words.
func (p params) controlName() (string, error) {
	name := tableOf(p.text("TableName"))
	switch {
	case p.shared.wrong != nil:
		return "", p.shared.wrong
	case !p.has("TableName"):
		return "", invalid("The parameter 'TableName' is required but was not present in the request")
	}
	p.checkName("TableName", name)
	return name, nil
}

// tableOf is the name in a table's ARN, or the name itself.
func tableOf(name string) string {
	if i := strings.Index(name, ":table/"); strings.HasPrefix(name, "arn:") && i > 0 {
		return name[i+len(":table/"):]
	}
	return name
}

// checkName checks the name of a table or index.
func (p params) checkName(parameter, name string) {
	if name == "" {
		p.unmet(parameter, name, "Member must have length greater than or equal to 1")
		return
	}
	if !allNameCharacters(name) {
		p.unmet(parameter, name, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	if len(name) < 3 {
		p.unmet(parameter, name, "Member must have length greater than or equal to 3")
	}
	if len(name) > 255 {
		p.unmet(parameter, name, "Member must have length less than or equal to 255")
	}
}

const nameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

func allNameCharacters(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(nameCharacters, r) })
}

// indexName reads the name of an index, empty if there is none.
func (p params) indexName() string {
	if !p.has("IndexName") {
		return ""
	}
	name := p.text("IndexName")
	p.checkName("IndexName", name)
	return name
}
