// Package validate checks what comes in from outside against the `validate`
// tags of its struct and says in words what is wrong. It alone imports the
// validator; rules about a marketplace are in channel.Rules.
//
// Beside the validator's own tags there are:
//
//	id        an id of ours: letters, digits, dot, dash, underscore; at most 128
//	line      text without control characters
//	text      text without control characters but tab and line break
//	currency  an ISO 4217 code the product knows
//	weburl    an http or https address with a host
package validate

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"unicode"

	"github.com/go-playground/validator/v10"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// build is kept lazily: a function that never validates does not pay for it.
var build = sync.OnceValue(newValidator)

// Struct checks a struct, or a pointer to one, by its tags. What it refuses is
// a fault of kind Invalid and code invalid with one problem per field: the
// field's path as it is named outside (json, query, path or header tag), the
// rule as a code, and a sentence. It is safe for concurrent use.
func Struct(v any) error {
	err := build().Struct(v)
	if err == nil {
		return nil
	}
	var fields validator.ValidationErrors
	if !errors.As(err, &fields) {
		return fmt.Errorf("validate %T: %w", v, err)
	}
	f := &fault.Error{Kind: fault.Invalid, Code: "invalid"}
	for _, field := range fields {
		f.Problems = append(f.Problems, problem(field))
	}
	f.Field = f.Problems[0].Field
	f.Message = f.Problems[0].Fix
	if n := len(fields); n > 1 {
		f.Message = fmt.Sprintf("%d fields are not right: %s", n, f.Message)
	}
	return f
}

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(outside)
	for tag, ok := range map[string]func(string) bool{
		"id": isID, "line": isLine, "text": isText, "currency": isCurrency, "weburl": isWebURL,
	} {
		// Registering fails for an empty tag or a nil function only.
		_ = v.RegisterValidation(tag, func(fl validator.FieldLevel) bool {
			return fl.Field().Kind() == reflect.String && ok(fl.Field().String())
		})
	}
	return v
}

// outside is the name of a field as it is known to who sent it.
func outside(f reflect.StructField) string {
	for _, key := range []string{"json", "query", "path", "header"} {
		if name, _, _ := strings.Cut(f.Tag.Get(key), ","); name != "" && name != "-" {
			return name
		}
	}
	if f.Type.Kind() == reflect.Struct {
		return nameless
	}
	return ""
}

// nameless stands in a path for a struct that has no name outside.
const nameless = "~"

func isID(s string) bool {
	return len(s) > 0 && len(s) <= 128 && strings.Trim(s, ".") != "" && strings.IndexFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r))
	}) < 0
}

func isLine(s string) bool {
	return strings.IndexFunc(s, unicode.IsControl) < 0
}

func isText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r) }) < 0
}

func isCurrency(s string) bool {
	_, err := commerce.Exponent(s)
	return err == nil
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}
