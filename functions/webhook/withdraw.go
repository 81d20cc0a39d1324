package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// settle is how long an erasure waits before it begins: what was under way when
// the accounts were disconnected is in the lists by then.
const settle = 30 * time.Second

// principals are the channels whose people withdraw consents.
func principals() []commerce.Channel {
	return []commerce.Channel{commerce.Facebook, commerce.Instagram}
}

// withdrawn handles a principal who withdrew the consent or wants data deleted.
func (h *Handler) withdrawn(ctx context.Context, r channel.HookResponse) error {
	if r.Erased != "" {
		if err := h.erase(ctx, r.Erased, r.Code); err != nil {
			return err
		}
	}
	for _, principal := range []commerce.RemoteID{r.Revoked, r.Erased} {
		if principal == "" {
			continue
		}
		for _, c := range principals() {
			if err := h.Accounts.RevokedBy(ctx, c, principal); err != nil {
				return err
			}
		}
	}
	return nil
}

// erase begins to delete what came through the accounts of a person, and
// disconnects them. The work is queued before they are, so that a request that
// comes again, since we died in between, finds them again; one that was done
// stays done.
func (h *Handler) erase(ctx context.Context, person commerce.RemoteID, code string) error {
	var accounts []port.Account
	for _, c := range principals() {
		found, err := h.Accounts.OfPrincipal(ctx, c, person)
		if err != nil {
			return err
		}
		accounts = append(accounts, found...)
	}
	if _, err := h.Store.PublicKey(ctx, code); len(accounts) == 0 && !fault.Is(err, fault.NotFound) {
		return err
	}
	key := port.PublicKey{Key: code, Kind: "deletion", Space: "system", CreatedAt: h.Now(), ExpiresAt: h.Now().AddDate(1, 0, 0), Data: map[string]string{port.ErasureState: port.ErasureRunning}}
	if len(accounts) == 0 {
		key.Data[port.ErasureState] = port.ErasureDone
	}
	if err := h.Store.PutPublicKey(ctx, key); err != nil || len(accounts) == 0 {
		return err
	}
	if err := h.queueErasure(ctx, accounts, code); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := h.Accounts.Forget(ctx, a.Space, a.ID); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handler) queueErasure(ctx context.Context, accounts []port.Account, code string) error {
	e := port.Erasure{Code: code}
	for _, a := range accounts {
		e.Accounts = append(e.Accounts, port.AccountRef{Space: a.Space, ID: a.ID, Channel: a.Channel})
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode erasure: %w", err)
	}
	m := port.Inbound{V: port.MessageVersion, Kind: "erase", Channel: accounts[0].Channel, Space: accounts[0].Space, Account: accounts[0].ID, Body: body, FetchedAt: h.Now()}
	return h.Queue.Send(ctx, port.InboundQueue, port.Outgoing{Body: m, Delay: settle})
}

// deletion tells anybody who holds the code how far a data deletion is.
func (h *Handler) deletion(w http.ResponseWriter, r *http.Request) {
	key, err := h.Store.PublicKey(r.Context(), r.PathValue("code"))
	if err == nil && key.Kind != "deletion" {
		err = fault.New(fault.NotFound, "unknown_code", "There is nothing at this address.")
	}
	if err != nil {
		h.notFound(w, r, err)
		return
	}
	state := "is complete: the access, the profile and the messages that came through this account have been deleted."
	if key.Data[port.ErasureState] == port.ErasureRunning {
		state = "is under way: the access has been deleted, and the messages that came through this account are being deleted."
	}
	h.page.serve(w, http.StatusOK, view{Done: "The deletion asked for on " + key.CreatedAt.UTC().Format("2 January 2006") + " " + state})
}
