package metasim

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// call is one API call on its way through the simulator.
type call struct {
	*Sim
	tx    *simkit.Tx
	req   request
	tok   token
	w     world
	now   time.Time
	id    string // of the node that is called
	node  node
	name  string // operation, for Snapshot.Calls
	write bool
	head  http.Header
}

// operation is one method on one kind of node and edge.
type operation struct {
	host   string // empty: both
	method string
	kind   string
	edge   string
	scope  string // permission on the Facebook host
	needs  string // kind of token: tokenPage, tokenUser (or a system user), empty for any
	bucket string
	run    func(*call) (any, error)
}

// ServeHTTP serves graph.facebook.com and the login dialog of
// www.facebook.com.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, segments := version(r.URL.Path, s.env.Now())
	if strings.Join(segments, "/") == "dialog/oauth" {
		s.consent(w, r, Facebook)
		return
	}
	s.api(w, r, Facebook, segments)
}

// Instagram serves graph.instagram.com, api.instagram.com and the dialog of
// www.instagram.com over the same state.
func (s *Sim) Instagram() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, segments := version(r.URL.Path, s.env.Now())
		if strings.Join(segments, "/") == "oauth/authorize" {
			s.consent(w, r, Instagram)
			return
		}
		s.api(w, r, Instagram, segments)
	})
}

func (s *Sim) api(w http.ResponseWriter, r *http.Request, host string, segments []string) {
	run := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.handle(w, r, host, "")
	})
	if isLogin(segments) {
		run(w, r)
		return
	}
	s.faults.Around(w, r, run, func(kind string, w http.ResponseWriter, r *http.Request) {
		s.handle(w, r, host, kind)
	})
}

func (s *Sim) handle(w http.ResponseWriter, r *http.Request, host, fault string) {
	req, err := readRequest(host, r)
	req.fault, req.bad = fault, err
	s.serve(r.Context(), req).write(w)
}

// trace is a trace id for an answer that was not counted.
func (s *Sim) trace() string { return s.secret("A", "trace", uint64(s.env.Now().UnixNano()))[:24] }

// serve answers a call, or a batch of them.
func (s *Sim) serve(ctx context.Context, req request) reply {
	_, segments := version(req.path, s.env.Now())
	if req.bad == nil && req.method == http.MethodPost && len(segments) == 0 && req.p["batch"] != "" {
		return s.batch(ctx, req)
	}
	return s.answer(req)
}

// answer runs one call in one transaction. A refused call keeps its count and
// its place in the rate windows; operations write only after their checks.
func (s *Sim) answer(req request) reply {
	var out reply
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		c := &call{Sim: s, tx: tx, req: req, now: s.env.Now(), head: http.Header{}}
		var err error
		if c.w, err = s.world(tx); err != nil {
			return err
		}
		body, failed := c.perform()
		trace, err := c.count(failed == nil)
		if err != nil {
			return err
		}
		var refused *graphError
		switch {
		case failed == nil:
			out = reply{status: http.StatusOK, body: body}
		case errors.As(failed, &refused):
			out = failure(req.host, refused, trace)
		default:
			return failed
		}
		out.header = c.head
		return c.usage()
	})
	if err != nil {
		s.logf("metasim: call not answered", "path", req.path, "error", err.Error())
		return failure(req.host, err, s.trace())
	}
	return out
}

// count adds the call to Snapshot.Calls, and to the writes when it changed
// something, and makes up a trace id.
func (c *call) count(done bool) (string, error) {
	n, err := c.tx.Next(tableCalls)
	if err != nil {
		return "", err
	}
	keys := []string{cmp.Or(c.name, c.prefix()+c.req.method+" /{unknown}")}
	if c.write && done {
		keys = append(keys, writesKey)
	}
	for _, key := range keys {
		var total int
		if _, err := c.tx.Find(tableCalls, key, &total); err != nil {
			return "", err
		}
		if err := c.tx.Put(tableCalls, key, total+1); err != nil {
			return "", err
		}
	}
	return c.secret("A", "trace", n)[:24], nil
}

