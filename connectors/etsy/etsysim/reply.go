package etsysim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// reply is a successful answer; a nil body means no content.
type reply struct {
	status int
	body   any
}

func ok(body any) (reply, error) { return reply{status: http.StatusOK, body: body}, nil }

func created(body any) (reply, error) { return reply{status: http.StatusCreated, body: body}, nil }

func gone() (reply, error) { return reply{status: http.StatusNoContent}, nil }

// page is the envelope of every list.
type page struct {
	Count   int `json:"count"`
	Results any `json:"results"`
}

// refusal is an answer that says no, in Etsy's words.
type refusal struct {
	status      int
	Text        string `json:"error"`
	Description string `json:"error_description,omitempty"`
	header      http.Header
	body        any // in place of the usual object; nil mostly
}

// unfinished is what Etsy says of any draft while a shop is not set up to its
// end: a list, about something else (etsy/open-api#298).
func unfinished() any {
	return []map[string]string{{"path": "/images", "type": "array_too_short", "message": "cannot be less than 1 items"}}
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.Text) }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, Text: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

func conflict(format string, args ...any) error {
	return refuse(http.StatusConflict, format, args...)
}

func notFound(what string, id int64) error {
	return refuse(http.StatusNotFound, "Could not find a %s with id %d", what, id)
}

// unauthorized is what Etsy answers to a token it does not take.
func unauthorized(why string) error {
	return &refusal{status: http.StatusUnauthorized, Text: "invalid_token", Description: why}
}

func (s *Sim) write(w http.ResponseWriter, rep reply, err error) {
	if err != nil {
		rep = s.refused(w.Header(), err)
	}
	if rep.body == nil {
		w.WriteHeader(rep.status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(rep.status)
	_ = json.NewEncoder(w).Encode(rep.body) // the client is gone: nobody to tell
}

func (s *Sim) refused(h http.Header, err error) reply {
	var no *refusal
	if !errors.As(err, &no) {
		if s.env.Log != nil {
			s.env.Log.Error("etsy simulator", "err", err)
		}
		no = &refusal{status: http.StatusInternalServerError, Text: "Server Error"}
	}
	for name, values := range no.header {
		h[name] = values
	}
	if no.body != nil {
		return reply{status: no.status, body: no.body}
	}
	return reply{status: no.status, body: no}
}
