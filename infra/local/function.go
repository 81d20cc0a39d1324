package local

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/manystall/manystall/infra/sam"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/infra/wire/dashboard"
	"github.com/manystall/manystall/infra/wire/webhook"
	"github.com/manystall/manystall/infra/wire/worker"
	"github.com/manystall/manystall/shared/config"
)

// functions are the handlers of template.yaml in this process. Each is wired
// from its own environment, so that a variable the template forgets is missing
// here too.
type functions struct{ handlers map[string]lambda.Handler }

// wired is how a function is built from its ground.
func wired(name string, g *wire.Ground) (lambda.Handler, error) {
	switch name {
	case "dashboard":
		return handler(dashboard.New(g))
	case "webhook":
		return handler(webhook.New(g))
	case "poll":
		return handler(worker.Poll(g))
	case "ingest":
		return handler(worker.Ingest(g))
	case "publish":
		return handler(worker.Publish(g))
	case "send":
		return handler(worker.Send(g))
	case "project":
		return handler(worker.Project(g))
	case "importer":
		return handler(worker.Importer(g))
	case "maintain":
		return handler(worker.Maintain(g))
	}
	return nil, fmt.Errorf("template.yaml names a function %q that does not exist", name)
}

func handler[In, Out any](f wire.Function[In, Out], err error) (lambda.Handler, error) {
	if err != nil {
		return nil, err
	}
	return lambda.NewHandler(f.Handle), nil
}

// newFunctions wires all functions of a template.
func newFunctions(t *sam.Template, shared config.Source, options wire.Options) (*functions, error) {
	fs := &functions{handlers: make(map[string]lambda.Handler, len(t.Functions))}
	for _, f := range t.Functions {
		o := options
		o.Env = functionEnv(f, shared)
		ground, err := wire.New(o)
		if err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
		if fs.handlers[f.Name], err = wired(f.Name, ground); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
	}
	return fs, nil
}

// always are variables every function has without the template's saying so:
// Lambda's own, and those that stand for S3, KMS and the web on one machine.
func always() []string {
	return []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LOCAL_STATE", "IMAGE_HOST", "LOG_LEVEL"}
}

// functionEnv is the environment of one function: what the template gives it.
// An empty value there, such as a host that is the real one in the cloud, is
// filled with the local one.
func functionEnv(f sam.Function, shared config.Source) config.Source {
	own := make(map[string]string, len(f.Environment)+8)
	for name, value := range f.Environment {
		if local, ok := shared(name); ok && value == "" {
			value = local
		}
		own[name] = value
	}
	for _, name := range always() {
		if value, ok := shared(name); ok {
			own[name] = value
		}
	}
	return func(name string) (string, bool) { value, ok := own[name]; return value, ok }
}

// Invoke calls a function with an event.
func (fs *functions) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	h, ok := fs.handlers[name]
	if !ok {
		return nil, fmt.Errorf("no function %q", name)
	}
	return h.Invoke(ctx, payload)
}

// guard answers only requests whose Host is this machine or the public
// address: a page of somebody else's can't reach us by a name it controls.
func guard(hosts map[string]bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hosts[r.Host] {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
