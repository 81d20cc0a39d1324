package etsysim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/manystall/manystall/connectors/simkit"
)

// The tables of the store. The prefix lets other simulators share the file.
const (
	tableShop       = "etsy.shop"
	tableListing    = "etsy.listing"     // whole listings by id
	tableFace       = "etsy.face"        // what lists sort and filter by
	tableSKU        = "etsy.sku"         // sku NUL listing id
	tableImage      = "etsy.image"       // facts about an image
	tablePicture    = "etsy.picture"     // its bytes
	tableProduct    = "etsy.product"     // numbers only
	tableOffering   = "etsy.offering"    // numbers only
	tableReceipt    = "etsy.receipt"     // whole receipts by id
	tableStub       = "etsy.stub"        // what receipt lists sort and filter by
	tableLine       = "etsy.transaction" // numbers only
	tableShipment   = "etsy.shipment"    // numbers only
	tableQuestion   = "etsy.question"    // numbers only
	tableReview     = "etsy.review"
	tableReadiness  = "etsy.readiness"
	tableMail       = "etsy.mail"
	tableCode       = "etsy.code"
	tableToken      = "etsy.token"
	tableRefresh    = "etsy.refresh"
	tableMeter      = "etsy.meter"
	tableHour       = "etsy.hour"
	tableOutbox     = "etsy.outbox"
	tableRandomness = "etsy.random"
)

// firstID puts every kind of id into the range where Etsy's lie today, so that
// a 32-bit integer overflows on them.
func firstID(table string) int64 {
	switch table {
	case tableListing:
		return 1_700_000_000
	case tableImage:
		return 5_600_000_000
	case tableProduct:
		return 18_000_000_000
	case tableOffering:
		return 21_000_000_000
	case tableReceipt:
		return 3_400_000_000
	case tableLine:
		return 4_200_000_000
	case tableShipment:
		return 1_300_000_000_000
	default:
		return 1_000_000_000
	}
}

// newID gives out the next id of a table. Ids repeat for the same seed.
func (s *Sim) newID(tx *simkit.Tx, table string) (int64, error) {
	n, err := tx.Next(table)
	if err != nil {
		return 0, fmt.Errorf("number for %s: %w", table, err)
	}
	return firstID(table) + int64(spread(s.env.Seed, table)%90_000_000) + int64(n), nil
}

// spread turns a seed and a name into a number that looks arbitrary.
func spread(seed uint64, name string) uint64 {
	sum := sha256.Sum256([]byte(strconv.FormatUint(seed, 10) + "/" + name))
	var n uint64
	for _, b := range sum[:8] {
		n = n<<8 | uint64(b)
	}
	return n
}

// secret makes an unguessable string that repeats for the same seed and
// application.
func (s *Sim) secret(tx *simkit.Tx) (string, error) {
	n, err := tx.Next(tableRandomness)
	if err != nil {
		return "", fmt.Errorf("number for a token: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(s.env.App["ETSY_SHARED_SECRET"]))
	_, _ = fmt.Fprintf(mac, "%d/%d", s.env.Seed, n)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// key writes an id so that rows lie in the order of their numbers.
func key(id int64) string { return fmt.Sprintf("%019d", id) }

func ptr[T any](v T) *T { return &v }

// unkey reads the id back.
func unkey(k string) int64 {
	n, _ := strconv.ParseInt(k, 10, 64) // written by key
	return n
}
