package etsy

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

// moneyOf turns amount and divisor into minor units, exactly wherever they can
// be. Half a minor unit, which no currency has, is rounded away from zero. A
// Money without a currency stays empty.
func moneyOf(m api.Money) commerce.Money {
	if m.Currency == "" || m.Divisor <= 0 {
		return commerce.Money{}
	}
	exp, err := commerce.Exponent(m.Currency)
	if err != nil {
		exp = 2
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exp)), nil)
	n := new(big.Int).Mul(big.NewInt(m.Amount), scale)
	half := big.NewInt(m.Divisor / 2)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	n.Add(n, half).Quo(n, big.NewInt(m.Divisor))
	if !n.IsInt64() {
		return commerce.Money{Amount: math.MaxInt64, Currency: m.Currency}
	}
	return commerce.Money{Amount: n.Int64(), Currency: m.Currency}
}

// decimal writes an amount as Etsy reads it: a plain decimal number.
func decimal(m commerce.Money) json.Number { return json.Number(m.Decimal()) }

// numeric reads an id of Etsy's; anything else is 0.
func numeric(id commerce.RemoteID) int64 {
	n, err := strconv.ParseInt(string(id), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func remote(id int64) commerce.RemoteID { return commerce.RemoteID(strconv.FormatInt(id, 10)) }
