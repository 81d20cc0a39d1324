package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/connectors/all/sims"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/infra/local/engine"
	"github.com/manystall/manystall/infra/localaws"
	"github.com/manystall/manystall/infra/sam"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/logging"
	"github.com/manystall/manystall/shared/port"
)

// Main runs the command: `run` by itself, `run owner-key -stack NAME`, or
// `run rotate-key -stack NAME`.
func Main(ctx context.Context, args []string, env config.Source, out io.Writer) error {
	if len(args) > 0 && args[0] == "owner-key" {
		return ownerKey(ctx, args[1:], env, out)
	}
	if len(args) > 0 && args[0] == "rotate-key" {
		return rotateKey(ctx, args[1:], env, out)
	}
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q; there are owner-key and rotate-key, or none", args[0])
	}
	s, err := load(env)
	if err != nil {
		return err
	}
	return Run(ctx, s, env, out)
}

// runner is one running instance.
type runner struct {
	Settings
	root  string
	base  string // our address, without a slash
	env   config.Source
	state *state
	key   string
	log   *slog.Logger
	out   io.Writer
	aws   *localaws.Server
	// awsAddress is host and port of the embedded services.
	awsAddress string
	blobs      port.Blobs
	template   *sam.Template
	engine     *engine.Engine
	world      *world
	servers    []*http.Server
}

// Run runs everything until ctx ends.
func Run(ctx context.Context, s Settings, env config.Source, out io.Writer) (err error) {
	began := time.Now()
	r := &runner{Settings: s, out: out}
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.Log)); err != nil {
		return fmt.Errorf("LOG_LEVEL: %w", err)
	}
	r.log = logging.New(os.Stderr, level, false)
	if r.root, err = root(); err != nil {
		return err
	}
	if r.state, err = openState(s.State); err != nil {
		return err
	}
	web, err := listen("127.0.0.1", s.Port, "PORT")
	if err != nil {
		return err
	}
	defer func() { _ = web.Close() }()
	awsSocket, err := listen(s.AWSBind, s.AWSPort, "AWS_PORT")
	if err != nil {
		return err
	}
	defer func() { _ = awsSocket.Close() }()
	r.base = "http://" + web.Addr().String()
	if err := r.open(ctx, env, awsSocket.Addr().String()); err != nil {
		return errors.Join(err, r.close())
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	ended := r.start(work, web, awsSocket)
	link, err := r.signin(ctx)
	if err == nil {
		_, _ = fmt.Fprintf(out, "started     in %d ms, state in %s\n", time.Since(began).Milliseconds(), r.state.dir)
		err = r.tell(work, link)
	}
	if err == nil {
		<-ctx.Done()
	}
	stop()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, <-ended, r.close())
}

