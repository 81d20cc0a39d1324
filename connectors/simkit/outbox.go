package simkit

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// Outbox delivers webhooks at least once and in no promised order: what a
// marketplace does. A delivery is stored before it is tried.
type Outbox struct {
	// Table is where deliveries wait in the store.
	Table string
	// Retries are the waits after the first, second … refused attempt; after
	// the last one a delivery is dropped.
	Retries []time.Duration
	// Sign sets the headers that prove who sent the body at time now.
	Sign func(h http.Header, id string, now time.Time, body []byte)
}

// Delivery is one webhook that waits.
type Delivery struct {
	ID      string    `json:"id"`
	URL     string    `json:"url"`
	Body    []byte    `json:"body"`
	Type    string    `json:"type"` // content type
	Due     time.Time `json:"due"`
	Attempt int       `json:"attempt"`
}

// Add stores a webhook for url inside the transaction that caused it. An empty
// url means that nobody subscribed.
func (o *Outbox) Add(tx *Tx, env Env, faults *Faults, url string, body []byte) error {
	if url == "" {
		return nil
	}
	fault := faults.take(webhookFaults)
	if fault == FaultWebhookLost {
		return nil
	}
	n, err := tx.Next(o.Table)
	if err != nil {
		return err
	}
	d := Delivery{ID: fmt.Sprintf("msg_%012d", n), URL: url, Body: body, Type: "application/json", Due: env.Now()}
	if fault == FaultWebhookLate {
		d.Due = d.Due.Add(time.Minute)
	}
	if err := tx.Put(o.Table, d.ID, d); err != nil || fault != FaultWebhookTwice {
		return err
	}
	return tx.Put(o.Table, d.ID+"-again", d)
}

// Deliver posts what is due and keeps what was refused for later.
func (o *Outbox) Deliver(ctx context.Context, env Env) error {
	due := map[string]Delivery{}
	now := env.Now()
	err := env.Store.View(func(tx *Tx) error {
		return Each(tx, o.Table, "", func(key string, d Delivery) bool {
			if !d.Due.After(now) {
				due[key] = d
			}
			return len(due) < 100
		})
	})
	if err != nil {
		return err
	}
	for key, d := range due {
		accepted := o.post(ctx, env, d)
		if !accepted && ctx.Err() != nil {
			return ctx.Err() // the host stops: this was no refusal
		}
		if err := o.settle(env, key, d, accepted); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) post(ctx context.Context, env Env, d Delivery) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", d.Type)
	o.Sign(req.Header, d.ID, env.Now(), d.Body)
	resp, err := env.Client.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}

func (o *Outbox) settle(env Env, key string, d Delivery, accepted bool) error {
	return env.Store.Update(func(tx *Tx) error {
		if accepted || d.Attempt >= len(o.Retries) {
			return tx.Delete(o.Table, key)
		}
		d.Due = env.Now().Add(o.Retries[d.Attempt])
		d.Attempt++
		return tx.Put(o.Table, key, d)
	})
}
