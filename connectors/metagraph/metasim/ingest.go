package metasim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// sample is how many errors and warnings of a batch are told; their number is
// told in full.
const sample = 10

// Stages of work on an item after its batch finished.
const (
	stagePictures = "pictures"
	stageReview   = "review"
)

// work is what is left to do on an item.
type work struct {
	Stage string    `json:"stage"`
	Due   time.Time `json:"due,omitzero"`
}

// finishHandles carries out the batches whose time has come, each in one
// transaction.
func (s *Sim) finishHandles(context.Context) error {
	due := map[string]time.Time{}
	now := s.env.Now()
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		return simkit.Each(tx, tableOpen, "", func(id string, at time.Time) bool {
			if !at.After(now) {
				due[id] = at
			}
			return true
		})
	})
	if err != nil {
		return err
	}
	order := slices.SortedFunc(maps.Keys(due), func(a, b string) int {
		if n := due[a].Compare(due[b]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, id := range order {
		if err := s.env.Store.Update(func(tx *simkit.Tx) error { return s.finish(tx, id) }); err != nil {
			return fmt.Errorf("finish batch %s: %w", id, err)
		}
	}
	return nil
}

func (s *Sim) finish(tx *simkit.Tx, id string) error {
	w, err := s.world(tx)
	if err != nil {
		return err
	}
	var h handle
	if found, err := tx.Find(tableHandle, id, &h); err != nil || !found || h.Done {
		return err
	}
	for i, r := range h.Records {
		if err := s.apply(tx, w.Catalog, &h, i, r); err != nil {
			return err
		}
	}
	h.Done, h.Records, h.Lines = true, nil, nil
	if err := tx.Put(tableHandle, id, h); err != nil {
		return err
	}
	return tx.Delete(tableOpen, id)
}

// problem counts a refused request. Meta's own sample tells the text of such a
// problem under warnings while only the error count grows.
func (h *handle) problem(i int, id, message string, asWarning bool) {
	h.Total++
	h.Invalid = append(h.Invalid, id)
	note := lineRemark{Line: h.Lines[i], ID: id, Message: message}
	if asWarning {
		h.warn(note)
	} else if len(h.Errors) < sample {
		h.Errors = append(h.Errors, note)
	}
}

func (h *handle) warn(note lineRemark) {
	h.Warned++
	if len(h.Notes) < sample {
		h.Notes = append(h.Notes, note)
	}
}

// apply carries out one record.
func (s *Sim) apply(tx *simkit.Tx, catalog string, h *handle, i int, r record) error {
	id := r.id()
	key := itemKey(catalog, id)
	var it item
	found, err := tx.Find(tableItem, key, &it)
	if err != nil {
		return err
	}
	switch {
	case r.Method == "DELETE" && !found:
		h.warn(lineRemark{Line: h.Lines[i], ID: id, Message: "There is no item with this id to delete"})
		return nil
	case r.Method == "DELETE":
		return remove(tx, key, it)
	case r.Method == "CREATE" && found && !h.Upsert:
		h.problem(i, id, "An item with this id exists already", false)
		return nil
	case r.Method == "UPDATE" && !found && !h.Upsert:
		h.problem(i, id, "There is no item with this id to update", false)
		return nil
	case !found && len(lacking(r.Data)) > 0:
		for _, name := range lacking(r.Data) {
			h.problem(i, id, "A required field is missing: "+name, true)
		}
		return nil
	}
	return s.merge(tx, key, it, r)
}

func remove(tx *simkit.Tx, key string, it item) error {
	for table, row := range map[string]string{tableItem: key, tableWork: key, tableNode: it.ID} {
		if err := tx.Delete(table, row); err != nil {
			return err
		}
	}
	return nil
}

// merge writes the fields of a record over an item and schedules what follows:
// new pictures are fetched, and texts that a policy could mind are reviewed.
func (s *Sim) merge(tx *simkit.Tx, key string, it item, r record) error {
	if it.ID == "" {
		var err error
		if it.ID, err = s.fresh(tx, kindItem, key, 16); err != nil {
			return err
		}
		it.RetailerID, it.Image, it.Data = r.id(), imageNone, map[string]json.RawMessage{}
	}
	before := it.pictures()
	changed := it.overwrite(r.Data)
	next := work{}
	_, imageSent := changed["image"]
	_, linkSent := changed["image_link"]
	switch {
	case !slices.Equal(before, it.pictures()), it.Image == imageFailed && (imageSent || linkSent):
		next.Stage = stagePictures
		if it.Image != imageNone {
			it.Image = imageOutdated
		}
	case it.Image != imageFailed && reviewed(changed):
		next = work{Stage: stageReview, Due: s.env.Now().Add(s.ReviewDelay)}
	}
	if next.Stage != "" {
		it.Review, it.Reasons, it.ReviewDue = reviewPending, nil, next.Due
		if err := queueWork(tx, key, next); err != nil {
			return err
		}
	}
	return tx.Put(tableItem, key, it)
}

// overwrite takes over the fields of a record and says for each that was sent
// whether it changed; an empty one is taken away.
func (it *item) overwrite(data map[string]json.RawMessage) map[string]bool {
	changed := map[string]bool{}
	for name, raw := range data {
		if name == "id" {
			continue
		}
		changed[name] = !alike(it.Data[name], raw)
		if clears(raw) {
			delete(it.Data, name)
		} else {
			it.Data[name] = raw
		}
	}
	it.Version++
	return changed
}

// clears says whether a value takes a field away: null, or an empty text as
// Meta's own plugin sends it (facebook-for-woocommerce, 2022-08).
func clears(raw json.RawMessage) bool { return string(raw) == "null" || string(raw) == `""` }

// alike says whether two JSON values mean the same to a reviewer, however they
// are escaped.
func alike(a, b json.RawMessage) bool {
	if text(a) == text(b) {
		return true
	}
	first, err1 := json.Marshal(a)
	second, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(first, second)
}

// queueWork keeps the earlier stage: an item whose pictures are still to come
// is reviewed after them anyway.
func queueWork(tx *simkit.Tx, key string, next work) error {
	var now work
	if found, err := tx.Find(tableWork, key, &now); err != nil || found && now.Stage == stagePictures {
		return err
	}
	return tx.Put(tableWork, key, next)
}

// reviewed says whether a change of these fields starts a new policy review.
// internal_label is the one label that does not.
func reviewed(changed map[string]bool) bool {
	for name, really := range changed {
		if really && (strings.HasPrefix(name, "custom_label_") || slices.Contains([]string{"title", "description", "rich_text_description",
			"brand", "google_product_category", "fb_product_category", "product_type"}, name)) {
			return true
		}
	}
	return false
}
