package validate

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/manystall/manystall/shared/commerce"
)

// problem puts one refusal into words. It never repeats the value: it may be
// a secret or a buyer's.
func problem(e validator.FieldError) commerce.Problem {
	path := fieldPath(e.Namespace())
	return commerce.Problem{Rule: code(e.Tag()), Field: path, Allowed: allowed(e), Fix: sentence(path, e)}
}

// fieldPath leaves out what has no name outside: the type at its beginning and
// embedded structs.
func fieldPath(namespace string) string {
	var parts []string
	depth, from := 0, 0
	for i := 0; i <= len(namespace); i++ {
		switch {
		case i == len(namespace), namespace[i] == '.' && depth == 0:
			parts = append(parts, namespace[from:i])
			from = i + 1
		case namespace[i] == '[': // a dot in the key of a map separates nothing
			depth++
		case namespace[i] == ']':
			depth--
		}
	}
	parts = slices.DeleteFunc(parts[1:], func(p string) bool { return p == nameless })
	return strings.Join(parts, ".")
}

// code is the stable name of a rule.
func code(tag string) string {
	switch tag {
	case "required", "required_without", "required_if":
		return "required"
	case "min", "gte", "gt":
		return "too_small"
	case "max", "lte", "lt":
		return "too_large"
	case "oneof":
		return "not_allowed"
	case "excluded_with":
		return "not_together"
	case "unique":
		return "not_unique"
	case "ne":
		return "not_allowed"
	default:
		return "not_" + tag
	}
}

func allowed(e validator.FieldError) string {
	switch e.Tag() {
	case "oneof":
		return strings.Join(strings.Fields(e.Param()), ", ")
	case "min", "gte":
		return "at least " + e.Param()
	case "max", "lte":
		return "at most " + e.Param()
	default:
		return ""
	}
}

func sentence(path string, e validator.FieldError) string {
	switch e.Tag() {
	case "required":
		return fmt.Sprintf("%s is missing.", path)
	case "required_without":
		return fmt.Sprintf("%s is missing: give it or %s.", path, strings.ToLower(e.Param()))
	case "required_if":
		return fmt.Sprintf("%s is missing.", path)
	case "excluded_with":
		return fmt.Sprintf("Give either %s or %s, not both.", path, strings.ToLower(e.Param()))
	case "oneof":
		return fmt.Sprintf("%s must be one of %s.", path, allowed(e))
	case "min", "gte", "max", "lte":
		return fmt.Sprintf("%s must %s %s%s.", path, verb(e.Kind()), allowed(e), unit(e.Kind()))
	case "gt":
		return fmt.Sprintf("%s must be greater than %s.", path, e.Param())
	case "lt":
		return fmt.Sprintf("%s must be less than %s.", path, e.Param())
	case "ne":
		return fmt.Sprintf("%s must not be %s.", path, e.Param())
	case "unique":
		return fmt.Sprintf("%s must not hold the same thing twice.", path)
	}
	if want := shape(e.Tag()); want != "" {
		return fmt.Sprintf("%s must be %s.", path, want)
	}
	return fmt.Sprintf("%s does not meet the rule %q.", path, e.Tag())
}

func shape(tag string) string {
	switch tag {
	case "id":
		return "an id as this API hands them out"
	case "line":
		return "one line of text without control characters"
	case "text":
		return "text without control characters"
	case "currency":
		return "an ISO 4217 currency code such as EUR"
	case "weburl":
		return "an http or https address"
	case "timezone":
		return "an IANA time zone such as Europe/Tallinn"
	case "email":
		return "an e-mail address"
	case "datetime":
		return "a date such as 2026-11-22"
	case "iso3166_1_alpha2":
		return "an ISO 3166-1 country code such as EE"
	default:
		return ""
	}
}

func verb(k reflect.Kind) string {
	switch k {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return "have"
	default:
		return "be"
	}
}

func unit(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return " characters"
	case reflect.Slice, reflect.Map, reflect.Array:
		return " entries"
	default:
		return ""
	}
}
