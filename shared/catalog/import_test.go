package catalog_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func file(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// again imports a file twice and wants the second time to change nothing.
func again(t *testing.T, b *bench, text string) port.Job {
	t.Helper()
	first := b.load(text)
	b.dropMarks()
	writes := b.store.products
	b.clock.Advance(time.Hour)
	second := b.load(text)
	if second.Unchanged != second.Rows-first.Failed || b.store.products != writes || len(b.marks()) != 0 {
		t.Errorf("the same file again: %d of %d rows unchanged, %d products written, marks %v", second.Unchanged, second.Rows, b.store.products-writes, b.marks())
	}
	return first
}

func TestARealShopifyFile(t *testing.T) {
	t.Parallel()
	text := file(t, "../../../shared/data/shopify-apparel.csv")
	b := newBench(t)
	job := again(t, b, text)
	if job.State != "done" || job.Failed != 0 || job.Created != job.Rows || job.Params["format"] != "shopify" {
		t.Errorf("job %+v", job)
	}
	list, err := b.store.ListProducts(t.Context(), space, port.Page{Limit: 100})
	b.ok(err)
	if len(list.Items) != 20 {
		t.Errorf("%d products", len(list.Items))
	}
	for _, item := range list.Items {
		p, err := b.store.Product(t.Context(), space, item.ID)
		b.ok(err)
		if p.Title == "" || strings.Contains(p.Description, "</") || len(p.Variants) == 0 || len(p.Images) == 0 {
			t.Errorf("product %+v", p)
		}
		for _, v := range p.Variants {
			if v.SKU == "" || v.Price.Amount <= 0 || v.Price.Currency != "USD" {
				t.Errorf("%s: variant %+v", p.Handle, v)
			}
		}
	}
}

func TestTheSampleCatalog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := again(t, b, file(t, "../../infra/local/sample/catalog.csv"))
	if job.Failed != 0 || job.Created != job.Rows || job.Params["format"] != "manystall" {
		t.Errorf("job %+v", job)
	}
	mug := b.product("stoneware-mug")
	if len(mug.Variants) != 3 || mug.Variants[0].SKU != "MUG-OAT" || b.onHand(mug.Variants[0]) != 18 || mug.Attributes["who_made"] != "i_did" || len(mug.Images) != 3 {
		t.Errorf("product %+v", mug)
	}
	if want := "Thrown on the wheel and glazed in small batches.\nHolds 350 ml. Dishwasher safe."; mug.Description != want {
		t.Errorf("description %q", mug.Description)
	}
	l, err := b.store.Listing(t.Context(), space, port.ListingIDOf(target, mug.ID))
	b.ok(err)
	if l.Views[commerce.Etsy].State != commerce.ListingQueued {
		t.Errorf("listing %+v", l)
	}
}

func TestTheDefectsAreForTheMarketplacesToRefuse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.load(file(t, "../../infra/local/sample/defects.csv"))
	if job.State != "done" || job.Rows == 0 || job.Created == 0 {
		t.Errorf("job %+v", job)
	}
}

