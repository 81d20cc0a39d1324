package etsy

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// gallery is the pictures of a listing while they are made to match.
type gallery struct {
	shown []api.Image // in rank order
	want  []wish
	// changed says that something was uploaded.
	changed bool
}

// pictures uploads what is missing, one after another: parallel uploads lose
// their order (etsy/open-api#298). A new picture takes the place of
// one that is not wanted any more. Where that leaves another order than the
// wanted one, the form is to send it.
func (w *work) pictures(ctx context.Context, form url.Values) error {
	if !w.change.Has(commerce.GroupImages) {
		return nil
	}
	client := w.in(port.LaneImages)
	g := gallery{want: wishesOf(w.p.Images)}
	if !w.fresh {
		shown, err := client.Images(ctx, w.id)
		if err != nil {
			return fmt.Errorf("read pictures of listing %d: %w", w.id, err)
		}
		slices.SortStableFunc(shown, func(a, b api.Image) int { return a.Rank - b.Rank })
		g.shown = shown
	}
	w.forget(g)
	for i, img := range g.want {
		if short(ctx) {
			return errSlice
		}
		if err := w.place(ctx, client, &g, i, img); err != nil {
			return err
		}
	}
	if order := w.order(g); order != nil {
		form.Set("image_ids", api.Join(order))
	}
	if !g.changed {
		return nil
	}
	return w.remember(ctx)
}

// wish is a picture that is wanted. Its key is its address, with a number when
// a product shows the same one again.
type wish struct {
	key, url, alt string
}

// wishesOf are the first twenty pictures, with alt texts of the length Etsy
// takes.
func wishesOf(images []commerce.Image) []wish {
	var want []wish
	times := map[string]int{}
	for _, img := range images[:min(len(images), maxImages)] {
		w := wish{key: img.URL, url: img.URL, alt: img.Alt}
		if times[img.URL]++; times[img.URL] > 1 {
			w.key += fmt.Sprintf(" %d", times[img.URL])
		}
		if r := []rune(w.alt); len(r) > maxAlt {
			w.alt = string(r[:maxAlt-1]) + "…"
		}
		want = append(want, w)
	}
	return want
}

// forget drops what the memo knows of pictures that are gone or not wanted.
// What is on the listing and not in the memo came from an upload whose answer
// was lost, or from the seller: it is replaced.
func (w *work) forget(g gallery) {
	w.memo.Pictures = slices.DeleteFunc(w.memo.Pictures, func(p picture) bool {
		wanted := slices.ContainsFunc(g.want, func(i wish) bool { return i.key == p.Key })
		return !wanted || g.find(p.ID) < 0
	})
}

func (g gallery) find(id int64) int {
	return slices.IndexFunc(g.shown, func(i api.Image) bool { return i.ID == id })
}

// place sees to it that one wanted picture is on the listing, with its text.
func (w *work) place(ctx context.Context, client *api.Client, g *gallery, i int, img wish) error {
	up := api.Upload{Alt: img.alt}
	at := g.find(w.memo.picture(img.key))
	switch {
	case at >= 0 && g.shown[at].Alt == img.alt:
		return nil
	case at >= 0:
		up.Known, up.Rank, up.Overwrite = g.shown[at].ID, at+1, true
	default:
		pic, err := w.env.Images.Image(ctx, img.url)
		if err != nil {
			return unreachable(i, err)
		}
		at = w.spare(*g, i)
		up.Data, up.Type, up.Rank, up.Overwrite = pic.Data, pic.Type, at+1, at < len(g.shown)
	}
	sent, err := client.UploadImage(ctx, w.id, up)
	if err != nil {
		return atImage(i, fmt.Errorf("upload picture %d of listing %d: %w", i+1, w.id, err))
	}
	g.changed = true
	if sent.Alt = img.alt; at < len(g.shown) {
		g.shown[at] = sent
	} else {
		g.shown = append(g.shown, sent)
	}
	if up.Known == 0 {
		w.memo.Pictures = append(w.memo.Pictures, picture{Key: img.key, ID: sent.ID})
	}
	return nil
}

// spare is the place of a picture that is not wanted, this one's own place if
// it is free, or the end.
func (w *work) spare(g gallery, own int) int {
	free := func(at int) bool {
		return !slices.ContainsFunc(w.memo.Pictures, func(p picture) bool { return p.ID == g.shown[at].ID })
	}
	if own < len(g.shown) && free(own) {
		return own
	}
	for at := range g.shown {
		if free(at) {
			return at
		}
	}
	return len(g.shown)
}

// order is the wanted order, nil if the listing has it.
func (w *work) order(g gallery) []int64 {
	var want, have []int64
	for _, img := range g.want {
		want = append(want, w.memo.picture(img.key))
	}
	for _, img := range g.shown {
		have = append(have, img.ID)
	}
	if slices.Equal(want, have) || len(want) == 0 {
		return nil
	}
	return want
}

// unreachable names the picture that could not be had.
func unreachable(i int, err error) error {
	return atImage(i, fmt.Errorf("fetch picture %d: %w", i+1, err))
}

// atImage puts the place of a picture into the problems of a refusal.
func atImage(i int, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Rejected && f.Kind != fault.Invalid {
		return err
	}
	refused := *f
	refused.Problems = problemsOf(f)
	for n := range refused.Problems {
		refused.Problems[n].Field = fmt.Sprintf("images[%d]", i)
	}
	return &refused
}
