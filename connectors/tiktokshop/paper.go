package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// The attributes in which a product says what a category may ask for. A
// certificate has an attribute of its own name, and one with “expires” behind
// it for its last day.
const (
	attrChart        = "Size chart"
	attrManufacturer = "Manufacturer"
	attrResponsible  = "Responsible person"
	expiresSuffix    = " expires"
	maxPapers        = 10 // certifications of Create Product, 2025-12
)

// rulesOf are what a category asks for beside attributes.
func (c *Connector) rulesOf(ctx context.Context, category string) (api.Rules, error) {
	return c.rules.of(category, func() (api.Rules, error) { return c.api.Rules(ctx, category, c.tree()) })
}

// one is what a product says in one attribute.
func one(p commerce.Product, name string) string {
	for key, value := range p.Attributes {
		if plainName(key) == plainName(name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// lacking is what the rules of a category ask for and a product does not have.
func lacking(p commerce.Product, rules api.Rules, body api.Content) []commerce.Problem {
	var found []commerce.Problem
	miss := func(rule, field, value, allowed, fix string) {
		found = append(found, commerce.Problem{Channel: commerce.TikTok, Rule: rule, Field: field, Value: channel.Cut(value), Allowed: allowed, Fix: fix})
	}
	if rules.Box.Required && body.Box == nil {
		miss("package_size_missing", "defaults.length_mm", "", "length, width and height", "This category wants the size of the package: set it in the connection's settings.")
	}
	if chart := one(p, attrChart); rules.Chart.Required && chart == "" || chart != "" && !isAddress(chart) && !isID(chart) {
		miss("size_chart_missing", "attributes."+attrChart, chart, "the address of a picture of at least 1024 points, or the id of a template in Seller Center", "This category wants a size chart: give the product the attribute “"+attrChart+"” with the address of its picture.")
	}
	for name, required := range map[string]bool{attrManufacturer: rules.Manufacturer.Required, attrResponsible: rules.Responsible.Required} {
		if said := one(p, name); required && len(ids(said)) == 0 {
			miss(strings.ReplaceAll(strings.ToLower(name), " ", "_")+"_missing", "attributes."+name, said, "ids from Seller Center, with commas between", "This category wants to know it: give the product the attribute “"+name+"” with TikTok's id.")
		}
	}
	for _, want := range rules.Certificates {
		said := one(p, want.Name)
		if !needed(want, body.Attributes) && said == "" {
			continue
		}
		if len(addresses(said)) == 0 {
			miss("certificate_missing", "attributes."+want.Name, said, "addresses of pictures, with commas between", strings.TrimSpace("This category wants the certificate “"+want.Name+"”: give the product an attribute of this name with the address of its picture. "+channel.Cut(want.Details)))
		}
		if day := one(p, want.Name+expiresSuffix); want.Expires.Required && lastDay(day).IsZero() {
			miss("certificate_date", "attributes."+want.Name+expiresSuffix, day, "a date such as 2027-12-31", "Give the product this attribute: the last day on which the certificate is good.")
		}
	}
	slices.SortFunc(found, func(a, b commerce.Problem) int { return strings.Compare(a.Field, b.Field) })
	return found
}

// needed says whether a certificate is required for these attributes.
func needed(want api.Certificate, given []api.Property) bool {
	return want.Required || slices.ContainsFunc(want.Conditions, func(r api.Required) bool {
		return slices.ContainsFunc(given, func(p api.Property) bool {
			return p.ID == string(r.Attribute) && slices.ContainsFunc(p.Values, func(v api.Value) bool { return v.ID == r.Value })
		})
	})
}

// addPapers adds size chart, certificates and the ids of persons, uploading
// pictures TikTok does not have yet.
func (c *Connector) addPapers(ctx context.Context, p commerce.Product, rules api.Rules, m memory, body *api.Content) error {
	if chart := one(p, attrChart); rules.Chart.Supported || rules.Chart.Required {
		switch {
		case isID(chart):
			body.Chart = &api.SizeChart{Template: &api.Template{ID: chart}}
		case isAddress(chart):
			image, err := c.paper(ctx, api.UseChart, chart, attrChart, m)
			if err != nil {
				return err
			}
			body.Chart = &api.SizeChart{Image: &image}
		}
	}
	if rules.Manufacturer.Required {
		body.Makers = ids(one(p, attrManufacturer))
	}
	if rules.Responsible.Required {
		body.Responsible = ids(one(p, attrResponsible))
	}
	for _, want := range rules.Certificates[:min(len(rules.Certificates), maxPapers)] {
		doc := api.Paper{ID: string(want.ID)}
		for _, address := range addresses(one(p, want.Name)) {
			image, err := c.paper(ctx, api.UseCertified, address, want.Name, m)
			if err != nil {
				return err
			}
			doc.Images = append(doc.Images, image)
		}
		if day := lastDay(one(p, want.Name+expiresSuffix)); !day.IsZero() {
			doc.Expires = day.Unix()
		}
		if len(doc.Images) > 0 {
			body.Papers = append(body.Papers, doc)
		}
	}
	return nil
}

// paper uploads the picture of a document, once.
func (c *Connector) paper(ctx context.Context, use, address, name string, m memory) (api.Image, error) {
	key := keyPaper + digestOf(use+" "+address)
	if m[key] == "" {
		uri, err := c.bring(ctx, use, address)
		if f := fault.Of(err); f != nil {
			f.Field = "attributes." + name
			for n := range f.Problems {
				f.Problems[n].Field = f.Field
			}
			return api.Image{}, f
		}
		m[key] = uri
	}
	return api.Image{URI: m[key]}, nil
}

// brand is TikTok's id of the product's brand. A brand TikTok does not know is
// left out, as TikTok itself would do; one that it guards is a problem.
func (c *Connector) brand(ctx context.Context, p commerce.Product, d commerce.Defaults, category string) (string, error) {
	name := strings.TrimSpace(p.Brand)
	if name == "" {
		name = strings.TrimSpace(d.Brand)
	}
	if name == "" {
		return "", nil
	}
	list, err := c.brands.of(category+" "+strings.ToLower(name), func() ([]api.Brand, error) { return c.api.ListBrands(ctx, name, category, c.tree()) })
	if err != nil {
		return "", err
	}
	for _, b := range list {
		if !strings.EqualFold(strings.TrimSpace(b.Name), name) {
			continue
		}
		if b.Authorized == "AUTHORIZED" && b.Status != "UNAVAILABLE" || !b.TopTier && b.Authorized != "AUTHORIZED" {
			return string(b.ID), nil
		}
		return "", fault.Refused(fault.Rejected, commerce.Problem{
			Channel: commerce.TikTok, Rule: "brand_not_authorized", Field: "brand", Value: channel.Cut(name), Allowed: "brands this shop is authorized for in the category",
			Fix: fmt.Sprintf("TikTok guards the brand %s: apply for it in Seller Center's Qualification Center, or take it out.", channel.Cut(name)),
		})
	}
	return "", nil
}

func isAddress(text string) bool {
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

func isID(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func addresses(text string) []string { return parts(text, isAddress) }

func ids(text string) []string { return parts(text, isID) }

// parts are those of a list with commas that are of a kind, each once.
func parts(text string, kind func(string) bool) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); kind(part) {
			list = append(list, part)
		}
	}
	return unique(list)
}

// lastDay reads a date; the certificate is good until its end.
func lastDay(text string) time.Time {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return day.Add(24*time.Hour - time.Second)
}
