package local

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// control makes the simulated marketplaces act while everything runs. It is
// for the holder of the owner's key only.
type control struct {
	world *world
	shop  *shop
	key   string
	mux   *http.ServeMux
}

func newControl(w *world, s *shop, key string) *control {
	c := &control{world: w, shop: s, key: key, mux: http.NewServeMux()}
	c.mux.HandleFunc("POST /local/marketplaces/{channel}/orders", c.with(c.order))
	c.mux.HandleFunc("POST /local/marketplaces/{channel}/messages", c.with(c.message))
	c.mux.HandleFunc("POST /local/marketplaces/{channel}/requests", c.with(c.ask))
	c.mux.HandleFunc("POST /local/marketplaces/{channel}/requests/{id}", c.with(c.goOn))
	c.mux.HandleFunc("POST /local/marketplaces/{channel}/faults", c.with(c.faults))
	c.mux.HandleFunc("GET /local/marketplaces/{channel}", c.with(c.look))
	return c
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }

// act does something at a marketplace and says what came of it.
type act func(r *http.Request, channel string, sim simkit.Simulator) (status int, body any, err error)

// mistake is an error of whoever asked.
type mistake struct {
	status int
	code   string
	text   string
}

func (m *mistake) Error() string { return m.text }

func (c *control) with(do act) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body, err := c.do(r, do)
		var m *mistake
		switch {
		case errors.As(err, &m):
			status, body = m.status, map[string]any{"type": "about:blank", "title": http.StatusText(m.status), "status": m.status, "code": m.code, "detail": m.text}
		case err != nil:
			status, body = http.StatusUnprocessableEntity, map[string]any{"type": "about:blank", "title": "Not done", "status": 422, "code": "not_done", "detail": err.Error()}
		}
		kind := "application/json"
		if err != nil {
			kind = "application/problem+json"
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
}

func (c *control) do(r *http.Request, do act) (int, any, error) {
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(given), []byte(c.key)) != 1 {
		return 0, nil, &mistake{http.StatusUnauthorized, "unauthorized", "Send the owner's key: Authorization: Bearer <key>."}
	}
	name := r.PathValue("channel")
	sim, ok := c.world.byName[name]
	if !ok {
		return 0, nil, &mistake{http.StatusNotFound, "unknown_channel", fmt.Sprintf("There is no simulated marketplace %q.", name)}
	}
	return do(r, name, sim)
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &mistake{http.StatusBadRequest, "bad_json", "The body can't be read: " + err.Error()}
	}
	return nil
}

type orderWish struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Buyer    string `json:"buyer"`
	Note     string `json:"note"`
}

type made struct {
	Remote  string `json:"remote_id"`
	Channel string `json:"channel"`
}

func (c *control) order(r *http.Request, channel string, sim simkit.Simulator) (int, any, error) {
	var wish orderWish
	if err := decode(r, &wish); err != nil {
		return 0, nil, err
	}
	if wish.SKU == "" || wish.Quantity < 1 || wish.Quantity > 1000 {
		return 0, nil, &mistake{http.StatusUnprocessableEntity, "invalid", "Give a sku and a quantity from 1 to 1000."}
	}
	remote, err := sim.PlaceOrder(r.Context(), simkit.Order{Channel: channel, SKU: wish.SKU, Quantity: wish.Quantity, Buyer: wish.Buyer, Note: wish.Note})
	if errors.Is(err, simkit.ErrNotOffered) {
		// Meta takes no orders: the buyer walks to the seller's own checkout.
		remote, err = c.shop.buy(r.Context(), sim, channel, wish)
	}
	return http.StatusCreated, made{remote, channel}, err
}

func (c *control) message(r *http.Request, channel string, sim simkit.Simulator) (int, any, error) {
	var wish struct {
		Text  string `json:"text"`
		Buyer string `json:"buyer"`
		Order string `json:"order"`
	}
	if err := decode(r, &wish); err != nil {
		return 0, nil, err
	}
	if wish.Text == "" {
		return 0, nil, &mistake{http.StatusUnprocessableEntity, "invalid", "Give a text."}
	}
	remote, err := sim.SendMessage(r.Context(), simkit.Message{Channel: channel, Text: wish.Text, Buyer: wish.Buyer, Order: wish.Order})
	if errors.Is(err, simkit.ErrNotOffered) {
		return 0, nil, &mistake{http.StatusUnprocessableEntity, "no_messages", "This marketplace has no messages; a note can be left on an order: give order."}
	}
	return http.StatusCreated, made{remote, channel}, err
}

// ask lets the buyer of an order ask to cancel it, for a refund, to send it back
// or for another one; what is on its way is delivered first.
func (c *control) ask(r *http.Request, channel string, sim simkit.Simulator) (int, any, error) {
	var wish struct {
		Order string   `json:"order"`
		Kind  string   `json:"kind"`
		Units []string `json:"units"`
	}
	if err := decode(r, &wish); err != nil {
		return 0, nil, err
	}
	buyer, err := asker(sim)
	if err != nil {
		return 0, nil, err
	}
	if wish.Kind != simkit.AskCancel {
		_ = buyer.Deliver(r.Context(), wish.Order) // it may be there already
	}
	remote, err := buyer.Ask(r.Context(), simkit.Ask{Order: wish.Order, Kind: wish.Kind, Units: wish.Units})
	return http.StatusCreated, made{remote, channel}, err
}

// goOn lets the buyer take a request back, or send the goods of one.
func (c *control) goOn(r *http.Request, channel string, sim simkit.Simulator) (int, any, error) {
	var wish struct {
		Do       string `json:"do"`
		Tracking string `json:"tracking"`
	}
	if err := decode(r, &wish); err != nil {
		return 0, nil, err
	}
	buyer, err := asker(sim)
	if err != nil {
		return 0, nil, err
	}
	id := r.PathValue("id")
	switch wish.Do {
	case "withdraw":
		err = buyer.Withdraw(r.Context(), id)
	case "send_back":
		err = buyer.SendBack(r.Context(), id, cmp.Or(wish.Tracking, "9405500000000000000001"))
	default:
		err = &mistake{http.StatusUnprocessableEntity, "invalid", "do is withdraw or send_back."}
	}
	return http.StatusCreated, made{id, channel}, err
}

func asker(sim simkit.Simulator) (simkit.Asker, error) {
	a, ok := sim.(simkit.Asker)
	if !ok {
		return nil, &mistake{http.StatusUnprocessableEntity, "no_requests", "This marketplace tells other programs nothing of what buyers ask for later."}
	}
	return a, nil
}

func (c *control) faults(r *http.Request, channel string, sim simkit.Simulator) (int, any, error) {
	var wish struct {
		Kind  string `json:"kind"`
		Count int    `json:"count"`
	}
	if err := decode(r, &wish); err != nil {
		return 0, nil, err
	}
	if err := sim.Faults().Add(wish.Kind, wish.Count); err != nil {
		return 0, nil, &mistake{http.StatusUnprocessableEntity, "invalid", err.Error()}
	}
	return http.StatusCreated, map[string]any{"channel": channel, "kind": wish.Kind, "count": wish.Count}, nil
}

// look is the marketplace as its visitors see it, for tests and for people who
// want to know what really arrived.
func (c *control) look(r *http.Request, _ string, sim simkit.Simulator) (int, any, error) {
	s, err := sim.Snapshot(r.Context())
	return http.StatusOK, s, err
}
