package metasim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxRecords is the largest items_batch (items_batch reference, 2026-09).
const maxRecords = 5000

// record is one request of items_batch.
type record struct {
	Method string                     `json:"method"`
	Data   map[string]json.RawMessage `json:"data"`
}

func (r record) id() string {
	s, _ := str(r.Data["id"])
	return s
}

// remark is one line of validation_status.
type remark struct {
	Message string `json:"message"`
}

// validation is what the synchronous check says about one item.
type validation struct {
	RetailerID string   `json:"retailer_id"`
	Errors     []remark `json:"errors,omitempty"`
	Warnings   []remark `json:"warnings,omitempty"`
}

// handle is a batch on its way through the asynchronous part.
type handle struct {
	ID      string       `json:"id"`
	Records []record     `json:"records,omitempty"`
	Lines   []int        `json:"lines,omitempty"` // positions of the records in the call, from 1
	Upsert  bool         `json:"upsert"`
	Due     time.Time    `json:"due"`
	Done    bool         `json:"done"`
	Total   int          `json:"total"` // problems
	Errors  []lineRemark `json:"errors,omitempty"`
	Warned  int          `json:"warned"`
	Notes   []lineRemark `json:"notes,omitempty"` // warnings
	Invalid []string     `json:"invalid,omitempty"`
}

