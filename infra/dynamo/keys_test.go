package dynamo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// space is a workspace id that must stand, escaped, in front of every key.
const space commerce.WorkspaceID = "ws#1"

// sellerKeys are all partitions that keys.go can name, by function.
func sellerKeys() map[string][]string {
	now := time.Unix(0, 0)
	order := commerce.Order{ID: "o", Channel: "c", State: "s", PlacedAt: now}
	conv := commerce.Conversation{ID: "c", Channel: "c", State: "s", LastAt: now}
	move := commerce.StockMove{ID: "m", Variant: "v", Anchor: now}
	ofOrder := move
	ofOrder.Source, ofOrder.OrderLine = "o", "1"
	return map[string][]string{
		"workspaceKey":           {workspaceKey(space).pk},
		"accountKey":             {accountKey(space, "a").pk},
		"accountPartition":       {accountPartition(space)},
		"grantKey":               {grantKey(space, "g").pk},
		"targetKey":              {targetKey(space, "t").pk},
		"targetPartition":        {targetPartition(space)},
		"productKey":             {productKey(space, "p").pk},
		"productEntry":           {productEntry(space, now, "p").pk},
		"skuKey":                 {skuKey(space, "s").pk},
		"remoteKey":              {remoteKey(space, "t", "k", "r").pk},
		"listingKey":             {listingKey(space, "l").pk},
		"listingPartition":       {listingPartition(space, "l")},
		"viewKey":                {viewKey(space, "l", "c").pk},
		"viewEntry":              {viewEntry(space, "c", now, "l").pk},
		"viewStateEntry":         {viewStateEntry(space, "l", commerce.View{Channel: "c", State: "s"}).pk},
		"markKey":                {markKey(port.Mark{Space: space, Target: "t", Product: "p"}).pk},
		"markPartition":          {markPartition(space, "t")},
		"callKey":                {callKey(space, "t", "c").pk},
		"callPartition":          {callPartition(space, "t")},
		"levelKey":               {levelKey(space, "v", "l").pk},
		"stockPartition":         {stockPartition(space, "v")},
		"levelEntry":             {levelEntry(space, commerce.StockLevel{SKU: "s", Variant: "v", Location: "l"}).pk},
		"moveKey":                {moveKey(space, move).pk, moveKey(space, ofOrder).pk},
		"orderKey":               {orderKey(space, "o").pk},
		"orderPartition":         {orderPartition(space, "o")},
		"orderEventKey":          {orderEventKey(space, "o", commerce.OrderEvent{ID: "e"}).pk},
		"contributionKey":        {contributionKey(space, "o").pk},
		"orderEntry":             {orderEntry(space, order).pk},
		"orderStateEntry":        {orderStateEntry(space, order).pk},
		"lookupKey":              {lookupKey(space, port.Lookup{Kind: "k", Value: "v"}, order).pk},
		"lookupPartition":        {lookupPartition(space, port.Lookup{Kind: "k", Value: "v"})},
		"attentionKey":           {attentionKey(space, "a", order).pk},
		"attentionPartition":     {attentionPartition(space, "a")},
		"wantKey":                {wantKey(space, port.Want{SKU: "s"}, "o").pk, wantKey(space, port.Want{Target: "t", Item: "i"}, "o").pk},
		"wantPartition":          {wantPartition(space, port.Want{SKU: "s"})},
		"wantsKey":               {wantsKey(space).pk},
		"generationsKey":         {generationsKey(space).pk},
		"dayKey":                 {totals{space, 0, 1}.dayKey(port.Contribution{Date: "d", Channel: "c", Currency: "x"}).pk},
		"days":                   {totals{space, 0, 1}.days()},
		"quarterKey":             {totals{space, 0, 1}.quarterKey(port.Contribution{Date: "d", Channel: "c", Currency: "x"}).pk},
		"quarters":               {totals{space, 0, 1}.quarters()},
		"cartKey":                {cartKey(space, "c").pk},
		"conversationKey":        {conversationKey(space, "c").pk},
		"conversationPartition":  {conversationPartition(space, "c")},
		"conversationEntry":      {conversationEntry(space, conv).pk},
		"conversationStateEntry": {conversationStateEntry(space, conv).pk},
		"messageKey":             {messageKey(space, "c", "m").pk},
		"aliasKey":               {aliasKey(space, "c", "r").pk},
		"messageEntry":           {messageEntry(space, commerce.Message{ID: "m", Conversation: "c"}).pk},
		"outboundKey":            {outboundKey(port.Outbound{ID: "o", Space: space, Key: "k"}).pk},
		"outboundPartition":      {outboundPartition(space, "k")},
		"reviewKey":              {reviewKey(space, "r").pk},
		"reviewEntry":            {reviewEntry(space, commerce.Review{ID: "r", Channel: "c"}).pk},
		"failureKey":             {failureKey(port.Failure{ID: "f", Space: space}).pk},
		"failurePartition":       {failurePartition(space)},
		"idempotencyKey":         {idempotencyKey(space, "k").pk},
		"jobKey":                 {jobKey(space, "j").pk},
		"jobPartition":           {jobPartition(space, "j")},
		"jobEntry":               {jobEntry(space, port.Job{ID: "j"}).pk},
		"stepKey":                {stepKey(space, port.JobStep{Job: "j", Key: "s"}).pk},
		"in":                     {in(space, "x")},
	}
}

