package sam

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func realTemplate(t *testing.T) *Template {
	t.Helper()
	tpl, err := ReadFile("../../template.yaml", Options{Resolver: Local{QueueURL: "http://127.0.0.1:4566"}})
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// TestTemplateGolden shows a change of template.yaml as a change of what it
// means. UPDATE_GOLDEN=1 accepts it.
func TestTemplateGolden(t *testing.T) {
	t.Parallel()
	got := describe(realTemplate(t))
	file := filepath.Join("testdata", "template.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("template.yaml means something else now; UPDATE_GOLDEN=1 accepts it:\n%s", d)
	}
}

func describe(t *Template) string {
	var b strings.Builder
	for _, f := range t.Functions {
		fmt.Fprintf(&b, "function %s %s %s %s %dMB loop=%t\n", f.Name, f.Runtime, f.Architecture, f.Timeout, f.MemoryMB, f.LoopAllowed)
		for _, r := range f.Routes {
			fmt.Fprintf(&b, "  route %s %s\n", r.Method, r.Path)
		}
		for _, q := range f.Queues {
			fmt.Fprintf(&b, "  queue %+v\n", q)
		}
		for _, s := range f.Streams {
			fmt.Fprintf(&b, "  stream %+v\n", s)
		}
		for _, s := range f.Schedules {
			fmt.Fprintf(&b, "  schedule %+v\n", s)
		}
		for _, s := range f.Statements {
			fmt.Fprintf(&b, "  may %s %s\n     %s\n", s.Sid, strings.Join(s.Actions, " "), strings.Join(short(s.Resources), " "))
		}
		fmt.Fprintf(&b, "  env %s\n", strings.Join(environmentNames(f), " "))
	}
	for _, table := range t.Tables {
		fmt.Fprintf(&b, "table %+v\n", table)
	}
	for _, q := range t.Queues {
		fmt.Fprintf(&b, "queue %+v\n", q)
	}
	fmt.Fprintf(&b, "buckets %+v\nkeys %v\n", t.Buckets, t.Keys)
	return b.String()
}

func short(arns []string) []string {
	var out []string
	for _, a := range arns {
		out = append(out, strings.Join(strings.Split(a, ":")[5:], ":"))
	}
	return out
}

func environmentNames(f Function) []string {
	var names []string
	for n := range f.Environment {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func TestTemplateFunctionsAreBuilt(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.Lines(string(makefile)) {
		if rest, ok := strings.CutPrefix(line, "FUNCTIONS :="); ok {
			list = strings.Fields(rest)
		}
	}
	for _, f := range realTemplate(t).Functions {
		if f.BuildMethod != "makefile" || f.Handler != "bootstrap" || f.Runtime != "provided.al2023" || f.Architecture != "arm64" {
			t.Errorf("%s must be built by the Makefile for provided.al2023 on arm64: %+v", f.LogicalID, f)
		}
		if !slices.Contains(list, strings.TrimSuffix(f.LogicalID, "Function")) {
			t.Errorf("FUNCTIONS in the Makefile misses %s", f.LogicalID)
		}
	}
	if got, want := len(list), len(realTemplate(t).Functions); got != want {
		t.Errorf("the Makefile builds %d functions, the template has %d", got, want)
	}
}

// TestTemplateGrantsLittle holds what a reviewer of permissions looks for first.
func TestTemplateGrantsLittle(t *testing.T) {
	t.Parallel()
	for _, f := range realTemplate(t).Functions {
		for _, s := range f.Statements {
			for _, a := range s.Actions {
				if strings.Contains(a, "*") {
					t.Errorf("%s %s: %s; name the actions", f.Name, s.Sid, a)
				}
			}
			for _, r := range s.Resources {
				if r == "*" || strings.Contains(strings.TrimSuffix(r, "Blobs/*"), "*") {
					t.Errorf("%s %s: %s; name the resource", f.Name, s.Sid, r)
				}
			}
		}
	}
}

// TestTemplateEnvironmentIsGranted compares each queue address a function gets
// with the queues it may use, in both directions: one without the other is a
// failure in the cloud, or a right nobody needs.
func TestTemplateEnvironmentIsGranted(t *testing.T) {
	t.Parallel()
	for _, f := range realTemplate(t).Functions {
		allowed := map[string]bool{}
		for _, s := range f.Statements {
			for _, r := range s.Resources {
				if strings.Contains(r, ":sqs:") {
					allowed[r[strings.LastIndex(r, ":")+1:]] = true
				}
			}
		}
		given := map[string]bool{}
		for name, v := range f.Environment {
			if strings.HasSuffix(name, "_QUEUE_URL") {
				given[v[strings.LastIndex(v, "/")+1:]] = true
			}
		}
		if d := cmp.Diff(given, allowed); d != "" {
			t.Errorf("%s: queues in its environment (-) and in its policy (+) differ:\n%s", f.Name, d)
		}
	}
}

// The boundary lets every function do what its own policies say and what its
// triggers need, in this stack, and nothing beyond.
func TestTemplateIsBounded(t *testing.T) {
	t.Parallel()
	tpl := realTemplate(t)
	bound := tpl.Boundaries["Boundary"]
	within := func(action, resource string) bool {
		return slices.ContainsFunc(bound, func(s Statement) bool {
			return slices.Contains(s.Actions, action) && slices.Contains(s.Resources, resource)
		})
	}
	for _, f := range tpl.Functions {
		if f.Boundary != "Boundary" {
			t.Errorf("%s has no boundary", f.Name)
		}
		for _, s := range f.Statements {
			for _, action := range s.Actions {
				for _, resource := range s.Resources {
					if !within(action, resource) {
						t.Errorf("%s may %s on %s, and its boundary forbids it", f.Name, action, resource)
					}
				}
			}
		}
	}
	for _, q := range tpl.Queues {
		for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
			if !slices.ContainsFunc(bound, func(s Statement) bool {
				return slices.Contains(s.Actions, action) && slices.ContainsFunc(s.Resources, func(r string) bool { return strings.HasSuffix(r, ":"+q.LogicalID) })
			}) {
				t.Errorf("no trigger could %s on %s", action, q.LogicalID)
			}
		}
	}
	for _, s := range bound {
		for _, action := range s.Actions {
			if strings.Contains(action, "*") {
				t.Errorf("the boundary allows %s", action)
			}
		}
		if slices.Contains(s.Resources, "*") && s.Sid != "Streams" && s.Sid != "KeysOfServices" {
			t.Errorf("the boundary allows %s on everything", s.Sid)
		}
	}
}

func TestTemplateQueues(t *testing.T) {
	t.Parallel()
	tpl := realTemplate(t)
	for _, q := range tpl.Queues {
		if !q.Encrypted {
			t.Errorf("%s must be encrypted", q.LogicalID)
		}
		if strings.HasSuffix(q.LogicalID, "DeadQueue") {
			if q.Retention != 14*24*time.Hour {
				t.Errorf("%s keeps messages %s, must be 14 days", q.LogicalID, q.Retention)
			}
			continue
		}
		want := strings.TrimSuffix(q.LogicalID, "Queue") + "DeadQueue"
		if q.DeadQueue != want || q.MaxReceives != 5 || q.Visibility != 180*time.Second {
			t.Errorf("%s must lead to %s after 5 receives of 180 s: %+v", q.LogicalID, want, q)
		}
	}
}

func TestTemplateParametersReachTheEnvironment(t *testing.T) {
	t.Parallel()
	tpl, err := ReadFile("../../template.yaml", Options{
		Resolver: Local{},
		Variable: func(name string) (string, bool) {
			return map[string]string{"PUBLIC_URL": "http://127.0.0.1:8080"}[name], true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(tpl.Functions, func(f Function) bool { return f.Name == "dashboard" })
	if i < 0 {
		t.Fatal("there is no dashboard")
	}
	if got := tpl.Functions[i].Environment["PUBLIC_URL"]; got != "http://127.0.0.1:8080" {
		t.Errorf("PUBLIC_URL is %q", got)
	}
}
