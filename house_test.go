// Package manystall_test keeps the rules of the house: which room may import
// which, how long a file and a function may be.
package manystall_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/manystall/manystall/"

// room is where a package lives.
type room struct {
	// floor is the height: imports point down only.
	floor int
	// name groups packages that may use each other freely.
	name string
}

// roomOf places a package by its folder, or says that nobody has.
func roomOf(path string) (room, bool) {
	first := func(n int) string {
		parts := strings.SplitN(path, "/", n+1)
		return strings.Join(parts[:min(n, len(parts))], "/")
	}
	switch {
	case strings.HasSuffix(path, "/bootstrap"), path == "infra/local/run":
		return room{60, path}, true
	case strings.HasPrefix(path, "infra/local/") || path == "infra/local":
		return room{52, "infra/local"}, true
	case strings.HasPrefix(path+"/", "infra/wire/"):
		return room{50, "infra/wire"}, true
	case strings.HasPrefix(path+"/", "connectors/all/"):
		return room{40, "connectors/all"}, true
	case strings.HasPrefix(path, "functions/"):
		return room{40, first(2)}, true
	case strings.HasPrefix(path, "connectors/"):
		return room{30, first(2)}, true
	case path == "infra/localaws/localtest":
		return room{30, path}, true // opens storage for tests only
	case path == "infra/cloud":
		return room{20, path}, true // below the adapters, which all ask it
	case strings.HasPrefix(path, "infra/"):
		return room{30, first(2)}, true
	}
	switch first(2) {
	case "shared/commerce", "shared/fault":
		return room{0, "facts"}, true
	case "shared/config", "shared/logging", "shared/port", "shared/validate":
		return room{10, first(2)}, true
	case "shared/httpclient":
		return room{12, first(2)}, true
	case "shared/channel", "shared/httpapi":
		return room{14, first(2)}, true
	case "shared/catalog", "shared/publish", "shared/ingest", "shared/stock", "shared/inbox", "shared/report", "shared/accounts", "shared/outbound", "shared/trade", "shared/poll", "shared/feed":
		return room{20, first(2)}, true
	}
	return room{}, false
}

// neighbours are the imports on one floor that are meant.
func neighbours() map[string][]string {
	return map[string][]string{
		"connectors/facebook":      {"connectors/metagraph"},
		"connectors/instagram":     {"connectors/metagraph"},
		"infra/localaws/localtest": {"infra/localaws", "infra/dynamo"},
		"connectors/etsy":          {"connectors/simkit"}, // its simulator
		"connectors/tiktokshop":    {"connectors/simkit"},
		"connectors/metagraph":     {"connectors/simkit"},
	}
}

// arrow says what is wrong with an import, or nothing.
func arrow(from, to string, test bool) string {
	a, okA := roomOf(from)
	b, okB := roomOf(to)
	switch {
	case !okA:
		return fmt.Sprintf("%s has no floor: add it to design and to roomOf", from)
	case !okB:
		return fmt.Sprintf("%s has no floor: add it to design and to roomOf", to)
	case a.name == b.name, b.floor < a.floor, test && b.floor <= max(a.floor, 30):
		return ""
	case slices.Contains(neighbours()[a.name], b.name):
		return ""
	case b.floor == a.floor:
		return fmt.Sprintf("%s imports %s on its own floor: take an interface, and let infra/wire join them", from, to)
	default:
		return fmt.Sprintf("%s (floor %d) imports %s (floor %d): move the code down, or take an interface", from, a.floor, to, b.floor)
	}
}

// foreign says which rooms may use an outside module; others may not.
func foreign(from, to string, test bool) string {
	rules := []struct {
		prefix string
		rooms  []string
		why    string
	}{
		{"github.com/aws/aws-sdk-go-v2", []string{"infra/"}, "AWS SDK types stay in infra"},
		{"github.com/aws/aws-lambda-go", []string{"infra/", "functions/"}, "Lambda's events stay in functions and infra"},
		{"github.com/go-playground/validator", []string{"shared/validate"}, "shared/validate alone imports the validator, for the size of the other functions"},
		{"github.com/getkin/kin-openapi", []string{"connectors/recorder"}, "it is for tests only"},
	}
	if test {
		return ""
	}
	for _, r := range rules {
		if strings.HasPrefix(to, r.prefix) && !slices.ContainsFunc(r.rooms, func(p string) bool { return strings.HasPrefix(from+"/", p) || strings.HasPrefix(from, p) }) {
			return fmt.Sprintf("%s imports %s: %s", from, to, r.why)
		}
	}
	if strings.HasPrefix(from, "shared/commerce") || strings.HasPrefix(from, "shared/fault") {
		if first, _, _ := strings.Cut(to, "/"); strings.Contains(first, ".") && !strings.HasPrefix(to, module) {
			return fmt.Sprintf("%s imports %s: floor 0 knows the standard library only", from, to)
		}
	}
	return ""
}

// sources visits every Go file of the repository.
func sources(t *testing.T, visit func(path string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(path), file, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		from := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "./")
		if from == "." {
			return
		}
		test := strings.HasSuffix(path, "_test.go")
		for _, spec := range file.Imports {
			to := strings.Trim(spec.Path.Value, `"`)
			if wrong := foreign(from, to, test); wrong != "" {
				t.Errorf("%s: %s", path, wrong)
			}
			inside, ok := strings.CutPrefix(to, module)
			if !ok {
				continue
			}
			if wrong := arrow(from, inside, test); wrong != "" {
				t.Errorf("%s: %s", path, wrong)
			}
			simulator := strings.HasSuffix(inside, "sim") && strings.HasPrefix(inside, "connectors/")
			if simulator && !test && from != "connectors/all/sims" && !strings.HasPrefix(from, inside) {
				t.Errorf("%s: imports the simulator %s: only connectors/all/sims and tests do", path, inside)
			}
			if inside == "connectors/all/sims" && !test && !strings.HasPrefix(from, "infra/local") {
				t.Errorf("%s: only infra/local runs the simulators", path)
			}
		}
	})
}

// A file holds one subject and a function can be seen at once.
func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	sources(t, func(path string, file *ast.File, set *token.FileSet) {
		if lines := set.Position(file.End()).Line; lines > 500 {
			t.Errorf("%s has %d lines: a file has at most 500, split it by subject", path, lines)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || strings.HasSuffix(path, "_test.go") {
				continue
			}
			if lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; lines > 80 {
				t.Errorf("%s: %s has %d lines: a function has at most 80", path, f.Name.Name, lines)
			}
		}
	})
}

// Every function of template.yaml is a folder with a bootstrap of a few lines.
func TestBootstrapsAreWiringOnly(t *testing.T) {
	t.Parallel()
	mains, err := filepath.Glob("functions/*/bootstrap/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("bootstraps %v, err %v", mains, err)
	}
	for _, path := range mains {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), "\n"); n > 15 {
			t.Errorf("%s has %d lines: it wires and starts, in at most 15", path, n)
		}
	}
}

// Nothing runs before main and nothing is shared behind the back: no init, no
// variable a package changes.
func TestNoInit(t *testing.T) {
	t.Parallel()
	sources(t, func(path string, file *ast.File, _ *token.FileSet) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s: init runs before anybody asked for it", path)
			}
		}
	})
}