// writesKey is the row of the calls table that counts writes.
const writesKey = "#writes"

func (c *call) prefix() string {
	if c.req.host == Instagram {
		return "IG "
	}
	return ""
}

func (c *call) perform() (any, error) {
	ver, segments := version(c.req.path, c.now)
	c.name = c.prefix() + c.req.method + " /" + strings.Join(slices.Concat([]string{"{unknown}"}, tail(segments)), "/")
	if c.req.bad != nil {
		return nil, c.req.bad
	}
	if ver == "" {
		return nil, refusal(2500, 0, "Unknown path components: "+c.req.path)
	}
	c.head.Set("facebook-api-version", ver)
	if err := c.habits(segments); err != nil {
		return nil, err
	}
	if isLogin(segments) {
		c.name = c.prefix() + c.req.method + " /" + strings.Join(segments, "/")
		return c.login(strings.Join(segments, "/"))
	}
	if len(segments) == 2 && isRemoved(segments[1]) {
		return nil, removed("/" + segments[1])
	}
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	if len(segments) == 0 || len(segments) > 2 {
		return nil, refusal(2500, 0, "Unknown path components: "+c.req.path)
	}
	return c.dispatch(segments)
}

func tail(segments []string) []string {
	if len(segments) < 2 {
		return nil
	}
	return segments[1:2]
}

// habits refuses what v26.0 removed for all versions on 2026-10-27.
func (c *call) habits(segments []string) error {
	for _, name := range []string{"pretty", "debug", "date_format"} {
		if _, given := c.req.p[name]; given {
			return badParameter("The parameter %s was removed", name)
		}
	}
	if _, given := c.req.p["ids"]; given && len(segments) == 0 {
		return badParameter("Reading several ids at once was removed")
	}
	return nil
}

func (c *call) authenticate() error {
	if c.req.host == Facebook && c.isAppToken(c.req.token) {
		c.tok = token{Kind: kindApp}
		return nil
	}
	var err error
	if c.tok, err = c.bearer(c.tx, c.req.token); err != nil {
		return err
	}
	if c.tok.instagram() != (c.req.host == Instagram) || c.tok.Kind == tokenIGShort {
		return refusal(190, 0, "Invalid OAuth access token - Cannot parse access token")
	}
	if c.req.proven {
		return nil
	}
	name := "META_APP_SECRET"
	if c.req.host == Instagram {
		name = "INSTAGRAM_APP_SECRET"
	}
	if c.RequireProof && c.req.host == Facebook && c.req.p["appsecret_proof"] == "" {
		return badParameter("API calls from the server require an appsecret_proof argument")
	}
	if e := c.proof(c.app(name), c.tok.Value, c.req.p); e != nil {
		return e
	}
	return nil
}

// dispatch finds the node and the operation, checks who asks and how often.
func (c *call) dispatch(segments []string) (any, error) {
	label := "me"
	c.id = segments[0]
	if c.id == "me" {
		c.id = c.tok.Owner
	}
	if c.id == c.app("META_APP_ID") && c.id != "" {
		c.node = node{Kind: kindApp, Ref: c.id}
	} else if found, err := c.tx.Find(tableNode, c.id, &c.node); err != nil {
		return nil, err
	} else if !found {
		return nil, missing(c.req.method, segments[0])
	}
	if segments[0] != "me" {
		label = "{" + c.node.Kind + "}"
	}
	edge := strings.Join(tail(segments), "")
	c.name = c.prefix() + strings.TrimSuffix(c.req.method+" /"+label+"/"+edge, "/")
	op, ok := c.find(edge)
	if !ok {
		return nil, missing(c.req.method, segments[0])
	}
	c.write = c.req.method != http.MethodGet
	if err := c.allowed(op); err != nil {
		return nil, err
	}
	if err := c.limit(op.bucket); err != nil {
		return nil, err
	}
	if c.req.fault != "" {
		return c.fault(op)
	}
	return op.run(c)
}

