package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// specs are all descriptions, read once per test binary.
type specs struct {
	etsy, tiktok *openapi
	meta         *graph
}

// loadSpecs answers nil where the descriptions are not there.
var loadSpecs = sync.OnceValues(func() (*specs, error) {
	folder, err := specFolder()
	if err != nil || folder == "" {
		return nil, err
	}
	s := &specs{}
	if s.etsy, err = loadOpenAPI(filepath.Join(folder, "etsy-openapi.json"), etsyHabits()); err != nil {
		return nil, err
	}
	if s.tiktok, err = loadOpenAPI(filepath.Join(folder, "tiktok-shop-openapi.json"), tiktokHabits()); err != nil {
		return nil, err
	}
	s.meta, err = loadGraph(filepath.Join(folder, "meta"))
	return s, err
})

// specFolder looks for ../shared/specs beside the module; empty: none.
func specFolder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", nil
		}
		dir = up
	}
	folder := filepath.Join(dir, "..", "shared", "specs")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return folder, nil
}

func loadOpenAPI(file string, h habits) (*openapi, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	o := &openapi{habits: h}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o.routes = append(o.routes, route{method: method, parts: strings.Split(path, "/"), params: append(item.Parameters, op.Parameters...), op: op})
		}
	}
	return o, nil
}

// graph is Meta's description: nodes with their calls and fields, and enums.
type graph struct {
	nodes map[string]node
	enums map[string][]string
}

type node struct {
	APIs []struct {
		Method   string  `json:"method"`
		Endpoint string  `json:"endpoint"`
		Name     string  `json:"name"`
		Return   string  `json:"return"`
		Params   []param `json:"params"`
	} `json:"apis"`
	Fields []struct {
		Name string `json:"name"`
		Type string `json:"type"`
	} `json:"fields"`
}

type param struct {
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Type     string `json:"type"`
}

func loadGraph(folder string) (*graph, error) {
	g := &graph{nodes: map[string]node{}, enums: map[string][]string{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := g.add(name, raw); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return g, nil
}

func (g *graph) add(name string, raw []byte) error {
	switch name {
	case "_source":
		return nil
	case "enum_types":
		var enums []struct {
			Name   string   `json:"name"`
			Values []string `json:"values"`
		}
		if err := json.Unmarshal(raw, &enums); err != nil {
			return err
		}
		for _, e := range enums {
			g.enums[e.Name] = e.Values
		}
		return nil
	}
	var n node
	if err := json.Unmarshal(raw, &n); err != nil {
		return err
	}
	g.nodes[name] = n
	return nil
}
