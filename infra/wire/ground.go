// Package wire builds what each function stands on. It is used by every
// bootstrap and by the local runner, so that what runs on one machine is wired
// like what runs in the cloud.
package wire

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/fetch"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/logging"
)

// Settings are read from the environment; template.yaml gives each function
// those it needs.
type Settings struct {
	Table     string `env:"TABLE,required"`
	PublicURL string `env:"PUBLIC_URL"`
	Bucket    string `env:"BLOB_BUCKET"`
	KMSKey    string `env:"KMS_KEY_ID"`
	// LocalState is a folder instead of S3 and KMS: one machine, no account.
	LocalState string `env:"LOCAL_STATE"`
	// ImageHost answers for every picture where nothing outside can be
	// reached; honoured with LOCAL_STATE only.
	ImageHost string `env:"IMAGE_HOST"`
	LogLevel  string `env:"LOG_LEVEL" default:"INFO"`
}

// Options are what a process gives beside its environment; zero fields take
// what a Lambda uses.
type Options struct {
	Env config.Source // os.LookupEnv
	// AWS and Web carry the calls to AWS and to marketplaces.
	AWS, Web http.RoundTripper
	Now      func() time.Time
	Log      *slog.Logger
}

// Ground is what all functions of a process share. Parts are made when they
// are first needed. Safe for concurrent use.
type Ground struct {
	Settings
	options Options
	ids     *idSource

	store   func() (*dynamo.Store, error)
	queues  func() (*queue.Queues, error)
	drivers func() (drivers, error)
}

// drivers are the connectors with their installations.
type drivers struct {
	list []channel.Driver
	by   map[commerce.Channel]channel.Driver
	apps map[commerce.Channel]any
}

// New reads the environment.
func New(o Options) (*Ground, error) {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &Ground{options: o, ids: &idSource{now: o.Now}}
	if err := config.Load(&g.Settings, o.Env); err != nil {
		return nil, fmt.Errorf("read environment: %w", err)
	}
	if g.options.Log == nil {
		var level slog.Level
		if err := level.UnmarshalText([]byte(g.LogLevel)); err != nil {
			return nil, fmt.Errorf("LOG_LEVEL: %w", err)
		}
		g.options.Log = logging.New(os.Stderr, level, true)
	}
	g.store = sync.OnceValues(g.newStore)
	g.queues = sync.OnceValues(g.newQueues)
	g.drivers = sync.OnceValues(g.newDrivers)
	return g, nil
}

func (g *Ground) env(name string) string {
	value, _ := g.options.Env(name)
	return value
}

// Now is the clock.
func (g *Ground) Now() time.Time { return g.options.Now().UTC() }

// NewID is a new ULID.
func (g *Ground) NewID() string { return g.ids.next() }

// Log is the process's logger.
func (g *Ground) Log() *slog.Logger { return g.options.Log }

// idSource makes ULIDs that rise within one process.
type idSource struct {
	now func() time.Time
	mu  sync.Mutex
	mix *ulid.MonotonicEntropy
}

func (s *idSource) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mix == nil {
		s.mix = ulid.Monotonic(rand.Reader, 0)
	}
	at := ulid.Timestamp(s.now())
	id, err := ulid.New(at, s.mix)
	if err != nil { // 2^80 ids in a millisecond
		s.mix = ulid.Monotonic(rand.Reader, 0)
		id = ulid.MustNew(at, s.mix)
	}
	return id.String()
}

// NewSecret is 256 random bits, URL-safe.
func NewSecret() string {
	raw := make([]byte, 32)
	_, _ = io.ReadFull(rand.Reader, raw) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (g *Ground) newStore() (*dynamo.Store, error) {
	client, err := dynamo.NewClient(g.env, g.options.AWS)
	if err != nil {
		return nil, err
	}
	return dynamo.New(narrowTables(client), g.Table, dynamo.Options{Now: g.Now, NewID: g.NewID, Rand: mrand.Float64}), nil
}

func (g *Ground) newDrivers() (drivers, error) {
	d := drivers{by: map[commerce.Channel]channel.Driver{}, apps: map[commerce.Channel]any{}}
	for _, driver := range all.Drivers() {
		app := driver.NewApp()
		if err := config.Load(app, g.options.Env); err != nil {
			return d, fmt.Errorf("read credentials of %s: %w", driver.Title, err)
		}
		d.list = append(d.list, driver)
		d.by[driver.Name], d.apps[driver.Name] = driver, app
	}
	return d, nil
}

// channelEnv is what connectors get from the outside world.
func (g *Ground) channelEnv(store *dynamo.Store) channel.Env {
	client := httpclient.New(httpclient.Config{
		Base: g.options.Web, Budgets: dynamo.NewBudgets(store), Now: g.Now, Jitter: mrand.Float64, Log: g.Log(),
	})
	return channel.Env{HTTP: client, Now: g.Now, NewID: g.NewID, Images: g.images(), Hosts: g.env}
}

func (g *Ground) images() *fetch.Images {
	if g.LocalState != "" && g.ImageHost != "" {
		return fetch.Via(g.ImageHost)
	}
	return fetch.New()
}

func (g *Ground) rules(c commerce.Channel) channel.Rules {
	d, err := g.drivers()
	if err != nil {
		return channel.Rules{}
	}
	return d.by[c].Rules
}
