package channeltest

import (
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func refusalTests() []test {
	const write = channel.CanWriteListings
	return []test{
		{"refusal/a text that is too long is found before any call", write, longTitle},
		{"refusal/a refused creation becomes a problem", write, refusedCreation},
		{"refusal/a refused edit becomes a problem and the next one works", write, refusedEdit},
		{"refusal/a review that fails becomes a problem", write, failedReview},
		{"refusal/a picture that can't be had becomes a problem", write, missingPicture},
		{"refusal/too many calls", write, tooMany},
		{"refusal/the marketplace is down", write, downWhileWriting},
	}
}

func (s *seller) validate(w *ware) []commerce.Problem {
	return channel.Validate(s.h.Driver.Rules, w.product.On(s.h.Driver.Name), s.defaults(), s.now())
}

func longTitle(s *seller) {
	w := s.ware("long", 2)
	if found := s.validate(w); len(found) > 0 {
		s.Fatalf("a good product has problems: %v", found)
	}
	before := s.w.Writes()
	w.product.Title = strings.Repeat("mug ", 120)
	found := s.validate(w)
	if len(found) == 0 {
		s.Skip("this marketplace cuts long titles")
	}
	s.wantProblem(found, "title")
	w = s.ware("free", 2)
	w.product.Variants[1].Price.Amount = 0
	s.wantProblem(s.validate(w), "variants[1].price")
	if s.w.Writes() != before {
		s.Error("validation wrote something")
	}
}

// wantProblem wants problems that a seller can act on, one of them with the
// field.
func (s *seller) wantProblem(found []commerce.Problem, field string) {
	s.Helper()
	at := false
	for _, p := range found {
		if p.Rule == "" || p.Fix == "" {
			s.Errorf("problem %+v has no rule or no fix", p)
		}
		if len([]rune(p.Value)) > 200 || len([]rune(p.Raw)) > 500 {
			s.Errorf("problem %q shows %d and %d characters, want at most 200 and 500", p.Rule, len([]rune(p.Value)), len([]rune(p.Raw)))
		}
		at = at || field == "" || p.Field == field || strings.HasPrefix(p.Field, field)
	}
	if len(found) == 0 || !at {
		s.Errorf("problems %+v: one for field %q is missing", found, field)
	}
}

// refusedWith wants that a ware was given up as refused, and answers why.
func (s *seller) refusedWith(w *ware) []commerce.Problem {
	s.Helper()
	if w.gaveUp == nil {
		s.Fatalf("it was not refused: views %v, errors %v", s.books.listing(w.listing).Views, w.errs)
	}
	s.kind("a refusal", w.gaveUp, fault.Rejected, fault.Invalid)
	f := fault.Of(w.gaveUp)
	if len(f.Problems) > 0 {
		return f.Problems
	}
	if v := s.view(w); len(v.Problems) > 0 {
		return v.Problems
	}
	return []commerce.Problem{{Rule: f.Code, Field: f.Field, Fix: f.Message}}
}

func refusedCreation(s *seller) {
	w := s.ware("bad", 2)
	s.w.Fault(Fault{Kind: Rejected, Count: 1, Writes: true, Skip: 0})
	s.publish(w)
	s.w.Calm()
	if w.gaveUp == nil {
		s.Skip("the first call of a publication carries no content")
	}
	s.wantProblem(s.refusedWith(w), "")
	s.w.Advance(time.Minute)
	s.edit(w, commerce.Groups(), func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Title = "Stoneware mug, mended" })
	w.gaveUp, w.tries = nil, 0
	s.publish(w)
	s.wantOnce(w, "after a refusal was mended")
}

