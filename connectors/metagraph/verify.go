package metagraph

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// verify reads the items of a call back and compares them with what is wanted.
// What does not show yet is waited for, or sent again once resend is true.
func (s *Shop) verify(ctx context.Context, c channel.OpenCall, resend bool) ([]channel.Result, error) {
	var ids []string
	intents := make([]intent, len(c.Changes))
	for n, change := range c.Changes {
		intents[n] = decodeIntent(c.Intent[string(change.Listing.ID)])
		ids = append(ids, intents[n].ids()...)
	}
	items, err := s.items(ctx, ids)
	if err != nil {
		return nil, err
	}
	refused := setOf(decodeTicket(c.Token).Refused)
	age := s.env.Now().Sub(c.BeganAt)
	next := s.env.Now().Add(min(max(age, 5*time.Second), 5*time.Minute))
	if last := c.BeganAt.Add(resendAfter); next.After(last) && last.After(s.env.Now()) {
		next = last
	}
	results := make([]channel.Result, 0, len(c.Changes))
	for n, change := range c.Changes {
		switch {
		case shows(change, intents[n], items, s.set.PageName):
			results = append(results, s.outcome(change, intents[n], nil, refused))
		case resend:
			results = append(results, unclear(change, intents[n]))
		default:
			results = append(results, channel.Result{Listing: change.Listing.ID, Outcome: channel.Pending, Call: c.ID, CheckAt: next})
		}
	}
	return results, nil
}

// shows says whether the items of a listing are as the call wanted them.
func shows(c channel.Change, i intent, items map[string]api.Item, brand string) bool {
	sheet := newSheet(c, brand)
	for _, s := range i.steps {
		item, there := items[s.id]
		v, wanted := sheet.product.Variant(s.variant)
		switch {
		case s.method == gone:
			if there {
				return false
			}
		case !there || !wanted || !sheet.showsStep(s, v, item):
			return false
		}
	}
	return true
}

// showsStep compares the groups a step has sent.
func (s sheet) showsStep(sent step, v commerce.Variant, item api.Item) bool {
	i := intent{steps: []step{sent}}
	return !slices.ContainsFunc(commerce.Groups(), func(g commerce.Group) bool { return i.touches(g) && !s.like(g, v, item) })
}

// like compares a group of a variant with what Meta shows. A price is read as
// text for people, so only its digits are compared: another way of writing it
// counts as a difference, which costs one more call and never a wrong price.
func (s sheet) like(g commerce.Group, v commerce.Variant, item api.Item) bool {
	switch g {
	case commerce.GroupStock:
		n := max(0, s.stock[v.ID])
		return item.Availability == availability(n) && (item.Quantity == nil || *item.Quantity == n)
	case commerce.GroupPrice:
		return digits(item.Price) == digits(v.Price.Decimal())
	case commerce.GroupImages:
		pictures := s.pictures(v)
		return len(pictures) > 0 && item.Image == pictures[0]
	default:
		return item.Name == title(s.product.Title) && strings.TrimSpace(item.Description) == strings.TrimSpace(s.product.Description) && item.URL == s.link(v)
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// Bounds of one read of items: the ids travel in the address.
const (
	readItems = 100
	readBytes = 4000
)

// items reads items by their ids, as few calls as addresses allow.
func (s *Shop) items(ctx context.Context, ids []string) (map[string]api.Item, error) {
	found := make(map[string]api.Item, len(ids))
	for len(ids) > 0 {
		n, size := 0, 0
		for n < len(ids) && n < readItems && (n == 0 || size+len(ids[n]) < readBytes) {
			size += len(ids[n]) + 3
			n++
		}
		var list []api.Item
		err := s.asUser(ctx, func(token string) (err error) {
			list, err = s.graph.Products(ctx, token, s.set.Catalog, ids[:n])
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			found[i.RetailerID] = i
		}
		ids = ids[n:]
	}
	return found, nil
}
