package metasim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// specFolder holds Meta's machine-readable API description, next to the
// repository. It is not part of it.
const specFolder = "../../../../shared/specs/meta"

type spec struct {
	APIs []struct {
		Method   string `json:"method"`
		Endpoint string `json:"endpoint"`
		Name     string `json:"name"`
		Params   []struct {
			Name     string `json:"name"`
			Required bool   `json:"required"`
		} `json:"params"`
	} `json:"apis"`
	Fields []struct {
		Name string `json:"name"`
	} `json:"fields"`
}

func readSpec(t *testing.T, name string) spec {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(specFolder, name+".json"))
	if os.IsNotExist(err) {
		t.Skipf("no API description at %s", specFolder)
	}
	var s spec
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// specFiles are the nodes of fields.txt.
func specFiles() map[string]string {
	return map[string]string{
		kindPage: "Page", kindBusiness: "Business", kindCatalog: "ProductCatalog", kindItem: "ProductItem", kindIG: "IGUser", kindThread: "UnifiedThread",
		"instagram_login": "IGUserForIGOnlyAPI", "batch_status": "CheckBatchRequestStatus", "diagnostic": "ProductCatalogDiagnosticGroup",
		"available_catalog": "UserAvailableCatalogs", "subscribed_app": "Application", kindSystem: "SystemUser",
		"integrity": "CatalogItemChannelsToIntegrityStatus", "product_search": "ShadowIGUserCatalogProductSearch",
	}
}

func TestFieldNamesAreThoseOfTheSpecs(t *testing.T) {
	t.Parallel()
	ours := fieldNames()
	for kind, file := range specFiles() {
		s := readSpec(t, file)
		for _, f := range s.Fields {
			if !slices.Contains(ours[kind], f.Name) {
				t.Errorf("%s lacks %s", kind, f.Name)
			}
		}
		own := []string{"tasks", "conversations", "subscribed_apps", "messages", "participants", "subscribed_fields"}
		for _, name := range ours[kind] {
			if !slices.ContainsFunc(s.Fields, func(f struct {
				Name string `json:"name"`
			}) bool {
				return f.Name == name
			}) && !slices.Contains(own, name) {
				t.Errorf("%s has %s, which %s.json has not", kind, name, file)
			}
		}
	}
}

func TestOperationsAreThoseOfTheSpecs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	files := map[string]string{kindPage: "Page", kindBusiness: "Business", kindCatalog: "ProductCatalog", kindIG: "IGUser", kindSystem: "SystemUser", kindApp: "Application"}
	for _, op := range b.sim.operations() {
		file, known := files[op.kind]
		if op.host == Instagram {
			file = "IGUserForIGOnlyAPI"
		}
		// Edges of a user that a system user shares are not in its own file.
		if !known || op.kind == kindSystem && (op.edge == "accounts" || op.edge == "businesses") {
			continue
		}
		found := false
		for _, api := range readSpec(t, file).APIs {
			found = found || api.Method == op.method && (op.edge != "" && api.Endpoint == op.edge || op.edge == "" && api.Name == "#get")
		}
		if !found {
			t.Errorf("%s.json has no %s %q", file, op.method, op.edge)
		}
	}
}

func TestAnswersUseNamesOfTheSpecs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	readSpec(t, "Page") // skips where there is none
	full := item{ID: "1", RetailerID: "a", Review: reviewApproved, Image: imageFetched, Data: map[string]json.RawMessage{}}
	for name := range itemRules() {
		full.Data[name] = json.RawMessage(`"1"`)
	}
	full.Data["image"] = json.RawMessage(`[{"url":"https://x.example/1"},{"url":"https://x.example/2"}]`)
	err := b.env.Store.View(func(tx *simkit.Tx) error {
		w, err := b.sim.world(tx)
		if err != nil {
			return err
		}
		c := &call{Sim: b.sim, tx: tx, w: w, now: time.Now()}
		page, err := c.pageObject()
		if err != nil {
			return err
		}
		catalog, err := c.catalogObject()
		for kind, o := range map[string]object{
			kindItem: full.object(c), kindPage: page, kindCatalog: catalog, kindBusiness: c.businessObject(), kindIG: c.igObject(), kindThread: c.threadObject(thread{}),
		} {
			for name := range o {
				if !slices.Contains(b.sim.fields[kind], name) {
					t.Errorf("%s answers %s, which is in no spec", kind, name)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEnumsAreThoseOfTheSpecs(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(specFolder, "enum_types.json"))
	if os.IsNotExist(err) {
		t.Skipf("no API description at %s", specFolder)
	}
	var enums []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &enums)
	}
	if err != nil {
		t.Fatal(err)
	}
	known := map[string][]string{}
	for _, e := range enums {
		known[e.Name] = e.Values
	}
	subset := func(enum string, values []string) {
		t.Helper()
		for _, v := range values {
			if !slices.Contains(known[enum], v) {
				t.Errorf("%s has no %q", enum, v)
			}
		}
	}
	subset("pagesubscribed_apps_subscribed_fields_enum_param", subscribable(false))
	subset("iggraphusersubscribed_apps_subscribed_fields_enum_param", subscribable(true))
	subset("productcatalogdiagnostics_affected_channels_enum_param", capabilities())
	subset("ProductItem_image_fetch_status", []string{imageNone, imageFetched, imagePartial, imageOutdated, imageFailed})
	subset("ProductItem_review_status", []string{reviewNone, reviewPending, reviewApproved, reviewRejected})
	subset("ProductItem_capability_to_review_status", []string{"APPROVED", "PENDING", "REJECTED", "NO_REVIEW"})
	for field, enum := range map[string]string{
		"availability": "ProductItem_availability", "condition": "ProductItem_condition", "gender": "ProductItem_gender", "age_group": "ProductItem_age_group", "visibility": "ProductItem_visibility",
	} {
		check := itemRules()[field]
		for _, v := range known[enum] {
			if problem := check(json.RawMessage(`"` + v + `"`)); problem != "" {
				t.Errorf("%s %q: %s", field, v, problem)
			}
		}
		if len(known[enum]) == 0 || check(json.RawMessage(`"`+strings.ToUpper(field)+`"`)) == "" {
			t.Errorf("%s is not checked", field)
		}
	}
}
