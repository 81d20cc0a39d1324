package etsysim

import (
	"fmt"
	"strconv"
	"strings"
)

// money is Etsy's Money: amount divided by divisor.
type money struct {
	Amount   int64  `json:"amount"`
	Divisor  int64  `json:"divisor"`
	Currency string `json:"currency_code"`
}

const (
	currency = "USD"
	divisor  = 100
	maxPrice = 5_000_000 // USD 50,000.00, so that sums stay far from overflow
)

func usd(minor int64) money { return money{Amount: minor, Divisor: divisor, Currency: currency} }

func formatPrice(minor int64) string { return fmt.Sprintf("%d.%02d", minor/divisor, minor%divisor) }

// parsePrice reads a decimal number of dollars exactly and rounds it to cents.
func parsePrice(text string) (int64, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if !digits(whole) || len(whole) > 7 || (fraction != "" && !digits(fraction)) || strings.HasSuffix(text, ".") {
		return 0, fmt.Errorf("%q is not a price", cut(text, 40))
	}
	minor, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a price", cut(text, 40))
	}
	if len(fraction) > 2 && fraction[2] >= '5' {
		minor++
	}
	if minor <= 0 || minor > maxPrice {
		return 0, fmt.Errorf("price must be greater than 0 and at most %s", formatPrice(maxPrice))
	}
	return minor, nil
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// cut shortens foreign text for an error message.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