// tell brings a fresh state to life and prints where to look.
func (r *runner) tell(ctx context.Context, link string) error {
	if r.Sim == "on" {
		d := &demo{api: newClient(r.base, r.key), world: r.world, shop: r.shop(), state: r.state, out: r.out, catalog: r.Catalog, buyers: r.Demo}
		if err := r.state.read("progress.json", &d.progress); err != nil {
			return err
		}
		if len(d.progress.Connected) == 0 {
			_, _ = fmt.Fprintf(r.out, "simulated   the marketplaces, and every picture on the internet: nothing outside this machine is reached\n")
		}
		if err := d.run(ctx); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintf(r.out, "\nDashboard   %s/\nSign in     %s\nAPI key     %s\n", r.public(), link, r.state.path("api-key"))
	return nil
}

func (r *runner) public() string {
	if r.PublicURL != "" {
		return r.PublicURL
	}
	return r.base
}

func (r *runner) stands() []simkit.Stand {
	if r.Sim == "off" {
		return nil
	}
	return sims.Stands()
}

// open opens everything that keeps something, and wires the functions.
func (r *runner) open(ctx context.Context, env config.Source, awsAddress string) (err error) {
	r.awsAddress = awsAddress
	if r.key, err = r.state.apiKey(); err != nil {
		return err
	}
	if r.aws, err = localaws.Open(localaws.Config{Path: r.state.path("aws"), Seed: uint64(r.Seed), Adverse: r.Adverse, Log: r.log}); err != nil { //nolint:gosec // any 64 bits are a seed
		return fmt.Errorf("open %s: %w", r.state.path("aws"), err)
	}
	if err := r.aws.SQS().ReleaseInFlight(ctx); err != nil {
		return fmt.Errorf("give back messages in flight: %w", err)
	}
	if r.env, err = r.environment(env); err != nil {
		return err
	}
	if r.template, err = sam.ReadFile(filepath.Join(r.root, "template.yaml"), sam.Options{Resolver: sam.Local{QueueURL: "http://" + awsAddress}, Variable: r.env}); err != nil {
		return err
	}
	if r.world, err = openWorld(r.state, r.stands(), r.base, r.env, r.Seed, r.log); err != nil {
		return err
	}
	invoke, err := r.functions(ctx)
	if err != nil {
		return err
	}
	if r.engine, err = r.newEngine(invoke); err != nil {
		return err
	}
	if err := r.engine.Prepare(ctx); err != nil {
		return fmt.Errorf("create tables and queues: %w", err)
	}
	ground, err := wire.New(wire.Options{Env: functionEnv(r.template.Functions[0], r.env), Log: r.log})
	if err != nil {
		return err
	}
	if r.blobs, err = ground.Blobs(); err != nil {
		return err
	}
	return r.owner(ctx)
}

// environment is a person's own variables over those that stand for the cloud
// on this machine.
func (r *runner) environment(env config.Source) (config.Source, error) {
	stands := r.stands()
	local, err := r.state.credentials(stands)
	if err != nil {
		return nil, err
	}
	for name, address := range hosts(stands, r.base) {
		local[name] = address
	}
	local["PUBLIC_URL"] = r.base
	local["AWS_REGION"] = "us-east-1"
	elsewhere, _ := env("AWS_ENDPOINT_URL")
	local["AWS_ENDPOINT_URL_DYNAMODB"] = cmp.Or(elsewhere, "http://"+r.awsAddress)
	local["AWS_ENDPOINT_URL_SQS"] = local["AWS_ENDPOINT_URL_DYNAMODB"]
	local["AWS_ACCESS_KEY_ID"], local["AWS_SECRET_ACCESS_KEY"] = "local", "local"
	local["LOCAL_STATE"] = r.state.dir
	local["LOG_LEVEL"] = r.Log
	if len(stands) > 0 {
		local["IMAGE_HOST"] = r.base + "/sim/images"
	}
	return environment(env, local), nil
}

func (r *runner) newEngine(invoke engine.Invoke) (*engine.Engine, error) {
	tables, streams, queues, err := r.clients()
	if err != nil {
		return nil, err
	}
	return engine.New(engine.Config{
		Template: r.template, Tables: tables, Streams: streams, Queues: queues, Invoke: invoke, Checkpoints: r.state,
		StreamChanged: r.aws.StreamChanged, NewID: func() string { return ulid.Make().String() }, Log: r.log,
	})
}

func (r *runner) functions(ctx context.Context) (engine.Invoke, error) {
	if r.Functions != "" {
		return newProcesses(ctx, r.template, r.Functions, r.env, r.log)
	}
	options := wire.Options{Log: r.log}
	if r.embedded(r.value("AWS_ENDPOINT_URL_DYNAMODB")) && r.embedded(r.value("AWS_ENDPOINT_URL_SQS")) {
		options.AWS = r.aws.RoundTripper()
	}
	fs, err := newFunctions(r.template, r.env, options)
	if err != nil {
		return nil, err
	}
	return fs.Invoke, nil
}

func (r *runner) shop() *shop {
	return &shop{api: newClient(r.base, r.key), state: r.state, now: time.Now}
}

// start serves and works until ctx ends; the channel tells how that went.
func (r *runner) start(ctx context.Context, web, awsSocket net.Listener) <-chan error {
	r.world.run(ctx)
	r.serve(web, r.handler(), r.allowed(web))
	r.serve(awsSocket, r.aws, nil)
	ended := make(chan error, 1)
	go func() { ended <- r.engine.Run(ctx) }()
	return ended
}

// allowed are the hosts requests may name.
func (r *runner) allowed(web net.Listener) map[string]bool {
	_, port, _ := net.SplitHostPort(web.Addr().String())
	hosts := map[string]bool{"127.0.0.1:" + port: true, "localhost:" + port: true, "[::1]:" + port: true}
	if _, host, ok := strings.Cut(r.PublicURL, "://"); ok {
		hosts[host] = true
	}
	return hosts
}

func (r *runner) serve(l net.Listener, h http.Handler, hosts map[string]bool) {
	if hosts != nil {
		h = guard(hosts, h)
	}
	// No write timeout: a long poll of SQS takes 20 s, an upload longer.
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(r.log.Handler(), slog.LevelDebug)}
	r.servers = append(r.servers, s)
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			r.log.Error("server stopped", "err", err.Error())
		}
	}()
}

// handler is the whole address space of this machine.
func (r *runner) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", r.engine.Handler())
	for path, h := range r.world.mounts {
		mux.Handle(path+"/", h)
		mux.Handle(path, h)
	}
	if uploads, ok := r.uploads(); ok {
		mux.Handle("/local/uploads/", http.StripPrefix("/local/uploads", uploads))
	}
	mux.Handle(checkoutPath, r.shop())
	mux.Handle("/local/marketplaces/", newControl(r.world, r.shop(), r.key))
	return mux
}

func (r *runner) close() error {
	var errs []error
	for _, s := range r.servers {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, s.Close())
		}
		cancel()
	}
	if r.world != nil {
		r.world.close()
	}
	if r.aws != nil {
		errs = append(errs, r.aws.Close())
	}
	return errors.Join(errs...)
}
