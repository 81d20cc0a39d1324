package channeltest

import (
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// mostCalls is more calls than the publication of one ware with two images
// and two variants takes.
const mostCalls = 16

func onceTests() []test {
	const write = channel.CanWriteListings
	return []test{
		{"once/the answer of any call is lost", write, lostAnswers},
		{"once/killed after any call", write, killedAnywhere},
		{"once/killed after any call of an edit", write, killedInEdit},
		{"once/killed after any call, and edited before it goes on", write, killedThenEdited},
		{"once/killed again while it goes on", write, killedTwice},
		{"once/an intent without an answer", write, lonelyIntent},
	}
}

// lostAnswers publishes one ware per call whose answer may be lost.
func lostAnswers(s *seller) {
	for i := range mostCalls {
		name := fmt.Sprintf("lost%dx", i)
		w := s.ware(name, 2)
		before := s.w.Calls()
		s.w.Fault(Fault{Kind: TimeoutAfterApply, Count: 1, Writes: true, Skip: i})
		s.publish(w)
		s.w.Calm()
		s.wantOnce(w, fmt.Sprintf("after the answer of call %d was lost", i))
		if s.Failed() || total(s.w.Calls())-total(before) < i {
			return
		}
		s.w.Advance(time.Minute)
	}
}

func total(calls map[string]int) (n int) {
	for _, c := range calls {
		n += c
	}
	return n
}

// wantOnce wants one live listing of a ware and nothing beside it.
func (s *seller) wantOnce(w *ware, when string) {
	s.Helper()
	s.wantLive(w)
	listings := map[string]bool{}
	for _, item := range s.w.Shown() {
		if strings.Contains(item.Title+" "+string(item.SKU), w.product.Handle) {
			listings[item.Listing] = true
		}
	}
	if len(listings) != 1 {
		s.Errorf("%s there are %d listings %v of one product", when, len(listings), listings)
	}
	if s.Failed() {
		s.Fatalf("%s: errors %v", when, w.errs)
	}
}

// killedAnywhere lets the process die after each call in turn; a new process
// goes on with what was stored.
func killedAnywhere(s *seller) {
	for i := 1; i <= mostCalls; i++ {
		w := s.ware(fmt.Sprintf("kill%dx", i), 2)
		s.w.Cut(i)
		s.publish(w)
		died := s.w.Dead()
		s.w.Mend()
		s.restart(w)
		s.wantOnce(w, fmt.Sprintf("after the process was killed at call %d", i))
		if !died {
			return
		}
		s.w.Advance(time.Minute)
	}
}

// restart goes on with a new process half a minute later.
func (s *seller) restart(w *ware) {
	s.Helper()
	s.w.Advance(30 * time.Second)
	s.conn = s.open()
	w.tries, w.gaveUp, w.notBefore = 0, nil, time.Time{}
	if !settled(s.view(w).State) && len(w.todo) == 0 && len(s.books.open()) == 0 {
		w.checkAt = s.now()
	}
	s.publish(w)
}

// killedThenEdited changes the product between the death of a process and the
// next one: what was created must be found though it looks different now.
func killedThenEdited(s *seller) {
	for i := 1; i <= mostCalls; i++ {
		name := fmt.Sprintf("turn%dx", i)
		w := s.ware(name, 2)
		s.w.Cut(i)
		s.publish(w)
		died := s.w.Dead()
		s.w.Mend()
		s.w.Advance(time.Second)
		s.edit(w, commerce.Groups(), func(p *commerce.Product, stock map[commerce.VariantID]int64) {
			p.Title, p.Description = "A cup, no mug: "+name, "Another text."
			p.Images = append(p.Images, commerce.Image{URL: "https://shop.example/img/" + name + "-3.png"})
			for j, v := range p.Variants {
				p.Variants[j].Price.Amount += 200
				stock[v.ID] += 11
			}
		})
		s.restart(w)
		s.wantOnce(w, fmt.Sprintf("after the process was killed at call %d and the product was edited", i))
		if !died {
			return
		}
		s.w.Advance(time.Minute)
	}
}

// killedTwice kills the next process too, a call or two after it began.
func killedTwice(s *seller) {
	for i := 1; i <= mostCalls; i++ {
		died := false
		for _, again := range []int{1, 2} {
			w := s.ware(fmt.Sprintf("twice%dy%dx", i, again), 2)
			s.w.Cut(i)
			s.publish(w)
			died = s.w.Dead()
			s.w.Mend()
			s.w.Advance(30 * time.Second)
			s.conn = s.open()
			s.w.Cut(again)
			s.publish(w)
			s.w.Mend()
			s.restart(w)
			s.wantOnce(w, fmt.Sprintf("after the process was killed at call %d and again %d calls later", i, again))
			s.w.Advance(time.Minute)
		}
		if !died {
			return
		}
	}
}

func killedInEdit(s *seller) {
	w := s.live("rekill", 2)
	for i := 1; i <= mostCalls; i++ {
		s.w.Advance(time.Minute)
		s.edit(w, commerce.Groups(), func(p *commerce.Product, stock map[commerce.VariantID]int64) {
			p.Description = fmt.Sprintf("Edition %d of the description.", i)
			p.Images[1] = commerce.Image{URL: fmt.Sprintf("https://shop.example/img/rekill-edit-%d.png", i)}
			for j, v := range p.Variants {
				p.Variants[j].Price.Amount += 100
				stock[v.ID]++
			}
		})
		s.w.Cut(i)
		s.publish(w)
		died := s.w.Dead()
		s.w.Mend()
		s.restart(w)
		s.wantOnce(w, fmt.Sprintf("after an edit was killed at call %d", i))
		if !died {
			return
		}
	}
}

// lonelyIntent settles a call that was stored and never went out.
func lonelyIntent(s *seller) {
	w := s.ware("intent", 2)
	s.w.Cut(0)
	s.publish(w)
	s.w.Mend()
	if n := len(s.w.Shown()); n > 0 {
		s.Fatalf("%d items are there, though nothing went out", n)
	}
	s.restart(w)
	s.wantOnce(w, "after an intent that never went out")
}

// settled says that nothing more happens to a listing by itself.
func settled(state commerce.ListingState) bool {
	return state == commerce.ListingLive || state == commerce.ListingSoldOut || state == commerce.ListingRejected || state == commerce.ListingPaused
}
