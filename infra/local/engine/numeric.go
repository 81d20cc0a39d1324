package engine

import (
	"encoding/json"
	"errors"
	"math/big"
)

// compileNumeric reads {"numeric": [">", 0, "<=", 5]}.
func compileNumeric(arg any) (matcher, error) {
	list, _ := arg.([]any)
	if len(list) == 0 || len(list)%2 != 0 || len(list) > 4 {
		return nil, errors.New("numeric needs one or two pairs of comparison and number")
	}
	for i := 0; i < len(list); i += 2 {
		sign, _ := list[i].(string)
		if _, known := compare(sign, 0); !known {
			return nil, errors.New("numeric compares with =, <, <=, > and >=")
		}
		if _, ok := list[i+1].(json.Number); !ok {
			return nil, errors.New("numeric compares with a number")
		}
	}
	return func(v any, _ bool) bool {
		for i := 0; i < len(list); i += 2 {
			x, y, ok := numbers(v, list[i+1])
			if !ok {
				return false
			}
			if holds, _ := compare(list[i].(string), x.Cmp(y)); !holds {
				return false
			}
		}
		return true
	}, nil
}

// compare says whether the sign holds for the outcome of a comparison, and
// whether there is such a sign.
func compare(sign string, outcome int) (holds, known bool) {
	switch sign {
	case "=":
		return outcome == 0, true
	case "<":
		return outcome < 0, true
	case "<=":
		return outcome <= 0, true
	case ">":
		return outcome > 0, true
	case ">=":
		return outcome >= 0, true
	}
	return false, false
}

// numbers reads two numbers with 128 bits, enough for the 38 digits of
// DynamoDB; more digits and exponents cost nothing.
func numbers(a, b any) (x, y *big.Float, ok bool) {
	x, okX := number(a)
	y, okY := number(b)
	return x, y, okX && okY
}

func number(v any) (*big.Float, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return nil, false
	}
	f, _, err := big.ParseFloat(n.String(), 10, 128, big.ToNearestEven)
	return f, err == nil
}