func TestFilesThatCannotBeReadBeginNothing(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	many.WriteString("Handle,Title,Variant Price\n")
	many.WriteString(strings.Repeat("a,b,1\n", catalog.MaxRows+1))
	for name, c := range map[string]struct{ data, code string }{
		"empty":       {" \n", "empty_file"},
		"binary":      {"PK\x03\x04\x00\x00", "not_csv"},
		"UTF-16":      {"\xff\xfeH\x00a\x00", "encoding"},
		"Latin-1":     {"Handle,Title,Variant Price\na,caf\xe9,1\n", "encoding"},
		"header only": {"Handle,Title,Variant Price\n", "no_rows"},
		"other table": {"id,name\n1,a\n", "unknown_columns"},
		"broken head": {"\"Handle,Title\n", "not_csv"},
		"huge":        {many.String(), "too_many_rows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			_, err := b.im.Start(t.Context(), space, catalog.Upload{Data: []byte(c.data)})
			if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || f.Code != c.code || f.Field != "file" {
				t.Errorf("%v", err)
			}
			jobs, listErr := b.store.ListJobs(t.Context(), space, port.Page{Limit: 10})
			b.ok(listErr)
			if len(jobs.Items) != 0 || len(b.queue.sent) != 0 {
				t.Errorf("something was begun: %v", jobs.Items)
			}
		})
	}
	b := newBench(t)
	if _, err := b.im.Start(t.Context(), space, catalog.Upload{Format: "excel", Data: []byte(table("a,A,,,,,1"))}); fault.Of(err).Code != "unknown_format" {
		t.Errorf("%v", err)
	}
	if _, err := b.im.Start(t.Context(), space, catalog.Upload{Blob: "tmp/none"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestWhatAFileMaySay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file            string
		created, failed int
		code            string
		row             int
	}{
		"byte order mark":      {"\ufeff" + table("mug,Mug,,,M,1,10.00"), 1, 0, "", 0},
		"carriage returns":     {strings.ReplaceAll(table("mug,Mug,,,M,1,10", "cup,Cup,,,C,1,5"), "\n", "\r\n"), 2, 0, "", 0},
		"quoted newline":       {table("mug,\"Mug\",Size,\"S\nmall\",M,1,10"), 1, 0, "", 0},
		"wrong price":          {table("mug,Mug,,,M,1,$10", "cup,Cup,,,C,1,5"), 1, 1, "price", 2},
		"too exact a price":    {table("mug,Mug,,,M,1,10.001"), 0, 1, "price", 2},
		"negative price":       {table("mug,Mug,,,M,1,-1"), 0, 1, "price", 2},
		"half a piece":         {table("mug,Mug,,,M,1.5,10"), 0, 1, "number", 2},
		"SKU of another":       {table("mug,Mug,,,SAME,1,10", "cup,Cup,,,SAME,1,5"), 1, 1, "sku_taken", 3},
		"SKU twice in product": {table("mug,Mug,Size,S,X,1,10", "mug,,,M,X,1,10"), 0, 2, "duplicate_sku", 3},
		"options twice":        {table("mug,Mug,Size,S,A,1,10", "mug,,,S,B,1,10"), 0, 2, "duplicate_options", 3},
		"option missing":       {table("mug,Mug,Size,S,A,1,10", "mug,,,,B,1,10"), 0, 2, "option_missing", 3},
		"no handle":            {table(",Mug,,,A,1,10", "cup,Cup,,,C,1,5"), 1, 1, "handle_missing", 2},
		"no title":             {table("mug,,,,A,1,10"), 0, 1, "title_missing", 2},
		"too many columns":     {table("mug,Mug,,,A,1,10,more", "cup,Cup,,,C,1,5"), 1, 1, "wrong_columns", 2},
		"broken row":           {table("mug,Mug,,,A,1,10", "cup,C\"up,,,C,1,5", "hat,Hat,,,H,1,7"), 2, 1, "unreadable_row", 3},
		"control character":    {table("mug,Mu\x07g,,,A,1,10"), 0, 1, "control_character", 2},
		"long handle":          {table(strings.Repeat("m", 300) + ",Mug,,,A,1,10"), 0, 1, "handle", 2},
		"301 variants":         {table(variants(301)...), 0, 301, "too_many_variants", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			job := b.load(c.file)
			if job.State != "done" || job.Created != c.created || job.Failed != c.failed {
				t.Errorf("job %+v", job)
			}
			if c.code == "" {
				return
			}
			if len(job.Problems) == 0 || job.Problems[0].Code != c.code || job.Problems[0].Row != c.row || job.Problems[0].Message == "" {
				t.Errorf("problems %+v", job.Problems)
			}
		})
	}
}

func variants(n int) []string {
	rows := make([]string, 0, n)
	for i := range n {
		title := ""
		if i == 0 {
			title = "Many"
		}
		rows = append(rows, fmt.Sprintf("many,%s,Size,S%d,SKU-%d,%d,10", title, i, i, i))
	}
	return rows
}

