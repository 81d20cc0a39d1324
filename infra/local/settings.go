// Package local runs the whole product on one machine: embedded DynamoDB and
// SQS, the functions of template.yaml with their triggers, and simulated
// marketplaces with a seeded shop each.
package local

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/config"
)

// Settings are what a person may set; each has a usual value.
type Settings struct {
	Port      int    `env:"PORT" default:"8080"`
	AWSPort   int    `env:"AWS_PORT" default:"4566"`
	AWSBind   string `env:"AWS_BIND" default:"127.0.0.1"`
	State     string `env:"STATE" default:".local"`
	Catalog   string `env:"CATALOG"`
	Sim       string `env:"SIM" default:"on"`
	PublicURL string `env:"PUBLIC_URL"`
	Log       string `env:"LOG_LEVEL" default:"WARN"`
	// Demo says whether buyers come by themselves at the first start.
	Demo bool `env:"DEMO" default:"true"`
	// Seed makes the marketplaces' ids and choices repeatable.
	Seed int64 `env:"SEED" default:"1"`
	// Adverse lets the embedded services do what AWS allows itself to do.
	Adverse bool `env:"ADVERSE"`
	// Functions is a folder with one built executable a function, run as
	// processes of their own; empty runs them in this process.
	Functions string `env:"FUNCTIONS"`
}

func load(env config.Source) (Settings, error) {
	var s Settings
	if err := config.Load(&s, env); err != nil {
		return s, fmt.Errorf("settings: %w", err)
	}
	var errs []error
	for name, port := range map[string]int{"PORT": s.Port, "AWS_PORT": s.AWSPort} {
		if port < 0 || port > 65535 {
			errs = append(errs, fmt.Errorf("%s: %d is not a port", name, port))
		}
	}
	if s.Sim != "on" && s.Sim != "off" {
		errs = append(errs, fmt.Errorf("SIM: %q is neither on nor off", s.Sim))
	}
	if u, err := url.Parse(s.PublicURL); s.PublicURL != "" && (err != nil || u.Host == "" || strings.HasSuffix(s.PublicURL, "/")) {
		errs = append(errs, errors.New("PUBLIC_URL: give an address such as https://shop.example, without a slash at its end"))
	}
	if s.Catalog != "" {
		if _, err := os.Stat(s.Catalog); err != nil {
			errs = append(errs, fmt.Errorf("CATALOG: %w", err))
		}
	}
	return s, errors.Join(errs...)
}

// root is the folder of template.yaml: the working folder or one above it.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "template.yaml")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no template.yaml in %s or above it: run this in the folder of Manystall", dir)
		}
	}
}

// listen takes a port on loopback or another address; port 0 takes any.
func listen(host string, port int, name string) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d is not free (%w): set %s to another one", port, err, name)
	}
	return l, nil
}

// environment is what functions see beside what template.yaml gives them: the
// person's own variables, with local values where there are none.
func environment(env config.Source, fallback map[string]string) config.Source {
	own := maps.Clone(fallback)
	return func(name string) (string, bool) {
		if value, ok := env(name); ok && value != "" {
			return value, true
		}
		value, ok := own[name]
		return value, ok
	}
}
