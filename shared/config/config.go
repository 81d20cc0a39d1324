// Package config fills structs from the environment. A field is tagged
// env:"NAME", with ",required" where the program can't do without it and
// default:"…" where there is a usual value. A secret may come from a file named
// by NAME_FILE instead. All that is missing or wrong is named together.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Secret is a value that no format and no log shows.
type Secret string

const hidden = "***"

// String hides the value.
func (Secret) String() string { return hidden }

// GoString hides the value.
func (Secret) GoString() string { return hidden }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the value from JSON and the like.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Reveal is the value itself.
func (s Secret) Reveal() string { return string(s) }

// Source looks a variable up; os.LookupEnv is one.
type Source func(name string) (value string, ok bool)

// Load fills the struct into points to. Fields may be strings, Secret,
// integers, booleans, time.Duration, or structs of these. The error names
// every variable that is missing or malformed, never its value.
func Load(into any, from Source) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("load configuration into %T: need a pointer to a struct", into)
	}
	return errors.Join(fill(v.Elem(), from)...)
}

func fill(v reflect.Value, from Source) []error {
	var errs []error
	for i := range v.NumField() {
		field, def := v.Field(i), v.Type().Field(i)
		tag, tagged := def.Tag.Lookup("env")
		if !tagged {
			if field.Kind() == reflect.Struct {
				errs = append(errs, fill(field, from)...)
			}
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		text, err := lookup(name, def.Tag.Get("default"), from)
		switch {
		case err != nil:
			errs = append(errs, err)
		case text == "" && option == "required":
			errs = append(errs, fmt.Errorf("%s is not set", name))
		case text != "":
			if err := set(field, text); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	return errs
}

func lookup(name, fallback string, from Source) (string, error) {
	if text, ok := from(name); ok && text != "" {
		return text, nil
	}
	if path, ok := from(name + "_FILE"); ok && path != "" {
		raw, err := os.ReadFile(path) //nolint:gosec // the operator names the file
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", name, err)
		}
		return strings.TrimSpace(string(raw)), nil
	}
	return fallback, nil
}

func set(field reflect.Value, text string) error {
	if field.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("not a duration such as 30s")
		}
		field.SetInt(int64(d))
		return nil
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("not true or false")
		}
		field.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("not a whole number")
		}
		field.SetInt(n)
	default:
		return fmt.Errorf("unsupported type %s", field.Type())
	}
	return nil
}