func (c *call) find(edge string) (operation, bool) {
	for _, op := range c.ops {
		if op.method == c.req.method && op.kind == c.node.Kind && op.edge == edge && (op.host == "" || op.host == c.req.host) {
			return op, true
		}
	}
	return operation{}, false
}

// allowed checks the kind of token and its permissions. A Page token cannot
// write a catalog and a user token cannot write messages.
func (c *call) allowed(op operation) error {
	if (c.tok.Kind == kindApp) != (op.needs == kindApp) {
		return refusal(200, 0, "The token is of the wrong kind for this object")
	}
	if c.req.host == Instagram {
		if c.node.Kind == kindIG && c.id != c.w.IG && c.id != c.w.IGScoped {
			return missing(c.req.method, c.id)
		}
		return c.permitted(instagramScope(op))
	}
	switch {
	case op.needs == tokenPage && c.tok.Kind != tokenPage:
		return refusal(210, 0, "A page access token is required to request this resource.")
	case op.needs == tokenUser && c.tok.Kind != tokenUser && c.tok.Kind != tokenSystem:
		return refusal(200, 0, "This object needs a user or system user access token.")
	case c.id == c.w.IGScoped, c.node.Kind == kindUser && c.id != c.tok.Owner, c.node.Kind == kindSystem && c.id != c.tok.Owner:
		return missing(c.req.method, c.id)
	}
	return c.permitted(op.scope)
}

func (c *call) permitted(scope string) error {
	if c.tok.holds(scope) || c.tok.Kind == kindApp {
		return nil
	}
	return refusal(200, 0, "Requires "+scope+" permission to manage the object")
}

// emptied says that the 90 days of data access are over: lists are empty.
func (c *call) emptied() bool { return !c.tok.Data.IsZero() && !c.now.Before(c.tok.Data) }

// version takes the version off a path. A version that expired is answered by
// the oldest living one, no version by the newest; "" means there never was
// such a version. Dates are those of Meta's changelog as of 2026-11-22.
func version(path string, now time.Time) (string, []string) {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(segments) == 0 || !isVersion(segments[0]) {
		return "v26.0", segments
	}
	asked, rest := segments[0], segments[1:]
	living := []struct{ name, until string }{
		{"v21.0", "2027-01-21"}, {"v22.0", "2027-05-20"}, {"v23.0", "2027-10-08"},
		{"v24.0", "2028-02-18"}, {"v25.0", "2028-07-29"}, {"v26.0", "9999-12-31"},
	}
	today := now.UTC().Format(time.DateOnly)
	oldest := "v26.0"
	for _, v := range slices.Backward(living) {
		if today <= v.until {
			oldest = v.name
		}
	}
	switch {
	case len(asked) > len("v26.0") || len(asked) == len("v26.0") && asked > "v26.0":
		return "", rest
	case len(asked) < len("v10.0") || asked < oldest:
		return oldest, rest
	}
	return asked, rest
}

func isVersion(segment string) bool {
	major, found := strings.CutPrefix(segment, "v")
	major, zero := strings.CutSuffix(major, ".0")
	if !found || !zero || major == "" {
		return false
	}
	return strings.Trim(major, "0123456789") == ""
}

func isLogin(segments []string) bool {
	return slices.Contains([]string{"oauth/access_token", "debug_token", "access_token", "refresh_access_token"}, strings.Join(segments, "/"))
}

// isRemoved lists the edges of orders, returns and payouts that were removed
// on 2026-10-27 (v26.0 changelog, and what belongs to the same family).
func isRemoved(edge string) bool {
	return slices.Contains(strings.Fields(`commerce_orders commerce_returns commerce_payouts commerce_transactions
		acknowledge_orders order_management_apps items payments payment_transaction_details refunds shipments
		cancellations returns tax_details captured_tax_details gifting_details status tax payment payment_details
		buyer_details shipping_option`), edge)
}
