package dashboard

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The page is written as many small modules and stylesheets. A browser would
// fetch each by itself, and each fetch is a call of a function, many of them
// cold at once. So those that every view stands on are served as one: base.js,
// and app.css with what it imports.
//
// Joining modules needs no parser as long as they keep to a part of the
// language: imports are `import { a, b } from './c.js';`, exports stand before
// function, const or class, nothing is renamed, and modules form no circle. A
// test checks it.
const (
	baseModule = "base.js"
	appModule  = "app.js"
	appStyle   = "css/app.css"
)

var (
	importLine = regexp.MustCompile(`(?m)^import \{([^}]*)\} from '(\.[^']*)';`)
	exportLine = regexp.MustCompile(`(?m)^export ((?:async function|function|const|class) (\w+))`)
	styleLine  = regexp.MustCompile(`(?m)^@import "([^"]*)";\n`)
)

// bundle replaces the modules app.js stands on by one, and the stylesheets by
// one. What is loaded later (views, languages) stays by itself.
func bundle(files map[string][]byte) {
	var base strings.Builder
	joined := shared(files)
	for _, name := range joined {
		base.WriteString(wrapped(name, string(files[name])))
	}
	base.WriteString("export { " + strings.Join(objects(joined), ", ") + " };\n")
	for name, data := range files {
		if path.Ext(name) == ".js" && !slices.Contains(joined, name) {
			files[name] = []byte(onBase(name, string(data), joined))
		}
	}
	for _, name := range joined {
		delete(files, name)
	}
	files[baseModule] = []byte(base.String())
	joinStyles(files)
}

// shared lists the modules that app.js and the views stand on, each after those
// it stands on itself.
func shared(files map[string][]byte) []string {
	var all []string
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if alone(name) {
			all = inOrder(files, name, seen, all)
		}
	}
	return slices.DeleteFunc(all, alone)
}

func alone(name string) bool { return name == appModule || strings.HasPrefix(name, "views/") }

// inOrder adds a module to a list after those it imports, each once.
func inOrder(files map[string][]byte, name string, seen map[string]bool, list []string) []string {
	if seen[name] {
		return list
	}
	seen[name] = true
	for _, m := range importLine.FindAllStringSubmatch(string(files[name]), -1) {
		list = inOrder(files, path.Join(path.Dir(name), m[2]), seen, list)
	}
	return append(list, name)
}

// wrapped is a module as a function that runs at once; what it exports becomes
// an object.
func wrapped(name, code string) string {
	var exports []string
	for _, m := range exportLine.FindAllStringSubmatch(code, -1) {
		exports = append(exports, m[2])
	}
	code = exportLine.ReplaceAllString(code, "$1")
	code = importLine.ReplaceAllStringFunc(code, func(line string) string { return taken(name, line) })
	return "// " + name + "\nconst " + object(name) + " = (() => {\n" + code + "return { " + strings.Join(exports, ", ") + " };\n})();\n"
}

// onBase makes a module that stays by itself take what it needs from base.js.
func onBase(name, code string, joined []string) string {
	var used []string
	code = importLine.ReplaceAllStringFunc(code, func(line string) string {
		to := path.Join(path.Dir(name), importLine.FindStringSubmatch(line)[2])
		if !slices.Contains(joined, to) {
			return line
		}
		if !slices.Contains(used, to) {
			used = append(used, to)
		}
		return taken(name, line)
	})
	if len(used) == 0 {
		return code
	}
	up := strings.Repeat("../", strings.Count(name, "/"))
	if up == "" {
		up = "./"
	}
	return "import { " + strings.Join(objects(used), ", ") + " } from '" + up + baseModule + "';\n" + code
}

// taken is an import of a joined module.
func taken(name, line string) string {
	m := importLine.FindStringSubmatch(line)
	return "const {" + m[1] + "} = " + object(path.Join(path.Dir(name), m[2])) + ";"
}

// object is the name of what a joined module exports.
func object(name string) string {
	return "$" + strings.NewReplacer("/", "_", "-", "_").Replace(strings.TrimSuffix(name, ".js"))
}

func objects(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = object(name)
	}
	return all
}

// joinStyles puts into app.css what it imports.
func joinStyles(files map[string][]byte) {
	files[appStyle] = styleLine.ReplaceAllFunc(files[appStyle], func(line []byte) []byte {
		name := path.Join(path.Dir(appStyle), string(styleLine.FindSubmatch(line)[1]))
		data := files[name]
		delete(files, name)
		return data
	})
}