// helpers of keys.go that answer no partition.
func noPartition() []string { return []string{"valid", "spaceOf", "refOf", "orderMovePrefix"} }

func TestSellersKeysBeginWithTheWorkspace(t *testing.T) {
	t.Parallel()
	keys := sellerKeys()
	for name, partitions := range keys {
		for _, pk := range partitions {
			if pk != "w#ws%231" && !strings.HasPrefix(pk, "w#ws%231#") {
				t.Errorf("%s names %q, which does not begin with the workspace; a key that crosses workspaces belongs into system.go", name, pk)
			}
			if back, ok := spaceOf(pk); !ok || back != space {
				t.Errorf("%s: the workspace of %q reads %q, %t", name, pk, back, ok)
			}
		}
	}
	for _, name := range functions(t, "keys.go") {
		if _, listed := keys[name]; !listed && !slices.Contains(noPartition(), name) {
			t.Errorf("%s of keys.go is not in this test: add it", name)
		}
	}
}

func TestSystemKeysAreInTheirFile(t *testing.T) {
	t.Parallel()
	for name, pk := range map[string]string{
		"credentialKey": credentialKey("h").pk, "publicKeyKey": publicKeyKey("k").pk, "accountClaimKey": accountClaimKey("c", "r").pk,
		"targetClaimKey": targetClaimKey("k", "r").pk, "principalKey": principalKey("c", "p", space, "g").pk, "principalPartition": principalPartition("c", "p"),
		"lockKey": lockKey("k").pk, "wakeKey": wakeKey("k").pk, "budgetKey": budgetKey("b").pk, "bookedKey": bookedKey("b").pk, "duePartition": duePartition("k", 1),
		"dueEntry": dueEntry(port.Due{Kind: "k", Space: space, ID: "i"}).pk,
	} {
		if !systemWide(pk) {
			t.Errorf("%s names %q, which does not begin with sys#", name, pk)
		}
	}
	for _, file := range sources(t) {
		for _, text := range literals(t, file) {
			if strings.Contains(text, "sys#") && file != "system.go" {
				t.Errorf("%s names a system partition in %s; those are listed in system.go", file, text)
			}
			if strings.Contains(text, "w#") && file != "keys.go" {
				t.Errorf("%s builds a key in %s; keys are built in keys.go", file, text)
			}
		}
	}
}

// TestKeysAreBuiltInTwoFiles: nowhere else is a key put together by hand.
func TestKeysAreBuiltInTwoFiles(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t) {
		if file == "keys.go" || file == "system.go" {
			continue
		}
		ast.Inspect(parse(t, file), func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || len(lit.Elts) == 0 {
				return true
			}
			if name, ok := lit.Type.(*ast.Ident); ok && (name.Name == "key" || name.Name == "entry") && file != "batch.go" && file != "read.go" {
				t.Errorf("%s builds a %s itself; use a function of keys.go", file, name.Name)
			}
			return true
		})
	}
}

func sources(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, name)
		}
	}
	return files
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func functions(t *testing.T, file string) []string {
	var names []string
	for _, d := range parse(t, file).Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

func literals(t *testing.T, file string) []string {
	var texts []string
	ast.Inspect(parse(t, file), func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			texts = append(texts, lit.Value)
		}
		return true
	})
	return texts
}
