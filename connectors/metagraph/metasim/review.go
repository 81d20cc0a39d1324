package metasim

import (
	"context"
	"fmt"
	"image"
	_ "image/gif"  // formats that Meta's crawler takes
	_ "image/jpeg" // the same
	_ "image/png"  // the same
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// The least size of a picture and how much of it is read.
const (
	minEdge    = 500
	maxPicture = 8 << 20
)

// due lists the items whose work of a stage has come, at most `most` of them.
func (s *Sim) due(stage string, most int) ([]string, error) {
	var keys []string
	now := s.env.Now()
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		return simkit.Each(tx, tableWork, "", func(key string, w work) bool {
			if w.Stage == stage && !w.Due.After(now) {
				keys = append(keys, key)
			}
			return len(keys) < most
		})
	})
	return keys, err
}

// fetchPictures gets the pictures of new and changed items, outside of any
// transaction, and sends them on to review.
func (s *Sim) fetchPictures(ctx context.Context) error {
	keys, err := s.due(stagePictures, max(1, s.PicturesPerTick))
	if err != nil {
		return err
	}
	seen := map[string]string{}
	budget := s.PicturesPerTick
	for _, key := range keys {
		if budget <= 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		n, err := s.fetchItem(ctx, key, seen)
		if err != nil {
			return fmt.Errorf("fetch pictures of %s: %w", key, err)
		}
		budget -= n
	}
	return nil
}

// fetchItem fetches one item's pictures and says how many were new.
func (s *Sim) fetchItem(ctx context.Context, key string, seen map[string]string) (int, error) {
	var it item
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		_, err := tx.Find(tableItem, key, &it)
		return err
	})
	if err != nil {
		return 0, err
	}
	fresh := 0
	got := outcome{version: it.Version}
	for i, address := range it.pictures() {
		if _, known := seen[address]; !known {
			seen[address] = s.fetch(ctx, address)
			fresh++
		}
		if seen[address] == "" {
			got.good++
			got.first = got.first || i == 0
			continue
		}
		got.problems = append(got.problems, itemError{Title: "Image could not be used", Description: seen[address], Type: errorImage, Priority: "HIGH"})
	}
	return fresh, s.env.Store.Update(func(tx *simkit.Tx) error { return s.keepPictures(tx, key, got) })
}

// outcome is what fetching the pictures of one version of an item gave.
type outcome struct {
	version  int
	good     int
	first    bool // the main picture is good
	problems []itemError
}

// keepPictures stores the outcome unless the item changed meanwhile; then it
// is still in the list of work.
func (s *Sim) keepPictures(tx *simkit.Tx, key string, got outcome) error {
	var it item
	if found, err := tx.Find(tableItem, key, &it); err != nil || !found || it.Version != got.version {
		return err
	}
	it.Fetched, it.Errors = got.good, got.problems
	switch {
	case !got.first:
		// Without its main picture an item cannot be shown, and there is
		// nothing to review.
		it.Image, it.Review, it.Passed = imageFailed, reviewNone, false
		if err := tx.Delete(tableWork, key); err != nil {
			return err
		}
		return tx.Put(tableItem, key, it)
	case len(got.problems) > 0:
		it.Image = imagePartial
	default:
		it.Image = imageFetched
	}
	it.ReviewDue = s.env.Now().Add(s.ReviewDelay)
	if err := tx.Put(tableWork, key, work{Stage: stageReview, Due: it.ReviewDue}); err != nil {
		return err
	}
	return tx.Put(tableItem, key, it)
}

// fetch reads one picture as the crawler does and says what is wrong with it.
func (s *Sim) fetch(ctx context.Context, address string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	resp, err := s.env.Fetch(ctx, address)
	if err != nil {
		return address + " could not be reached"
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Sprintf("%s answered %d", address, resp.StatusCode)
	}
	config, _, err := image.DecodeConfig(io.LimitReader(resp.Body, maxPicture))
	if err != nil {
		return address + " is not a picture in a supported format"
	}
	if config.Width < minEdge || config.Height < minEdge {
		return fmt.Sprintf("%s has %d x %d points, less than %d x %d", address, config.Width, config.Height, minEdge, minEdge)
	}
	return ""
}

// review decides about the items whose review is due.
func (s *Sim) review(context.Context) error {
	keys, err := s.due(stageReview, maxRecords)
	if err != nil || len(keys) == 0 {
		return err
	}
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		for _, key := range keys {
			if err := s.judge(tx, key); err != nil {
				return fmt.Errorf("review %s: %w", key, err)
			}
		}
		return nil
	})
}

func (s *Sim) judge(tx *simkit.Tx, key string) error {
	var it item
	found, err := tx.Find(tableItem, key, &it)
	if err != nil {
		return err
	}
	if err := tx.Delete(tableWork, key); err != nil || !found {
		return err
	}
	it.Review, it.Passed, it.ReviewDue = reviewApproved, true, time.Time{}
	kept := it.Errors[:0]
	for _, e := range it.Errors {
		if e.Type != errorPolicy {
			kept = append(kept, e)
		}
	}
	it.Errors = kept
	words := strings.ToLower(it.text("title") + "\n" + it.text("description"))
	for _, phrase := range s.Forbidden {
		if phrase != "" && strings.Contains(words, phrase) {
			it.Review, it.Passed = reviewRejected, false
			it.Reasons = append(it.Reasons, "PROHIBITED_CONTENT")
			it.Errors = append(it.Errors, itemError{Title: "Item rejected", Description: "The text says: " + phrase, Type: errorPolicy, Priority: "HIGH"})
			break
		}
	}
	return tx.Put(tableItem, key, it)
}
