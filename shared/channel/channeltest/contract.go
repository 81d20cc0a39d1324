package channeltest

import (
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/channel"
)

// checkDriver holds what a driver says of itself against the contract.
func checkDriver(t *testing.T, h Harness) {
	t.Helper()
	d := h.Driver
	if d.Name == "" || d.Title == "" || strings.ToLower(string(d.Name)) != string(d.Name) {
		t.Errorf("name %q, title %q: a name in lower case and a title are needed", d.Name, d.Title)
	}
	want := required(d)
	if !sameSet(d.Abilities, want) {
		t.Errorf("Driver.Abilities are %v, want exactly %v", d.Abilities, want)
	}
	if pulls := has(want, channel.CanReadOrders); pulls != (d.Orders == channel.OrdersPulled) {
		t.Errorf("orders come by %q, but OrderReader is %v", d.Orders, pulls)
	}
	r := d.Rules
	if has(want, channel.CanWriteListings) && (r.Batch < 1 || r.Gather <= 0) {
		t.Errorf("rules batch %d, gather %s: both must be set", r.Batch, r.Gather)
	}
	if r.Poll <= 0 {
		t.Error("Rules.Poll is not set")
	}
	if has(want, channel.CanReply) && r.Reply.MaxRunes == 0 && r.Reply.MaxBytes == 0 {
		t.Error("Rules.Reply has no limit of length")
	}
	if d.NewApp == nil || d.NewSettings == nil || d.Auth == nil || d.Target == nil || d.Open == nil || d.Map == nil {
		t.Fatal("a function of the driver is nil")
	}
	if d.NewApp() == d.NewApp() || d.NewSettings() == d.NewSettings() {
		t.Error("NewApp and NewSettings must answer something new each time")
	}
	if ref := d.Target(d.NewSettings()); ref.Remote != "" {
		t.Errorf("empty settings name the target %v", ref)
	}
	for _, hook := range h.Hooks {
		if hook.Method == "" || !strings.HasPrefix(hook.Path, "/") || hook.Handle == nil {
			t.Errorf("hook %s %q is incomplete", hook.Method, hook.Path)
		}
	}
}

func sameSet(a, b []channel.Ability) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
