package sims_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// only wants exactly one conversation and answers what is said in it.
func (o *office) only() []string {
	o.Helper()
	all := o.threads()
	if len(all) != 1 {
		o.Fatalf("%d conversations, want 1: %v", len(all), all)
	}
	for _, said := range all {
		slices.Sort(said)
		return said
	}
	return nil
}

// One Instagram account that is reached by both logins, the Page's of the
// Facebook connection and its own, is told everything twice, under two ids of
// the buyer. It is one conversation, each thing is in it once, and replies go
// by one way.
func TestNothingIsDoubledByTwoLogins(t *testing.T) {
	t.Parallel()
	o := openOffice(t, nil)
	_, err := o.connect(commerce.Facebook, "")
	o.must(err)
	account, err := o.connect(commerce.Instagram, metagraph.ByInstagram)
	o.must(err)
	if account.Login != metagraph.ByInstagram || account.Target != "" || account.NoTarget == "" {
		t.Fatalf("connected as %+v", account)
	}
	before := len(o.w.Delivered())
	o.say(commerce.Instagram, "Ada Example", "Is it dishwasher-safe?")
	o.work()
	if n := len(o.w.Delivered()) - before; n != 2 {
		t.Fatalf("%d deliveries of one message: the test is about two", n)
	}
	o.answer(o.conversation("Ada Example"), "Yes, it is.")
	o.work()
	o.poll(account)
	if said := o.only(); !slices.Equal(said, []string{"buyer: Is it dishwasher-safe? ()", "seller: Yes, it is. (sent)"}) {
		t.Errorf("said %q", said)
	}
	calls := o.w.Calls()
	if calls["IG POST /me/messages"] != 1 || calls["POST /{page}/messages"] != 0 {
		t.Errorf("the reply went by %v", calls)
	}
	o.takeOver(account)
}

// takeOver connects the account by Facebook Login, too, which opens its
// catalog: from then on it lives by that one.
func (o *office) takeOver(by port.Account) {
	o.Helper()
	o.w.Advance(time.Minute)
	full, err := o.connect(commerce.Instagram, "")
	o.must(err)
	if full.ID != by.ID || full.Login != "" || full.Target == "" {
		o.Fatalf("taken over as %+v", full)
	}
	o.poll(full)
	if len(o.threads()) != 1 {
		o.Errorf("the other login brings what was said before it: %v", o.threads())
	}
	o.say(commerce.Instagram, "Ben Example", "Do you ship to Oslo?")
	o.work()
	o.answer(o.conversation("Ben Example"), "We do.")
	o.work()
	o.poll(full)
	all := o.threads()
	var said []string
	for _, s := range slices.Collect(maps.Values(all)) {
		said = append(said, s...)
	}
	if len(all) != 2 || len(said) != 4 {
		o.Errorf("said %q", all)
	}
	if calls := o.w.Calls(); calls["IG POST /me/messages"] != 1 || calls["POST /{page}/messages"] != 1 {
		o.Errorf("the reply went by %v", calls)
	}
	if _, err := o.connect(commerce.Instagram, metagraph.ByInstagram); fault.Of(err) == nil || fault.Of(err).Code != "connected_otherwise" {
		o.Errorf("the listings would be gone: %v", err)
	}
}

// A message whose webhook is lost altogether comes by poll, once, also when
// the webhook comes late; and no second has more than two calls.
func TestLostWebhooksComeByPoll(t *testing.T) {
	t.Parallel()
	for name, login := range map[string]string{"facebook login": "", "instagram login": metagraph.ByInstagram} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t, func(s *metasim.Sim) { s.ConversationCallsPerSecond = 2 })
			account, err := o.connect(commerce.Instagram, login)
			o.must(err)
			o.poll(account)
			var want []string
			for i := range 12 {
				buyer := "Buyer " + strings.Repeat("x", i)
				o.say(commerce.Instagram, buyer, "Hello from "+buyer)
				want = append(want, "buyer: Hello from "+buyer+" ()")
			}
			late := o.read
			o.lose()
			o.w.Advance(10 * time.Minute)
			o.poll(account)
			o.mustSay(want)
			o.read = late // the webhooks come after all
			o.work()
			o.w.Advance(10 * time.Minute)
			o.poll(account)
			o.mustSay(want)
			if n := busiest(o.reads); n > 2 {
				t.Errorf("%d calls of the Conversations API within a second", n)
			}
			t.Logf("%d calls of the Conversations API, at most %d in any second", len(o.reads), busiest(o.reads))
		})
	}
}

func (o *office) mustSay(want []string) {
	o.Helper()
	var said []string
	for _, s := range o.threads() {
		said = append(said, s...)
	}
	slices.Sort(said)
	if !slices.Equal(said, want) {
		o.Fatalf("said %q, want %q", said, want)
	}
}

// busiest is how many of the times lie within any one second.
func busiest(at []time.Time) int {
	most := 0
	for i, first := range at {
		n := 0
		for _, t := range at[i:] {
			if t.Sub(first) < time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// A reply whose answer is lost is not sent again: its echo settles it, or the
// thread is read.
func TestALostReplyIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, echo := range map[string]bool{"its echo comes": true, "its echo is lost": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := openOffice(t, nil)
			_, err := o.connect(commerce.Instagram, metagraph.ByInstagram)
			o.must(err)
			o.say(commerce.Instagram, "Ada Example", "Hello?")
			o.work()
			conv := o.conversation("Ada Example")
			o.must(o.sim.Faults().Add("timeout_after_apply", 1))
			o.answer(conv, "Good morning")
			if echo {
				o.work()
			} else {
				o.lose()
			}
			for range 4 {
				o.w.Advance(20 * time.Second)
				o.must(o.sender.Run(t.Context(), port.Nudge{V: port.MessageVersion, Space: shopSpace, Key: string(conv.ID)}))
			}
			if said := o.only(); !slices.Equal(said, []string{"buyer: Hello? ()", "seller: Good morning (sent)"}) {
				t.Errorf("said %q", said)
			}
			if n := o.w.Calls()["IG POST /me/messages"]; n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// A seller who removes the app at either login ends the connections that live
// by it.
func TestWhoLeavesInstagramLogin(t *testing.T) {
	t.Parallel()
	o := openOffice(t, nil)
	account, err := o.connect(commerce.Instagram, metagraph.ByInstagram)
	o.must(err)
	o.must(o.sim.RevokeUser(t.Context()))
	o.work()
	now, err := o.store.Account(t.Context(), shopSpace, account.ID)
	o.must(err)
	if now.State != port.AccountNeedsConsent {
		t.Errorf("the account is %s", now.State)
	}
	if _, err := o.store.Grant(t.Context(), shopSpace, account.Grant); !fault.Is(err, fault.NotFound) {
		t.Errorf("its tokens are kept: %v", err)
	}
}
