package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	inner := fault.New(fault.Rejected, "title_too_long", "Shorten %s.", "the title")
	for name, c := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"nothing":                 {nil, ""},
		"nobody said":             {errors.New("x"), fault.Internal},
		"a fault":                 {inner, fault.Rejected},
		"wrapped by words":        {fmt.Errorf("put listing: %w", inner), fault.Rejected},
		"the outer fault decides": {fault.Wrap(inner, fault.Temporary, "busy", "Busy."), fault.Temporary},
		"the first of several":    {errors.Join(errors.New("x"), inner, fault.New(fault.Denied, "", "")), fault.Rejected},
	} {
		if got := fault.KindOf(c.err); got != c.want {
			t.Errorf("%s: kind %q, want %q", name, got, c.want)
		}
		if (c.err != nil) != fault.Is(c.err, c.want) && c.want != "" {
			t.Errorf("%s: Is(%s) is wrong", name, c.want)
		}
	}
	if fault.Is(nil, "") || fault.Of(nil) != nil || fault.Wrap(nil, fault.Internal, "x", "x") != nil {
		t.Error("nothing became a fault")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("token abc was refused")
	f := fault.Of(cause)
	if f.Kind != fault.Internal || !errors.Is(f, cause) || strings.Contains(f.Message, "abc") {
		t.Errorf("a person would read %q of kind %s", f.Message, f.Kind)
	}
	r := fault.Refused(fault.Rejected, commerce.Problem{Rule: "price_too_low", Field: "variants[0].price", Fix: "Raise the price."})
	if r.Code != "price_too_low" || r.Field != "variants[0].price" || r.Message != "Raise the price." || len(r.Problems) != 1 {
		t.Errorf("refused: %+v", r)
	}
	if s := fault.Wrap(cause, fault.Temporary, "busy", "Busy.").Error(); s != "temporary busy: Busy.: token abc was refused" {
		t.Errorf("an operator reads %q", s)
	}
}
