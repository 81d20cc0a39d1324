package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Token is what is remembered of a transaction under its client token.
type Token struct {
	// Fingerprint identifies the request.
	Fingerprint string
	// Until is when it is forgotten.
	Until time.Time
}

// Token reads a client token that is still remembered.
func (tx *Tx) Token(name string) (Token, bool) {
	raw := tx.bucket([]byte(bucketTokens)).Get([]byte(name))
	if len(raw) < 8 {
		return Token{}, false
	}
	t := Token{Until: time.UnixMilli(int64(binary.BigEndian.Uint64(raw))), Fingerprint: string(raw[8:])}
	return t, t.Until.After(tx.Now)
}

// PutToken remembers a client token.
func (tx *Tx) PutToken(name string, t Token) error {
	tx.dirty = true
	until := binary.BigEndian.AppendUint64(nil, uint64(t.Until.UnixMilli()))
	err := errors.Join(
		tx.bucket([]byte(bucketTokens)).Put([]byte(name), append(bytes.Clone(until), t.Fingerprint...)),
		tx.bucket([]byte(bucketTokenTimes)).Put(append(until, name...), nil))
	if err != nil {
		return fmt.Errorf("put client token: %w", err)
	}
	return nil
}

// OldTokens lists up to limit tokens whose time is over, for ForgetTokens.
func (tx *Tx) OldTokens(limit int) [][]byte {
	var out [][]byte
	end := binary.BigEndian.AppendUint64(nil, uint64(tx.Now.UnixMilli())+1)
	c := tx.bucket([]byte(bucketTokenTimes)).Cursor()
	for k, _ := c.First(); k != nil && bytes.Compare(k, end) < 0 && len(out) < limit; k, _ = c.Next() {
		out = append(out, bytes.Clone(k))
	}
	return out
}

// ForgetTokens removes up to limit tokens whose time is over, and returns how
// many.
func (tx *Tx) ForgetTokens(limit int) (int, error) {
	tokens, times := tx.bucket([]byte(bucketTokens)), tx.bucket([]byte(bucketTokenTimes))
	old := tx.OldTokens(limit)
	for _, k := range old {
		tx.dirty = true
		name := k[8:]
		err := times.Delete(k)
		if raw := tokens.Get(name); bytes.HasPrefix(raw, k[:8]) { // else it was put again
			err = errors.Join(err, tokens.Delete(name))
		}
		if err != nil {
			return 0, fmt.Errorf("forget client token: %w", err)
		}
	}
	return len(old), nil
}
