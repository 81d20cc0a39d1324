package store

import (
	"bytes"
	"encoding/binary"
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
	raw := binary.BigEndian.AppendUint64(nil, uint64(t.Until.UnixMilli()))
	if err := tx.bucket([]byte(bucketTokens)).Put([]byte(name), append(raw, t.Fingerprint...)); err != nil {
		return fmt.Errorf("put client token: %w", err)
	}
	return nil
}

// ForgetTokens removes the tokens whose time is over.
func (tx *Tx) ForgetTokens() error {
	tokens := tx.bucket([]byte(bucketTokens))
	var over [][]byte
	c := tokens.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(v) < 8 || int64(binary.BigEndian.Uint64(v)) <= tx.Now.UnixMilli() {
			over = append(over, bytes.Clone(k))
		}
	}
	for _, k := range over {
		tx.dirty = true
		if err := tokens.Delete(k); err != nil {
			return fmt.Errorf("forget client token: %w", err)
		}
	}
	return nil
}
