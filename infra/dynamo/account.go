package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Account implements port.Accounts.
func (s *Store) Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error) {
	return load[port.Account](ctx, s, accountKey(w, id), "account", string(id))
}

// ListAccounts implements port.Accounts.
func (s *Store) ListAccounts(ctx context.Context, w commerce.WorkspaceID) ([]port.Account, error) {
	items, err := s.query(ctx, span{pk: accountPartition(w), forward: true})
	if err != nil {
		return nil, err
	}
	return decodeAll[port.Account](items)
}

// PutAccount implements port.Accounts.
func (s *Store) PutAccount(ctx context.Context, a port.Account) (port.Account, error) {
	o, next := accountPut(a)
	return next, s.write(ctx, o)
}

// accountPut stores an account over the version it was read with. An account
// without a next poll is in no due list; one that was disconnected may be on it
// until nothing of it is left to clear.
func accountPut(a port.Account) (op, port.Account) {
	read := a.Version
	a.Version++
	r := row{key: accountKey(a.Space, a.ID), entity: "account", version: a.Version, quiet: true, record: a}
	if !a.NextPoll.IsZero() {
		r = r.due(port.Due{Kind: port.DuePoll, Space: a.Space, ID: string(a.ID), At: a.NextPoll})
	}
	return put(r).ifVersion(read, moved("account", string(a.ID))), a
}

// AccountByRemote implements port.Accounts.
func (s *Store) AccountByRemote(ctx context.Context, c commerce.Channel, remote commerce.RemoteID) (commerce.WorkspaceID, commerce.AccountID, error) {
	held, err := load[claim](ctx, s, accountClaimKey(c, remote), "account", "with this remote id")
	return held.Space, commerce.AccountID(held.ID), err
}