func refusedEdit(s *seller) {
	w := s.live("worse", 2)
	s.w.Advance(time.Minute)
	s.w.Fault(Fault{Kind: Rejected, Count: 1, Writes: true})
	s.edit(w, []commerce.Group{commerce.GroupText}, func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Title = "Stoneware mug nobody likes" })
	s.publish(w)
	s.w.Calm()
	s.wantProblem(s.refusedWith(w), "")
	s.w.Advance(time.Minute)
	w.gaveUp, w.tries = nil, 0
	s.edit(w, []commerce.Group{commerce.GroupText}, func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Title = "Stoneware mug everybody likes" })
	s.publish(w)
	s.wantLive(w)
}

func failedReview(s *seller) {
	if s.h.Forbidden == "" {
		s.Skip("this marketplace does not review texts")
	}
	w := s.ware("claim", 2)
	w.product.Description += " " + s.h.Forbidden
	s.publish(w)
	s.wantState(w, commerce.ListingRejected)
	s.wantProblem(s.view(w).Problems, "")
	if item, _ := s.item("MUG-claim-0"); visible(item, s.h.Driver.Name) {
		s.Error("a rejected listing is visible")
	}
	s.w.Advance(time.Minute)
	s.edit(w, []commerce.Group{commerce.GroupText}, func(p *commerce.Product, _ map[commerce.VariantID]int64) { p.Description = "Thrown by hand." })
	s.publish(w)
	s.wantOnce(w, "after the text was mended")
}

func missingPicture(s *seller) {
	w := s.ware("dark", 1)
	w.product.Images[0].URL = "https://shop.example/img/404"
	s.publish(w)
	if v := s.view(w); v.State == commerce.ListingLive {
		s.Fatal("it is live without its first picture")
	}
	problems := s.view(w).Problems
	if len(problems) == 0 {
		problems = s.refusedWith(w)
	}
	s.wantProblem(problems, "images")
	s.w.Advance(time.Minute)
	w.gaveUp, w.tries = nil, 0
	s.edit(w, []commerce.Group{commerce.GroupImages}, func(p *commerce.Product, _ map[commerce.VariantID]int64) {
		p.Images[0].URL = "https://shop.example/img/light.png"
	})
	s.publish(w)
	s.wantOnce(w, "after the picture was mended")
}

// applyOnce hands one ware to Apply and answers what became of it.
func (s *seller) applyOnce(w *ware) error {
	s.Helper()
	c := s.change(w)
	s.books.writing(w.listing, c.Groups)
	results, err := s.writer().Apply(s.ctx, []channel.Change{c}, s.books)
	if err != nil {
		return err
	}
	if len(results) != 1 {
		s.Fatalf("Apply answers %d results for 1 change", len(results))
	}
	s.books.merge(results[0])
	if results[0].Outcome != channel.Failed {
		s.Fatalf("Apply answers %+v, want a failure", results[0])
	}
	return results[0].Err
}

func tooMany(s *seller) {
	w := s.live("limit", 1)
	s.w.Advance(time.Minute)
	before := total(s.w.Calls())
	s.edit(w, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) { stock["var_limit_0"] = 9 })
	s.w.Fault(Fault{Kind: RateLimited, Count: 1000})
	s.kind("a call over the limit", s.applyOnce(w), fault.RateLimited)
	if n := total(s.w.Calls()) - before; n > 6 {
		s.Errorf("%d calls were made against a limit", n)
	}
	s.w.Calm()
	s.w.Advance(time.Minute)
	s.publish(w)
	s.wantLive(w)
}

func downWhileWriting(s *seller) {
	w := s.live("broken", 1)
	s.w.Advance(time.Minute)
	s.edit(w, []commerce.Group{commerce.GroupStock}, func(_ *commerce.Product, stock map[commerce.VariantID]int64) { stock["var_broken_0"] = 9 })
	s.w.Fault(Fault{Kind: ServerError, Count: 1000})
	s.kind("a call to a marketplace that is down", s.applyOnce(w), fault.Temporary, fault.Unknown)
	s.w.Calm()
	s.w.Advance(time.Hour)
	s.publish(w)
	s.wantLive(w)
}
