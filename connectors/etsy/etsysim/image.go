package etsysim

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // a format Etsy takes
	_ "image/jpeg" // a format Etsy takes
	_ "image/png"  // a format Etsy takes
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/simkit"
)

// noImage is Etsy's answer to an upload it cannot read (issues 180 and 233 of
// etsy/open-api).
const noImage = "Either a valid image file or a listing_image_id must be provided."

// imageDelay is how many seconds Etsy takes to look at an image; its size is
// null until then.
const imageDelay = 2

// placedImage is an image on a listing; its place in the list is its rank.
type placedImage struct {
	ID  int64  `json:"id"`
	Alt string `json:"alt"`
}

// imageRow is what is known of an uploaded image, on a listing or not.
type imageRow struct {
	ID      int64  `json:"id"`
	Created int64  `json:"created"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Format  string `json:"format"`
}

// imageView is Etsy's ListingImage. Its colours stay null: Etsy fills them in
// later, and nobody may rely on when.
type imageView struct {
	ListingID  int64   `json:"listing_id"`
	ID         int64   `json:"listing_image_id"`
	HexCode    *string `json:"hex_code"`
	Red        *int    `json:"red"`
	Green      *int    `json:"green"`
	Blue       *int    `json:"blue"`
	Hue        *int    `json:"hue"`
	Saturation *int    `json:"saturation"`
	Brightness *int    `json:"brightness"`
	BlackWhite *bool   `json:"is_black_and_white"`
	CreatedTSZ int64   `json:"creation_tsz"`
	Created    int64   `json:"created_timestamp"`
	Rank       int     `json:"rank"`
	Small      string  `json:"url_75x75"`
	Medium     string  `json:"url_170x135"`
	Large      string  `json:"url_570xN"`
	Full       string  `json:"url_fullxfull"`
	FullHeight *int    `json:"full_height"`
	FullWidth  *int    `json:"full_width"`
	Alt        string  `json:"alt_text"`
}

func (c *call) imageView(l *listing, place int) (imageView, error) {
	placed := l.Images[place]
	var row imageRow
	if _, err := c.tx.Find(tableImage, key(placed.ID), &row); err != nil {
		return imageView{}, err
	}
	at := func(size string) string {
		return fmt.Sprintf("%s/il/%d/%s.%s", c.sim.env.URL, placed.ID, size, row.Format)
	}
	v := imageView{
		ListingID: l.ID, ID: placed.ID, CreatedTSZ: row.Created, Created: row.Created, Rank: place + 1, Alt: placed.Alt,
		Small: at("75x75"), Medium: at("170x135"), Large: at("570xN"), Full: at("fullxfull"),
	}
	if c.unix() >= row.Created+imageDelay {
		v.FullHeight, v.FullWidth = &row.Height, &row.Width
	}
	return v, nil
}

func (c *call) imageViews(l *listing) ([]imageView, error) {
	out := []imageView{}
	for place := range l.Images {
		v, err := c.imageView(l, place)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// uploadImage adds a new image, or one that is already known, at a rank.
func uploadImage(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	rank := max(1, int(c.form.int("rank", 0, 1000, 1)))
	overwrite := c.form.flag("overwrite", false)
	c.form.flag("is_watermarked", false)
	alt := c.form.text("alt_text")
	if utf8.RuneCountInString(alt) > maxAltText {
		c.form.fail("alt_text must be at most %d characters long", maxAltText)
	}
	known := c.form.id("listing_image_id")
	if c.form.err != nil {
		return reply{}, c.form.err
	}
	id, err := c.takeImage(known)
	if err != nil {
		return reply{}, err
	}
	l := old
	place, err := l.place(placedImage{ID: id, Alt: alt}, rank, overwrite)
	if err != nil {
		return reply{}, err
	}
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	v, err := c.imageView(&l, place)
	if err != nil {
		return reply{}, err
	}
	return created(v)
}

// takeImage stores the uploaded file, or finds the image that was uploaded
// before. A file goes first [spec].
func (c *call) takeImage(known *int64) (int64, error) {
	if c.file == nil {
		if known == nil {
			return 0, invalid(noImage)
		}
		var row imageRow
		found, err := c.tx.Find(tableImage, key(*known), &row)
		if err == nil && !found {
			err = notFound("ListingImage", *known)
		}
		return *known, err
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(c.file))
	if err != nil {
		return 0, invalid(noImage)
	}
	id, err := c.sim.newID(c.tx, tableImage)
	if err != nil {
		return 0, err
	}
	row := imageRow{ID: id, Created: c.unix(), Width: config.Width, Height: config.Height, Format: format}
	if err := c.tx.Put(tableImage, key(id), row); err != nil {
		return 0, err
	}
	return id, c.tx.Put(tablePicture, key(id), c.file)
}

// place puts an image at a rank, in place of the one there or before it. An
// image that is on the listing moves; on a full listing even that needs
// overwrite (etsy/open-api#606).
func (l *listing) place(img placedImage, rank int, overwrite bool) (int, error) {
	same := func(p placedImage) bool { return p.ID == img.ID }
	images := slices.Clone(l.Images)
	replaces := overwrite && rank <= len(images)
	if len(images) >= maxImages && !replaces {
		return 0, conflict("A listing can have at most %d images", maxImages)
	}
	before := slices.IndexFunc(images, same)
	if replaces {
		images[rank-1] = img
		if before >= 0 && before != rank-1 {
			images = slices.Delete(images, before, before+1)
		}
	} else {
		if before >= 0 {
			images = slices.Delete(images, before, before+1)
		}
		images = slices.Insert(images, min(rank-1, len(images)), img)
	}
	l.setImages(images)
	return slices.IndexFunc(images, same), nil
}

// setImages also unlinks variations from images that are gone.
func (l *listing) setImages(images []placedImage) {
	l.Images = images
	l.VariationImages = slices.DeleteFunc(slices.Clone(l.VariationImages), func(v variationImage) bool {
		return !slices.ContainsFunc(images, func(p placedImage) bool { return p.ID == v.ImageID })
	})
}

// arrangeImages makes the listing's images exactly ids, in this order.
func (c *call) arrangeImages(l *listing, ids []int64) error {
	if len(ids) > maxImages {
		return invalid("image_ids: a listing can have at most %d images", maxImages)
	}
	images := []placedImage{}
	for _, id := range ids {
		if slices.ContainsFunc(images, func(p placedImage) bool { return p.ID == id }) {
			return invalid("image_ids: image %d is listed twice", id)
		}
		img := placedImage{ID: id}
		if i := slices.IndexFunc(l.Images, func(p placedImage) bool { return p.ID == id }); i >= 0 {
			img = l.Images[i]
		} else if known, err := c.tx.Find(tableImage, key(id), &imageRow{}); err != nil {
			return err
		} else if !known {
			return invalid("image_ids: there is no image %d in this shop", id)
		}
		images = append(images, img)
	}
	l.setImages(images)
	return nil
}

func listingImages(c *call) (reply, error) {
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	all, err := c.imageViews(&l)
	if err != nil {
		return reply{}, err
	}
	return ok(page{len(all), all})
}

func (c *call) placeOf(l *listing) (int, error) {
	id, err := c.id("listing_image_id")
	if err != nil {
		return 0, err
	}
	place := slices.IndexFunc(l.Images, func(p placedImage) bool { return p.ID == id })
	if place < 0 {
		return 0, notFound("ListingImage", id)
	}
	return place, nil
}

func listingImage(c *call) (reply, error) {
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	place, err := c.placeOf(&l)
	if err != nil {
		return reply{}, err
	}
	v, err := c.imageView(&l, place)
	if err != nil {
		return reply{}, err
	}
	return ok(v)
}

// deleteImage takes an image off its listing; it can be put back by its id.
func deleteImage(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	place, err := c.placeOf(&old)
	if err != nil {
		return reply{}, err
	}
	if old.State == stateActive && len(old.Images) == 1 {
		return reply{}, invalid("An active listing must have at least one image")
	}
	l := old
	l.setImages(slices.Delete(slices.Clone(old.Images), place, place+1))
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return gone()
}

// servePicture shows an uploaded image, in one size for every size asked for.
func (s *Sim) servePicture(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("image_id"), 10, 64)
	var row imageRow
	var raw []byte
	known := false
	if err == nil {
		err = s.env.Store.View(func(tx *simkit.Tx) (err error) {
			if known, err = tx.Find(tableImage, key(id), &row); err == nil && known {
				known, err = tx.Find(tablePicture, key(id), &raw)
			}
			return err
		})
	}
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/"+row.Format)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(raw) // the browser is gone: nobody to tell
}
