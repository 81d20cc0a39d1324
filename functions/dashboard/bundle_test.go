package dashboard

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are the files of the page as they are written.
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	files := webFiles()
	if len(files) < 50 {
		t.Fatalf("only %d files in web", len(files))
	}
	return files
}

// What bundle relies on holds for every module.
func TestModulesCanBeJoined(t *testing.T) {
	t.Parallel()
	files := sources(t)
	joined := shared(files)
	loose := regexp.MustCompile(`(?m)^\s*(import [^{]|import \{[^}]* as |export (?:default|\{|\*|let|var)|.*import\.meta)`)
	anyImport := regexp.MustCompile(`(?m)^import `)
	for at, name := range joined {
		code := string(files[name])
		if m := loose.FindString(code); m != "" {
			t.Errorf("%s: %q can't be joined", name, strings.TrimSpace(m))
		}
		imports := importLine.FindAllStringSubmatch(code, -1)
		if n := len(anyImport.FindAllString(code, -1)); n != len(imports) {
			t.Errorf("%s: %d of %d imports are understood", name, len(imports), n)
		}
		for _, m := range imports {
			to := path.Join(path.Dir(name), m[2])
			if files[to] == nil {
				t.Errorf("%s imports %s, which is not there", name, to)
			}
			if slices.Index(joined, to) >= at {
				t.Errorf("%s imports %s, which stands on it: modules must form no circle", name, to)
			}
		}
		if strings.Contains(code, "=> import('") && strings.Contains(name, "/") {
			t.Errorf("%s loads a module later: only those at the top may, joined they lie there", name)
		}
	}
}

// Nothing is imported that is not exported; nothing is exported for nobody.
func TestImportsAndExportsMeet(t *testing.T) {
	t.Parallel()
	files := sources(t)
	wanted := map[string]map[string]bool{}
	for name, data := range files {
		if path.Ext(name) != ".js" {
			continue
		}
		for _, m := range importLine.FindAllStringSubmatch(string(data), -1) {
			to := path.Join(path.Dir(name), m[2])
			if wanted[to] == nil {
				wanted[to] = map[string]bool{}
			}
			for one := range strings.SplitSeq(m[1], ",") {
				if one = strings.TrimSpace(one); one != "" {
					wanted[to][one] = true
				}
			}
		}
	}
	for name, data := range files {
		exports := map[string]bool{}
		for _, m := range exportLine.FindAllStringSubmatch(string(data), -1) {
			exports[m[2]] = true
			if !wanted[name][m[2]] {
				t.Errorf("%s exports %s and nobody imports it", name, m[2])
			}
		}
		for one := range wanted[name] {
			if !exports[one] && path.Ext(name) == ".js" {
				t.Errorf("%s is asked for %s and does not export it", name, one)
			}
		}
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{
		"app.js":        []byte("import { a } from './parts/a.js';\na(() => import('./views/v.js'));\n"),
		"parts/a.js":    []byte("import {\n  b,\n  c\n} from '../b-c.js';\nexport function a() {\n  return b + c;\n}\n"),
		"b-c.js":        []byte("export const b = 1;\nexport const c = 2;\nconst d = 3;\n"),
		"views/v.js":    []byte("import { b } from '../b-c.js';\nimport { c } from '../b-c.js';\nimport { w } from './w.js';\nexport default b + c + w;\n"),
		"views/w.js":    []byte("export const w = 1;\n"),
		"css/app.css":   []byte("@import \"one.css\";\n@import \"two.css\";\n"),
		"css/one.css":   []byte("a{}\n"),
		"css/two.css":   []byte("b{}\n"),
		"css/other.css": []byte("c{}\n"),
	}
	bundle(files)
	for name, want := range map[string]string{
		"base.js": "// b-c.js\nconst $b_c = (() => {\nconst b = 1;\nconst c = 2;\nconst d = 3;\nreturn { b, c };\n})();\n" +
			"// parts/a.js\nconst $parts_a = (() => {\nconst {\n  b,\n  c\n} = $b_c;\nfunction a() {\n  return b + c;\n}\nreturn { a };\n})();\nexport { $b_c, $parts_a };\n",
		"app.js":        "import { $parts_a } from './base.js';\nconst { a } = $parts_a;\na(() => import('./views/v.js'));\n",
		"views/v.js":    "import { $b_c } from '../base.js';\nconst { b } = $b_c;\nconst { c } = $b_c;\nimport { w } from './w.js';\nexport default b + c + w;\n",
		"views/w.js":    "export const w = 1;\n",
		"css/app.css":   "a{}\nb{}\n",
		"css/other.css": "c{}\n",
	} {
		if got := string(files[name]); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
	}
	if len(files) != 6 {
		t.Errorf("%d files are left, want 6", len(files))
	}
}

// Everything a first visit fetches before it asks the API, and how heavy it is:
// the budget is what keeps the page quick on a telephone.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	const budget = 96 << 10
	s := newSite(false, "", "")
	total := len(s.index)
	address := regexp.MustCompile(`(?:href|src)="` + s.base + `/([^"]+)"`)
	names := []string{"views/glance.js"}
	for _, m := range address.FindAllStringSubmatch(string(s.index), -1) {
		names = append(names, m[1])
	}
	for _, name := range names {
		if s.files[name] == nil {
			t.Errorf("the page asks for %s, which is not there", name)
		}
		n := len(deflated(s.files[name]))
		total += n
		t.Logf("%-18s %7d bytes, %6d packed", name, len(s.files[name]), n)
	}
	t.Logf("first load: %d requests, %d bytes of at most %d", len(names)+1, total, budget)
	if total > budget || len(names) > 7 {
		t.Errorf("the first load is %d bytes in %d requests", total, len(names)+1)
	}
}
