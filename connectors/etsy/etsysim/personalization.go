package etsysim

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// What a buyer can be asked. Lengths of questions and labels are in Etsy's
// OpenAPI file (2026-08-15); those of instructions and answers are reported.
const (
	maxQuestions    = 5
	maxQuestion     = 45
	maxInstructions = 256
	maxAnswer       = 1024
	maxLabel        = 20
	textInput       = "text_input"
)

// question is one thing a buyer is asked before buying.
type question struct {
	ID           int64    `json:"id"`
	Text         string   `json:"text"`
	Kind         string   `json:"kind"`
	Instructions *string  `json:"instructions"`
	Required     bool     `json:"required"`
	Characters   *int64   `json:"characters"`
	Files        *int64   `json:"files"`
	Options      []string `json:"options"`
}

// questionView is Etsy's PersonalizationQuestion.
type questionView struct {
	ID           int64         `json:"question_id"`
	Text         string        `json:"question_text"`
	Instructions *string       `json:"instructions"`
	Kind         string        `json:"question_type"`
	Required     bool          `json:"required"`
	Characters   *int64        `json:"max_allowed_characters"`
	Files        *int64        `json:"max_allowed_files"`
	AddOn        *money        `json:"add_on_price"`
	Options      *[]optionView `json:"options"`
}

type optionView struct {
	ID    int64  `json:"option_id"`
	Label string `json:"label"`
}

type questionsView struct {
	All []questionView `json:"personalization_questions"`
}

type questionsBody struct {
	All *[]questionBody `json:"personalization_questions"`
}

type questionBody struct {
	ID           *int64   `json:"question_id"`
	Text         *string  `json:"question_text"`
	Instructions *string  `json:"instructions"`
	Kind         *string  `json:"question_type"`
	Required     *bool    `json:"required"`
	Characters   *int64   `json:"max_allowed_characters"`
	Files        *int64   `json:"max_allowed_files"`
	AddOn        *decimal `json:"add_on_price"`
	Options      []struct {
		ID    *int64  `json:"option_id"`
		Label *string `json:"label"`
	} `json:"options"`
}

func (l *listing) questionsView() questionsView {
	v := questionsView{All: []questionView{}}
	for _, q := range l.Questions {
		out := questionView{ID: q.ID, Text: q.Text, Instructions: q.Instructions, Kind: q.Kind, Required: q.Required, Characters: q.Characters, Files: q.Files}
		if len(q.Options) > 0 {
			options := []optionView{}
			for i, label := range q.Options {
				options = append(options, optionView{ID: q.ID*100 + int64(i), Label: label})
			}
			out.Options = &options
		}
		v.All = append(v.All, out)
	}
	return v
}

func personalization(c *call) (reply, error) {
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	return ok(l.questionsView())
}

// putPersonalization replaces all questions of a listing. Whoever does not say
// that it knows of several questions may write one text, and nothing where
// there are several: it would delete what a seller wrote.
func putPersonalization(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	several := c.query.flag("supports_multiple_personalization_questions", false)
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	var body questionsBody
	if err := c.decode(&body, true); err != nil {
		return reply{}, err
	}
	if body.All == nil {
		return reply{}, invalid("Missing input parameter: [personalization_questions]")
	}
	if !several && len(old.Questions) > 1 {
		return reply{}, conflict("The listing has more than one personalization question: supports_multiple_personalization_questions is needed")
	}
	l := old
	if l.Questions, err = c.questions(*body.All, several); err != nil {
		return reply{}, err
	}
	l.Personalizable, l.Modified = true, c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return created(l.questionsView())
}

func (c *call) questions(bodies []questionBody, several bool) ([]question, error) {
	most := 1
	if several {
		most = maxQuestions
	}
	if len(bodies) == 0 || len(bodies) > most {
		return nil, invalid("personalization_questions: 1 to %d questions are allowed", most)
	}
	var all []question
	for i, b := range bodies {
		q, err := b.read(several)
		if err == nil {
			q.ID, err = c.sim.newID(c.tx, tableQuestion)
		}
		if err != nil {
			return nil, at(fmt.Sprintf("personalization_questions[%d]", i), err)
		}
		all = append(all, q)
	}
	return all, nil
}

// read checks one question.
func (b questionBody) read(several bool) (q question, err error) {
	switch {
	case b.Text == nil || b.Kind == nil || b.Required == nil:
		return q, invalid("question_text, question_type and required are required")
	case utf8.RuneCountInString(*b.Text) < 1 || utf8.RuneCountInString(*b.Text) > maxQuestion:
		return q, invalid("question_text must have 1 to %d characters", maxQuestion)
	case !slices.Contains([]string{textInput, "dropdown", "unlabeled_upload", "labeled_upload"}, *b.Kind):
		return q, invalid("Invalid value '%s' for 'question_type'", cut(*b.Kind, 40))
	case !several && *b.Kind != textInput:
		return q, invalid("question_type: only text_input is supported")
	case b.Instructions != nil && (*b.Kind == "dropdown" || utf8.RuneCountInString(*b.Instructions) > maxInstructions):
		return q, invalid("instructions must have at most %d characters, and none for a dropdown", maxInstructions)
	case b.Characters != nil && (*b.Kind != textInput || *b.Characters < 1 || *b.Characters > maxAnswer):
		return q, invalid("max_allowed_characters must be between 1 and %d, for text_input only", maxAnswer)
	}
	q = question{Text: *b.Text, Kind: *b.Kind, Instructions: b.Instructions, Required: *b.Required, Characters: b.Characters, Files: b.Files}
	for _, o := range b.Options {
		if o.Label == nil || *o.Label == "" || utf8.RuneCountInString(*o.Label) > maxLabel {
			return q, invalid("options: a label must have 1 to %d characters", maxLabel)
		}
		q.Options = append(q.Options, *o.Label)
	}
	if (*b.Kind == "dropdown") != (len(q.Options) > 0) {
		return q, invalid("options are for dropdowns, which need them")
	}
	return q, nil
}

func deletePersonalization(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	if len(old.Questions) == 0 {
		return reply{}, notFound("ListingPersonalization", old.ID)
	}
	l := old
	l.Questions, l.Personalizable, l.Modified = nil, false, c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return gone()
}
