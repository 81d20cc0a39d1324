package tiktoksim

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the US market (Create Product, reference copy of 2025-12).
const (
	maxTitle       = 255
	maxDescription = 10_000
	maxTextImages  = 30
	maxMainImages  = 9
	maxSKUs        = 300
	minMainSide    = 300
)

// check is every rule a submitted product must meet; the first broken one is
// the answer. The warnings are of the kind that does not stop a listing.
func (c *call) check(p *content) (warnings []string, err error) {
	if err := checkTitle(p.Title); err != nil {
		return nil, err
	}
	if err := c.checkDescription(p.Description); err != nil {
		return nil, err
	}
	k, err := c.checkCategory(p)
	if err != nil {
		return nil, err
	}
	if err := c.checkMainImages(p); err != nil {
		return nil, err
	}
	if err := c.checkSKUs(p, k); err != nil {
		return nil, err
	}
	if err := checkPackage(p, k); err != nil {
		return nil, err
	}
	if err := k.checkProperties(p.Attributes); err != nil {
		return nil, err
	}
	if err := c.checkPapers(p, k); err != nil {
		return nil, err
	}
	return c.checkBrand(p)
}

var htmlEntity = regexp.MustCompile(`&(#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,10});`)

func checkTitle(title string) error {
	switch {
	case strings.TrimSpace(title) == "":
		return reject(12052261, "The product name is empty.")
	case utf8.RuneCountInString(title) > maxTitle:
		return reject(12052051, "The product name exceeds %d characters.", maxTitle)
	case htmlEntity.MatchString(title) || hasBadRune(title) || repeats(title, 9) || !hasWord(title):
		return reject(12052931, "The title must not hold HTML entities, emojis, control characters, only symbols, or more than 9 equal characters in a row.")
	}
	return nil
}

func hasBadRune(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || isEmoji(r) || r == utf8.RuneError })
}

func isEmoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r == 0xFE0F || r >= 0x1F1E6 && r <= 0x1F1FF
}

func hasWord(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// repeats tells whether a character comes more than limit times in a row.
func repeats(text string, limit int) bool {
	var last rune
	run := 0
	for _, r := range text {
		if r == last {
			run++
		} else {
			last, run = r, 1
		}
		if run > limit {
			return true
		}
	}
	return false
}

var (
	imageTag = regexp.MustCompile(`(?is)<img\b[^>]*>`)
	imageSrc = regexp.MustCompile(`(?is)\bsrc\s*=\s*["']([^"']*)["']`)
)

func (c *call) checkDescription(text string) error {
	if strings.TrimSpace(text) == "" {
		return reject(12052015, "The product description is required.")
	}
	if utf8.RuneCountInString(text) > maxDescription {
		return reject(12052013, "The product description exceeds %d characters.", maxDescription)
	}
	tags := imageTag.FindAllString(text, -1)
	if len(tags) > maxTextImages {
		return reject(12052056, "The description holds more than %d images.", maxTextImages)
	}
	for _, tag := range tags {
		src := imageSrc.FindStringSubmatch(tag)
		if src == nil {
			return reject(12052348, "A required attribute of a description tag is missing: img src.")
		}
		id, ours := strings.CutPrefix(strings.TrimSpace(src[1]), c.sim.env.URL+"/image/")
		_, known, err := c.picture(uri(id))
		if err != nil {
			return err
		}
		if !ours || !known {
			return reject(12052340, "A description image is not hosted by TikTok Shop.")
		}
	}
	return nil
}

func (c *call) checkCategory(p *content) (category, error) {
	if p.Category == "" {
		return category{}, invalid("param body.category_id is missing")
	}
	k, err := c.sim.goods.leafCategory(p.Category, p.Version)
	if err != nil {
		return k, err
	}
	return k, k.checkPermission()
}

func (c *call) checkMainImages(p *content) error {
	if len(p.Images) == 0 {
		return reject(12052028, "A main product image is required.")
	}
	if len(p.Images) > maxMainImages {
		return reject(12052306, "There are more than %d main images.", maxMainImages)
	}
	return c.checkImages(p.Images, 12052300, minMainSide)
}

// checkBrand drops a brand that nobody knows, with a warning; a T1 brand needs
// an authorization.
func (c *call) checkBrand(p *content) ([]string, error) {
	if p.Brand == "" {
		return nil, nil
	}
	b, ok := c.sim.goods.brand(p.Brand)
	if !ok {
		id := p.Brand
		p.Brand = ""
		return []string{"The brand " + id + " does not exist and was left out."}, nil
	}
	if b.tier && !b.authorized {
		return nil, reject(12052201, "You are not authorized to sell this brand.")
	}
	if !b.authorized {
		return []string{"The brand " + b.name + " is not authorized and will not be displayed."}, nil
	}
	return nil, nil
}

var wholeOrTwo = regexp.MustCompile(`^\d{1,5}(\.\d{1,2})?$`)

// checkPackage: weight is required, dimensions where the category says so, and
// both are of one system of measurement.
func checkPackage(p *content, k category) error {
	if p.Weight == nil {
		return invalid("param body.package_weight is missing")
	}
	metric, ok := map[string]bool{"KILOGRAM": true, "POUND": false}[p.Weight.Unit]
	if !ok {
		return reject(12019011, "The unit of the package weight must be KILOGRAM or POUND.")
	}
	form := regexp.MustCompile(`^\d{1,6}(\.\d{1,2})?$`)
	if metric {
		form = regexp.MustCompile(`^\d{1,6}(\.\d{1,3})?$`)
	}
	if !form.MatchString(p.Weight.Value) {
		return reject(12052006, "Incorrect parcel weight format")
	}
	if isZero(p.Weight.Value) {
		return reject(12052181, "The package weight must not be zero.")
	}
	if p.Dimensions == nil {
		if k.dimensions {
			return reject(12052116, "Package dimensions are required in this category.")
		}
		return nil
	}
	return checkBox(*p.Dimensions, metric)
}

func checkBox(b box, metric bool) error {
	for _, side := range []struct {
		text, name string
		code       int
	}{{b.Height, "height", 12052003}, {b.Width, "width", 12052004}, {b.Length, "length", 12052005}} {
		if !wholeOrTwo.MatchString(side.text) || isZero(side.text) {
			return reject(side.code, "Incorrect parcel %s format", side.name)
		}
	}
	inMetric, ok := map[string]bool{"CENTIMETER": true, "INCH": false}[b.Unit]
	if !ok {
		return reject(12019012, "The unit of the package dimensions must be CENTIMETER or INCH.")
	}
	if inMetric != metric {
		return reject(12052915, "The units of package weight and dimensions do not match.")
	}
	return nil
}

func isZero(text string) bool { return strings.Trim(text, "0.") == "" }
