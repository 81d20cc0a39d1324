package etsy

import (
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// What a seller reads about a listing that waits.
const (
	waitStock   = "No stock: it is taken off sale on Etsy and comes back with the stock."
	waitFirst   = "No stock: Etsy takes no listing without any. It will be created when there is stock."
	waitDraft   = "A draft on Etsy without stock: it goes live when there is stock."
	waitRenewal = "Etsy ended this listing, and renewing it costs a fee. Allow renewals in the connection's settings, or renew it on Etsy."
	waitGone    = "It was deleted on Etsy. Try again here to have it once more, as a new listing with a fee of its own."
	waitEtsy    = "Etsy itself has taken it off sale. Its page in the shop manager on Etsy says why."
	waitSeller  = "It was deactivated on Etsy. Activate it there to sell it again."
)

// plan is what a listing needs beside new content.
type plan struct {
	content bool   // text, pictures and inventory are to be as wanted
	stock   bool   // the inventory may be written: Etsy refuses one without stock
	state   string // to be sent: active, inactive, or nothing
	off     string // why it is taken off sale; kept in the memo
	first   bool   // the state goes out before the inventory
	view    channel.View
}

// asked is what decides a plan.
type asked struct {
	seen   api.Listing
	wanted bool
	total  int64
	live   bool // publishing is allowed: it costs a fee
	renew  bool // renewing is allowed: it costs a fee
	memo   memo
	was    commerce.ListingState
	now    time.Time
}

// planOf decides by the state in which Etsy shows the listing.
func planOf(a asked) plan {
	if !a.wanted {
		return a.away()
	}
	switch a.seen.State {
	case api.StateDraft:
		return a.draft()
	case api.StateActive:
		if a.total == 0 {
			return plan{content: true, state: api.StateInactive, off: offStock, view: a.view(commerce.ListingSoldOut, waitStock)}
		}
		return plan{content: true, stock: true, view: a.view(commerce.ListingLive, "")}
	case api.StateInactive:
		return a.inactive()
	case api.StateSoldOut, api.StateExpired:
		return a.ended()
	default:
		v := a.view(commerce.ListingEnded, waitEtsy)
		v.Review = a.seen.State
		return plan{view: v}
	}
}

func (a asked) view(state commerce.ListingState, waiting string) channel.View {
	return channel.View{State: state, URL: a.seen.URL, Waiting: waiting}
}

// away takes a listing off sale. Only an active one is on sale, and a draft
// can't be deactivated.
func (a asked) away() plan {
	p := plan{off: offUnwanted, view: a.view(commerce.ListingPaused, "")}
	if a.seen.State == api.StateActive {
		p.state = api.StateInactive
	}
	return p
}

func (a asked) draft() plan {
	p := plan{content: true, stock: a.total > 0, view: a.view(commerce.ListingDraft, "")}
	switch {
	case a.total == 0:
		p.view.Waiting = waitDraft
	case a.live:
		p.state, p.view.State = api.StateActive, commerce.ListingLive
	}
	return p
}

// inactive brings back what we took off sale, never what the seller did.
func (a asked) inactive() plan {
	ours := a.memo.Off != "" || a.was == commerce.ListingSoldOut
	switch {
	case !ours:
		return plan{content: true, stock: a.total > 0, view: a.view(commerce.ListingPaused, waitSeller)}
	case a.total == 0:
		return plan{content: true, off: offStock, view: a.view(commerce.ListingSoldOut, waitStock)}
	case a.over() && !a.renew:
		return plan{content: true, stock: true, off: a.memo.Off, view: a.view(commerce.ListingEnded, waitRenewal)}
	default:
		return plan{content: true, stock: true, state: api.StateActive, view: a.view(commerce.ListingLive, "")}
	}
}

// over says that the paid time has ended: activating would be a renewal.
func (a asked) over() bool { return a.seen.Ending > 0 && a.seen.Ending <= a.now.Unix() }

// ended renews what Etsy took off sale, where the account allows the fee.
// Renewing a sold out listing sets its quantity to 1 (OpenAPI file,
// 2026-08-15), so the inventory goes out after it.
func (a asked) ended() plan {
	state := commerce.ListingSoldOut
	if a.seen.State == api.StateExpired {
		state = commerce.ListingEnded
	}
	switch {
	case a.total == 0:
		return plan{content: true, view: a.view(state, "")}
	case !a.renew:
		return plan{content: true, view: a.view(state, waitRenewal)}
	default:
		return plan{content: true, stock: true, state: api.StateActive, first: a.seen.State == api.StateSoldOut, view: a.view(commerce.ListingLive, "")}
	}
}

// stateOf is how a listing stands when it is only looked at.
func stateOf(state string, m memo) commerce.ListingState {
	switch state {
	case api.StateDraft:
		return commerce.ListingDraft
	case api.StateActive:
		return commerce.ListingLive
	case api.StateInactive:
		if m.Off == offStock {
			return commerce.ListingSoldOut
		}
		return commerce.ListingPaused
	case api.StateSoldOut:
		return commerce.ListingSoldOut
	default:
		return commerce.ListingEnded
	}
}
