package catalog

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// MaxRows bounds a file: beyond it, the file has to be split.
const MaxRows = 200_000

// Table is a file of products: rows of one header, grouped by product.
type Table struct {
	Format string
	Rows   int
	Groups []RowGroup
	// columns are the header's names in lower case.
	columns map[string]int
}

// RowGroup is the rows of one product, in file order.
type RowGroup struct {
	Handle string
	Rows   []Row
	// Broken are rows that can't be read; then the product is not imported.
	Broken []port.RowProblem
}

// Row is one record; the header is row 1.
type Row struct {
	Number int
	Cells  []string
}

// ReadTable reads a file of products. The errors are faults of kind Invalid:
// the file as a whole can't be imported. Rows that can't be read fail alone.
func ReadTable(data []byte, format string) (Table, error) {
	text, err := utf8Text(data)
	if err != nil {
		return Table{}, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return Table{}, badFile("not_csv", "This is not a CSV file: it has no header row that can be read.")
	}
	t := Table{columns: make(map[string]int, len(header))}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := t.columns[name]; !twice && name != "" {
			t.columns[name] = i
		}
	}
	for short, column := range shortNames() {
		if at, ok := t.columns[short]; ok && !t.has(column) {
			t.columns[column] = at
		}
	}
	if t.Format, err = t.detect(format); err != nil {
		return Table{}, err
	}
	return t, t.read(r, len(header))
}

// shortNames are what people who write a file by hand call Shopify's columns.
func shortNames() map[string]string {
	return map[string]string{
		"sku": "variant sku", "price": "variant price", "quantity": "variant inventory qty", "stock": "variant inventory qty", "grams": "variant grams",
		"barcode": "variant barcode", "image": "image src", "description": "body (html)", "brand": "vendor",
	}
}

func badFile(code, format string, args ...any) error {
	f := fault.New(fault.Invalid, code, format, args...)
	f.Field = "file"
	return f
}

func utf8Text(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return nil, badFile("encoding", "The file is in UTF-16. Save it as “CSV UTF-8” and import it again.")
	case len(bytes.TrimSpace(data)) == 0:
		return nil, badFile("empty_file", "The file is empty.")
	case bytes.IndexByte(data, 0) >= 0:
		return nil, badFile("not_csv", "This is not a CSV file: it holds binary data.")
	case !utf8.Valid(data):
		return nil, badFile("encoding", "The file is not in UTF-8. Save it as “CSV UTF-8” and import it again.")
	}
	return bytes.TrimPrefix(data, []byte{0xef, 0xbb, 0xbf}), nil
}

// detect names the format of the header. Ours has Shopify's columns and a few
// more, so that either may be edited in the same spreadsheet.
func (t Table) detect(want string) (string, error) {
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := t.columns[n]; !ok {
				return false
			}
		}
		return true
	}
	found := ""
	switch {
	case !has("handle", "title", "variant price"):
	case has("currency") || has("who made"):
		found = "manystall"
	default:
		found = "shopify"
	}
	switch {
	case want != "" && want != "auto" && want != "shopify" && want != "manystall":
		return "", badFile("unknown_format", "The format %q can't be imported; shopify and manystall can.", want)
	case found == "":
		return "", badFile("unknown_columns", "The header is not one of a product file: it needs at least the columns Handle, Title and Variant Price.")
	case want == "shopify" || want == "manystall":
		return want, nil
	}
	return found, nil
}

func (t *Table) read(r *csv.Reader, width int) error {
	index := map[string]int{}
	group := func(handle string) *RowGroup {
		i, ok := index[handle]
		if !ok {
			i = len(t.Groups)
			index[handle] = i
			t.Groups = append(t.Groups, RowGroup{Handle: handle})
		}
		return &t.Groups[i]
	}
	last := ""
	for number := 2; ; number++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if t.Rows++; t.Rows > MaxRows {
			return badFile("too_many_rows", "The file has more than %d rows. Split it.", MaxRows)
		}
		handle := last
		if len(cells) > 0 && strings.TrimSpace(t.cell(cells, "handle")) != "" {
			handle = strings.TrimSpace(t.cell(cells, "handle"))
		}
		last = handle
		g := group(handle)
		if problem := broken(number, cells, width, err, handle); problem != nil {
			g.Broken = append(g.Broken, *problem)
			continue
		}
		g.Rows = append(g.Rows, Row{Number: number, Cells: cells})
	}
	if t.Rows == 0 {
		return badFile("no_rows", "The file has a header and nothing below it.")
	}
	return nil
}

func broken(number int, cells []string, width int, err error, handle string) *port.RowProblem {
	switch {
	case err != nil:
		return &port.RowProblem{Row: number, Field: "row", Code: "unreadable_row", Message: "This row can't be read: a quotation mark is missing or too many."}
	case len(cells) != width:
		return &port.RowProblem{Row: number, Field: "row", Code: "wrong_columns", Value: fmt.Sprint(len(cells)), Message: fmt.Sprintf("This row has %d columns, the header has %d.", len(cells), width)}
	case handle == "":
		return &port.RowProblem{Row: number, Field: "handle", Code: "handle_missing", Message: "This row names no product: fill in the Handle."}
	}
	return nil
}

func (t Table) cell(cells []string, name string) string {
	i, ok := t.columns[name]
	if !ok || i >= len(cells) {
		return ""
	}
	return cells[i]
}

func (t Table) has(name string) bool {
	_, ok := t.columns[name]
	return ok
}