func TestThreeHundredVariants(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := again(t, b, table(variants(300)...))
	p := b.product("many")
	if job.Created != 300 || len(p.Variants) != 300 || b.onHand(p.Variants[299]) != 299 {
		t.Errorf("job %+v, %d variants", job, len(p.Variants))
	}
}

func TestImportSellImportLeavesTheSale(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.load(table("mug,Mug,,,M,10,5"))
	v := b.product("mug").Variants[0]
	b.sell(v, 3)
	b.load(table("mug,Mug,,,M,10,5"))
	if n := b.onHand(v); n != 7 {
		t.Errorf("on hand %d", n)
	}
	b.load(table("mug,Mug,,,M,12,5"))
	if n := b.onHand(v); n != 9 {
		t.Errorf("on hand %d after the file says two more", n)
	}
	b.load(table("mug,Mug,,,M,0,5"))
	if n := b.onHand(v); n != 0 {
		t.Errorf("on hand %d after the file says none", n)
	}
}

func TestSKUsChangePlacesWithinAProduct(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.load(table("mug,Mug,Size,S,ONE,1,5", "mug,,,L,TWO,2,5"))
	before := b.product("mug")
	job := b.load(table("mug,Mug,Size,S,TWO,1,5", "mug,,,L,ONE,2,5"))
	after := b.product("mug")
	if job.Updated != 2 || after.Variants[0].SKU != "TWO" || after.Variants[0].ID != before.Variants[0].ID {
		t.Errorf("job %+v, variants %+v", job, after.Variants)
	}
	ref, err := b.store.ProductBySKU(t.Context(), space, "ONE")
	b.ok(err)
	if ref.Variant != after.Variants[1].ID {
		t.Errorf("ONE is %v", ref)
	}
	job = b.load(table("mug,Mug,Size,S,TWO,1,5"))
	if _, err := b.store.ProductBySKU(t.Context(), space, "ONE"); !fault.Is(err, fault.NotFound) || job.Updated != 1 {
		t.Errorf("a SKU that left is still taken: %v", err)
	}
}

func TestAFileWithoutAColumnLeavesItAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.load("Handle,Title,Body (HTML),Vendor,Variant SKU,Variant Price,Published\nmug,Mug,<p>Nice</p>,Fern,M,5,false\n")
	b.load("Handle,Title,Variant SKU,Variant Price\nmug,New,M,5\n")
	if p := b.product("mug"); p.Title != "New" || p.Description != "Nice" || p.Brand != "Fern" || !p.Archived {
		t.Errorf("product %+v", p)
	}
}

// TestAKillAtEveryStepOfAnImport takes the file through a kill at each write.
func TestAKillAtEveryStepOfAnImport(t *testing.T) {
	t.Parallel()
	first := table("mug,Mug,Size,S,M-S,5,10", "mug,,,L,M-L,5,10", "cup,Cup,,,C,7,5", "bad,Bad,,,B,1,x")
	second := table("mug,Mug,Size,S,M-S,8,10", "mug,,,L,M-L,5,10", "cup,Cup,,,C,7,5", "hat,Hat,,,H,1,5")
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b := newBench(t)
			b.load(first)
			b.sell(b.product("mug").Variants[0], 2)
			job := b.start(second)
			task, _ := b.queue.take()
			b.store.steps, b.store.killAt, b.store.after = 0, n, after
			killed := b.killed(task)
			b.store.killAt = 0
			b.queue.sent = append(b.queue.sent, task) // the message comes back
			b.work()
			done := b.job(job.ID)
			mug := b.product("mug")
			if done.State != "done" || done.Created != 1 || done.Updated != 2 || done.Unchanged != 1 || done.Failed != 0 {
				t.Errorf("killed at %d (after %v): %+v", n, after, done)
			}
			if s, l, h := b.onHand(mug.Variants[0]), b.onHand(mug.Variants[1]), b.onHand(b.product("hat").Variants[0]); s != 6 || l != 5 || h != 1 {
				t.Errorf("killed at %d (after %v): on hand %d, %d and %d", n, after, s, l, h)
			}
			if !killed {
				if n < 5 {
					t.Errorf("only %d steps", n)
				}
				break
			}
		}
	}
}

