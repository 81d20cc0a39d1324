package etsy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// The attributes of a product that say what its buyers are asked. Without the
// first one, what the seller asks on Etsy stays as it is.
const (
	askHow          = "personalization" // none, optional, required
	askWhat         = "personalization_question"
	askInstructions = "personalization_instructions"
	askCharacters   = "personalization_characters"

	askNothing = "none"
)

// Lengths of questions: OpenAPI file, 2026-08-15. Of instructions: 256, to
// become 120 (discussion 1551 of etsy/open-api). Of answers: reported only.
const (
	maxQuestion     = 45
	maxInstructions = 256
	maxAnswer       = 1024
	usualAnswer     = 256
)

// question is what buyers of a product are asked; how is empty where the
// product does not say.
func question(p commerce.Product) (q api.Question, how string) {
	a := p.Attributes
	characters, err := strconv.ParseInt(strings.TrimSpace(a[askCharacters]), 10, 64)
	if err != nil {
		characters = usualAnswer // anything else is refused by checkQuestion
	}
	return api.Question{
		Text: cmp.Or(strings.TrimSpace(a[askWhat]), "Personalization"), Type: "text_input", Instructions: strings.TrimSpace(a[askInstructions]),
		Required: a[askHow] == "required", Characters: characters,
	}, a[askHow]
}

// checkQuestion finds what Etsy does not take of a question.
func checkQuestion(p commerce.Product) []commerce.Problem {
	q, how := question(p)
	if how == "" || how == askNothing {
		return nil
	}
	var found []commerce.Problem
	for _, text := range []struct {
		name, value string
		most        int
	}{{askWhat, q.Text, maxQuestion}, {askInstructions, q.Instructions, maxInstructions}} {
		if n := utf8.RuneCountInString(text.value); n > text.most {
			found = append(found, commerce.Problem{Rule: text.name + "_too_long", Field: "attributes." + text.name, Value: channel.Cut(text.value), Allowed: fmt.Sprintf("at most %d characters", text.most),
				Fix: fmt.Sprintf("Shorten it: it has %d characters, %d are allowed.", n, text.most)})
		}
	}
	said := p.Attributes[askCharacters]
	if _, err := strconv.ParseInt(strings.TrimSpace(said), 10, 64); (said != "" && err != nil) || q.Characters < 1 || q.Characters > maxAnswer {
		found = append(found, commerce.Problem{Rule: askCharacters + "_not_allowed", Field: "attributes." + askCharacters, Value: channel.Cut(said), Allowed: fmt.Sprintf("1 to %d", maxAnswer),
			Fix: fmt.Sprintf("Say how long an answer may be: a number from 1 to %d.", maxAnswer)})
	}
	return found
}

// personalize asks the buyers what the product says. What was asked last is in
// the memo, so that nothing is written twice and what the seller asks on Etsy
// stays where the product is silent.
func (w *work) personalize(ctx context.Context) error {
	if !w.change.Has(commerce.GroupText) {
		return nil
	}
	q, how := question(w.p)
	want := how
	if how != "" && how != askNothing {
		raw, err := json.Marshal(q)
		if err != nil {
			return fmt.Errorf("encode question of listing %d: %w", w.id, err)
		}
		want = string(raw)
	}
	silent := (want == "" || want == askNothing) && (w.fresh || w.memo.Question == "" && want == "" || w.memo.Question == askNothing)
	if want != w.memo.Question && !silent {
		if err := w.ask(ctx, q, want); err != nil {
			return fmt.Errorf("personalization of listing %d: %w", w.id, err)
		}
	}
	w.memo.Question = want
	return nil
}

func (w *work) ask(ctx context.Context, q api.Question, want string) error {
	if want != "" && want != askNothing {
		return w.api.PutQuestion(ctx, w.id, q)
	}
	if err := w.api.DeleteQuestions(ctx, w.id); !fault.Is(err, fault.NotFound) {
		return err
	}
	return nil // nothing was asked
}