// lineRemark is one entry of a finished batch's errors or warnings.
type lineRemark struct {
	Line    int    `json:"line"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

func (c *call) itemsBatch() (any, error) {
	upsert, records, err := readBatch(c.req.p)
	if err != nil {
		return nil, err
	}
	accepted, lines, remarks := inspect(records)
	answer := object{"handles": []string{}}
	if len(remarks) > 0 {
		answer["validation_status"] = remarks
	}
	if len(accepted) == 0 {
		return answer, nil // nothing was taken in, and the status is 200 all the same
	}
	n, err := c.tx.Next(tableHandle)
	if err != nil {
		return nil, err
	}
	delay := c.HandleDelay
	if c.ReorderHandles && n%2 == 1 {
		delay *= 3
	}
	h := handle{ID: c.secret("Ac", "handle", n), Records: accepted, Lines: lines, Upsert: upsert, Due: c.now.Add(delay)}
	if err := c.tx.Put(tableHandle, h.ID, h); err != nil {
		return nil, err
	}
	answer["handles"] = []string{h.ID}
	return answer, c.tx.Put(tableOpen, h.ID, h.Due)
}

// readBatch checks the call as a whole.
func readBatch(p params) (upsert bool, records []record, err error) {
	if p["item_type"] == "" {
		return false, nil, badParameter("The parameter item_type is required.")
	}
	if p["item_type"] != "PRODUCT_ITEM" {
		return false, nil, badParameter("Param item_type must be PRODUCT_ITEM for this catalog - got %q.", p["item_type"])
	}
	if upsert, err = p.flag("allow_upsert", true); err != nil {
		return false, nil, err
	}
	if v := p["version"]; v != "" {
		if _, err := strconv.ParseUint(v, 10, 32); err != nil {
			return false, nil, badParameter("Param version must be an unsigned number")
		}
	}
	records, err = decodeRecords(p["requests"])
	return upsert, records, err
}

// decodeRecords reads the parameter requests: a JSON array.
func decodeRecords(text string) ([]record, error) {
	if text == "" {
		return nil, badParameter("The parameter requests is required.")
	}
	var records []record
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		return nil, badParameter("Param requests must be an array of {method, data}")
	}
	if len(records) == 0 || len(records) > maxRecords {
		return nil, badParameter("Param requests must hold 1 to %d records, holds %d", maxRecords, len(records))
	}
	return records, nil
}

// inspect is the synchronous check. An id that occurs twice refuses all its
// records; a warning lets the record through.
func inspect(records []record) (accepted []record, lines []int, remarks []validation) {
	times := map[string]int{}
	for _, r := range records {
		times[r.id()]++
	}
	rules := itemRules()
	for i, r := range records {
		v := r.inspect(rules)
		if id := r.id(); id != "" && times[id] > 1 {
			v.Errors = append(v.Errors, remark{"Duplicate retailer_id in batch api call"})
		}
		if len(v.Errors) == 0 {
			accepted, lines = append(accepted, r), append(lines, i+1)
		}
		if len(v.Errors)+len(v.Warnings) > 0 {
			remarks = append(remarks, v)
		}
	}
	return accepted, lines, remarks
}

func (r record) inspect(rules map[string]rule) validation {
	v := validation{RetailerID: r.id()}
	refuse := func(format string, args ...any) { v.Errors = append(v.Errors, remark{fmt.Sprintf(format, args...)}) }
	if !slices.Contains([]string{"CREATE", "UPDATE", "DELETE"}, r.Method) {
		refuse("Invalid method %q: must be CREATE, UPDATE or DELETE", r.Method)
		return v
	}
	switch id := v.RetailerID; {
	case id == "":
		refuse("A required field is missing: id")
	case utf8.RuneCountInString(id) > 100:
		refuse("id must have at most 100 characters")
	case strings.ContainsAny(id, ",:"):
		refuse("id must not contain a comma or a colon")
	}
	for _, name := range sortedNames(r.Data) {
		check, known := rules[name]
		switch {
		case name == "id":
		case r.Method == "DELETE":
			v.Warnings = append(v.Warnings, remark{"DELETE takes only an id, ignored: " + name})
		case !known:
			v.Warnings = append(v.Warnings, remark{"Unrecognised field: " + name})
		case clears(r.Data[name]):
		default:
			if problem := check(r.Data[name]); problem != "" {
				refuse("%s %s", name, problem)
			}
		}
	}
	for _, problem := range r.incomplete() {
		refuse("%s", problem)
	}
	return v
}

// incomplete checks the required fields: all of them for CREATE, and for UPDATE
// those that are sent.
func (r record) incomplete() []string {
	var out []string
	switch r.Method {
	case "CREATE":
		for _, name := range lacking(r.Data) {
			out = append(out, "A required field is missing: "+name)
		}
	case "UPDATE":
		for _, name := range requiredFields() {
			if raw, sent := r.Data[name]; sent && blank(raw) {
				out = append(out, "A required field may not be empty: "+name)
			}
		}
	}
	return out
}

func sortedNames(data map[string]json.RawMessage) []string {
	names := make([]string, 0, len(data))
	for name := range data {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// handleLife is how long a handle can be asked about; Meta names no number.
const handleLife = 7 * 24 * time.Hour

// batchStatus answers how far a batch is. The ids of refused requests are
// listed only when asked for, and errors are a sample.
func (c *call) batchStatus() (any, error) {
	id := c.req.p["handle"]
	if id == "" {
		return nil, badParameter("The parameter handle is required.")
	}
	load, err := c.req.p.flag("load_ids_of_invalid_requests", false)
	if err != nil {
		return nil, err
	}
	var h handle
	found, err := c.tx.Find(tableHandle, id, &h)
	if err != nil {
		return nil, err
	}
	if !found || c.now.Sub(h.Due) > handleLife {
		return nil, badParameter("The handle is invalid or has expired")
	}
	o := object{"handle": h.ID, "status": "in_progress", "errors": []lineRemark{}, "errors_total_count": 0, "warnings": []lineRemark{}, "warnings_total_count": 0, "ids_of_invalid_requests": []string{}}
	if h.Done {
		o["status"], o["errors"], o["errors_total_count"] = "finished", orEmpty(h.Errors), h.Total
		o["warnings"], o["warnings_total_count"] = orEmpty(h.Notes), h.Warned
		if load {
			o["ids_of_invalid_requests"] = orEmpty(h.Invalid)
		}
	}
	shown, err := c.show("batch_status", o, "handle,status,errors,errors_total_count,warnings,warnings_total_count,ids_of_invalid_requests")
	return object{"data": []object{shown}}, err
}