func (b *bench) killed(task port.JobTask) (killed bool) {
	defer func() {
		if r := recover(); r != nil {
			if r != errKilled {
				panic(r)
			}
			killed = true
		}
	}()
	b.ok(b.im.Step(b.t.Context(), task))
	return false
}

func TestTwoImportsAtOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		b := newBench(t)
		b.load(table("mug,Mug,,,M,5,10", "cup,Cup,,,C,5,10"))
		b.sell(b.product("mug").Variants[0], 1)
		jobs := []port.Job{b.start(table("mug,Mug A,,,M,8,10", "cup,Cup A,,,C,5,10")), b.start(table("cup,Cup B,,,C,5,10", "mug,Mug B,,,M,9,10"))}
		var wg sync.WaitGroup
		for _, j := range jobs {
			for range 2 { // and each message twice
				wg.Go(func() {
					for range 3 {
						if err := b.im.Step(t.Context(), port.JobTask{Space: space, Job: j.ID}); err == nil {
							return
						}
					}
				})
			}
		}
		wg.Wait()
		b.work()
		for _, j := range jobs {
			if done := b.job(j.ID); done.State != "done" || done.Failed != 0 || done.Created != 0 {
				t.Errorf("job %+v", done)
			}
		}
		v := b.product("mug").Variants[0]
		if n := b.onHand(v); n != *v.Stated-1 && n != 7 && n != 8 {
			t.Errorf("on hand %d, stated %d, one sold", n, *v.Stated)
		}
	}
}

func TestAnImportWithAKeyHappensOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	up := catalog.Upload{Data: []byte(table("mug,Mug,,,M,5,10")), Key: "k1"}
	first, err := b.im.Start(t.Context(), space, up)
	b.ok(err)
	twice, err := b.im.Start(t.Context(), space, up)
	b.ok(err)
	b.work()
	third, err := b.im.Start(t.Context(), space, up)
	b.ok(err)
	if twice.ID != first.ID || third.ID != first.ID || third.State != "done" || len(b.queue.sent) != 0 {
		t.Errorf("%s, %s, %s (%s)", first.ID, twice.ID, third.ID, third.State)
	}
	other, err := b.im.Start(t.Context(), "ws_other", up)
	if err == nil && other.ID == first.ID {
		t.Error("a key of one workspace met another's")
	}
}

func TestAFileThatIsGoneFailsTheImport(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.start(table("mug,Mug,,,M,5,10"))
	b.ok(b.blobs.DeleteBlob(t.Context(), job.Blob))
	b.work()
	if done := b.job(job.ID); done.State != "failed" || done.Reason == "" || done.EndedAt.IsZero() {
		t.Errorf("job %+v", done)
	}
	b.ok(b.im.Step(t.Context(), port.JobTask{Space: space, Job: "imp_none"}))
}

func TestSpreadMarksEveryProduct(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var rows []string
	for i := range 130 {
		rows = append(rows, fmt.Sprintf("p%d,P,,,S%d,1,5", i, i))
	}
	b.load(table(rows...))
	b.dropMarks()
	b.clock.Advance(time.Hour)
	b.ok(b.im.Spread(t.Context(), space, target))
	task, _ := b.queue.take()
	b.ok(b.im.Step(t.Context(), task))
	if n := len(b.marks()); n != 4*130 {
		t.Errorf("%d marks", n)
	}
	second, _ := b.queue.take()
	b.load(table("late,Late,,,LATE,1,5"))
	b.dropMarks()
	b.ok(b.im.Step(t.Context(), second))
	if marks := b.marks(); len(marks) != 4 || marks[0].Product != catalog.ProductIDOf(space, "late") {
		t.Errorf("the second look left %v", marks)
	}
	job, err := b.store.Job(t.Context(), space, task.Job)
	b.ok(err)
	if job.State != "done" || job.Params["products"] != "130" {
		t.Errorf("job %+v", job)
	}
}
