package local_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/infra/local/instance"
)

type connection struct {
	ID      string            `json:"id"`
	Channel string            `json:"channel"`
	State   string            `json:"state"`
	Reason  string            `json:"reason"`
	Missing map[string]string `json:"missing"`
}

func (in *shopper) connection(channel string) (connection, bool) {
	in.T.Helper()
	all := instance.All[connection](in.Instance, "/v1/connections")
	i := slices.IndexFunc(all, func(c connection) bool { return c.Channel == channel })
	if i < 0 {
		return connection{}, false
	}
	return all[i], true
}

// agree walks a consent the way a program does: it begins with the key and
// follows the redirects, without a cookie.
func (in *shopper) agree(channel string) string {
	in.T.Helper()
	var begun struct {
		Address string `json:"consent_url"`
	}
	in.Call(http.MethodPost, "/v1/connections", map[string]string{"channel": channel}, &begun)
	resp, err := http.Get(begun.Address + "&decision=approve")
	if err != nil {
		in.T.Fatal(err)
	}
	_ = resp.Body.Close()
	if grant := resp.Request.URL.Query().Get("pending"); grant != "" {
		var p struct {
			Candidates []struct {
				Remote string `json:"remote_id"`
			} `json:"candidates"`
		}
		in.Call(http.MethodGet, "/v1/connections/pending/"+grant, nil, &p)
		in.Call(http.MethodPost, "/v1/connections/pending/"+grant+"/choose", map[string]any{"remotes": []string{p.Candidates[0].Remote}}, nil)
	}
	return resp.Request.URL.RawQuery
}

// views waits until all listings of a channel are in a state, and answers them.
func (in *shopper) views(channel, state string) {
	in.T.Helper()
	in.Eventually("listings on "+channel+" are "+state, func() (bool, string) {
		states := map[string]int{}
		for _, l := range instance.All[listing](in.Instance, "/v1/listings?channel="+channel) {
			states[l.State]++
		}
		return states[state] == 25 && len(states) == 1, fmt.Sprint(states)
	})
}

// TestConnections lets tokens end, and shops go and come back.
func TestConnections(t *testing.T) {
	t.Parallel()
	in := newShopper(t)
	in.Start()
	in.Wait("API key")
	in.tokensEnd()
	in.shopGoes()
	in.channelGoes()
}

// tokensEnd: one refusal costs nothing, a consent that is over says so, and one
// consent brings all of it back.
func (in *shopper) tokensEnd() {
	in.T.Helper()
	in.Call(http.MethodPost, "/local/marketplaces/etsy/faults", map[string]any{"kind": "token_expired", "count": 1}, nil)
	in.order(in.buy("etsy", "MUG-SEA", 1, ""))
	if c, _ := in.connection("etsy"); c.State != "active" {
		in.T.Errorf("after one refused token etsy is %s: %s", c.State, c.Reason)
	}
	before, _ := in.connection("tiktok")
	in.Call(http.MethodPost, "/local/marketplaces/tiktok/faults", map[string]any{"kind": "token_expired", "count": 8}, nil)
	in.Eventually("an ended consent is seen", func() (bool, string) {
		_, _, _, _ = in.Try(http.MethodPost, "/v1/connections/"+before.ID+"/check", nil)
		c, _ := in.connection("tiktok")
		return c.State == "needs_consent", c.State
	})
	var s struct {
		Counts struct {
			Attention struct{ Count int } `json:"connections_attention"`
		} `json:"counts"`
	}
	in.Call(http.MethodGet, "/v1/summary", nil, &s)
	if c, _ := in.connection("tiktok"); c.Reason == "" || c.Missing["OrderReader"] == "" || s.Counts.Attention.Count == 0 {
		in.T.Errorf("nobody is told: %+v, %d need attention", c, s.Counts.Attention.Count)
	}
	in.Eventually("one consent brings it back", func() (bool, string) {
		how := in.agree("tiktok") // while refusals are left, the consent may fail too
		c, _ := in.connection("tiktok")
		return c.State == "active" && c.ID == before.ID && c.Reason == "", how + " " + c.State
	})
	in.order(in.buy("tiktok", "MUG-SEA", 1, ""))
}

// shopGoes: what was listed ends and says why, orders stay, and connecting
// again writes over the same listings.
func (in *shopper) shopGoes() {
	in.T.Helper()
	etsy, _ := in.connection("etsy")
	orders, there := len(instance.All[orderItem](in.Instance, "/v1/orders?channel=etsy")), len(in.look("etsy").Items)
	in.Call(http.MethodDelete, "/v1/connections/"+etsy.ID, nil, nil)
	in.views("etsy", "ended")
	for _, l := range instance.All[struct{ Title, Waiting string }](in.Instance, "/v1/listings?channel=etsy") {
		if !strings.Contains(l.Waiting, "Disconnected") {
			in.T.Errorf("%s has ended without a reason: %q", l.Title, l.Waiting)
		}
	}
	if _, there := in.connection("etsy"); there {
		in.T.Error("a disconnected shop is listed")
	}
	in.agree("etsy")
	again, _ := in.connection("etsy")
	if again.ID != etsy.ID || again.State != "active" {
		in.T.Errorf("connected again it is %+v, was %s", again, etsy.ID)
	}
	in.views("etsy", "live")
	if now := len(instance.All[orderItem](in.Instance, "/v1/orders?channel=etsy")); now < orders {
		in.T.Errorf("%d orders of %d are left", now, orders)
	}
	if now := len(in.look("etsy").Items); now != there {
		in.T.Errorf("the shop has %d items, had %d: something was made twice", now, there)
	}
}

// channelGoes: of two over one catalog one goes, and the other stays as it is.
func (in *shopper) channelGoes() {
	in.T.Helper()
	in.Call(http.MethodPost, "/local/marketplaces/instagram/messages", map[string]string{"text": "Is it still there?", "buyer": "Nora Falk"}, nil)
	var asked conversation
	in.Eventually("the question arrives", func() (bool, string) {
		all := instance.All[conversation](in.Instance, "/v1/conversations?channel=instagram")
		i := slices.IndexFunc(all, func(c conversation) bool { return c.NoReply == "" })
		if i >= 0 {
			asked = all[i]
		}
		return i >= 0, fmt.Sprint(len(all))
	})
	instagram, _ := in.connection("instagram")
	in.Call(http.MethodDelete, "/v1/connections/"+instagram.ID, nil, nil)
	in.views("instagram", "ended")
	in.views("facebook", "live")
	in.Call(http.MethodGet, "/v1/conversations/"+asked.ID, nil, &asked)
	if !strings.Contains(asked.NoReply, "disconnected") {
		in.T.Errorf("the conversation can be answered: %+v", asked)
	}
	path := "/v1/conversations/" + asked.ID + "/messages"
	if status, raw, _, err := in.Try(http.MethodPost, path, map[string]string{"text": "Yes."}); err != nil || status != http.StatusUnprocessableEntity || !strings.Contains(string(raw), "cannot_reply") {
		in.T.Errorf("answered with %d, %v, %s", status, err, raw)
	}
	in.agree("instagram")
	in.views("instagram", "live")
	in.Call(http.MethodPost, path, map[string]string{"text": "Yes, it is."}, nil)
	in.Eventually("the answer reaches the buyer", func() (bool, string) {
		_, raw, _, err := in.Try(http.MethodGet, "/local/marketplaces/instagram", nil)
		return err == nil && strings.Contains(string(raw), "Yes, it is."), string(raw)
	})
}
