package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/manystall/manystall/shared/httpapi"
)

//go:embed web
var web embed.FS

// What stands in index.html where the address of the assets belongs, and that of
// the host that answers for pictures.
const (
	assetsMark   = "{{assets}}"
	picturesMark = "{{pictures}}"
)

// site serves the web page. Its files lie under a path with the hash of them
// all: a browser may keep them for ever, and a new version has new addresses.
type site struct {
	base  string // /assets/<hash>
	files map[string][]byte
	index []byte
	pages *http.ServeMux
	// uploads is the origin large files are PUT to; empty is our own.
	uploads string
}

func newSite(local bool, pictures, uploads string) *site {
	s := &site{uploads: uploads, files: map[string][]byte{}, pages: http.NewServeMux()}
	sum := sha256.New()
	// An embedded file system has no errors to tell, and walks in order.
	_ = fs.WalkDir(web, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := web.ReadFile(name)
		name = strings.TrimPrefix(name, "web/")
		s.files[name] = data
		_, _ = sum.Write([]byte(name + "\x00"))
		_, _ = sum.Write(data)
		return err
	})
	s.base = "/assets/" + hex.EncodeToString(sum.Sum(nil))[:16]
	s.index = []byte(strings.NewReplacer(assetsMark, s.base, picturesMark, html.EscapeString(pictures)).Replace(string(s.files["index.html"])))
	delete(s.files, "index.html")
	s.route(local)
	return s
}

// route lists the addresses of the page; what they show is decided in the
// browser.
func (s *site) route(local bool) {
	patterns := []string{
		"/{$}", "/orders", "/orders/{id}", "/inbox", "/inbox/{id}", "/catalog", "/catalog/{id}",
		"/connections", "/connections/{id}", "/settings", "/queues",
	}
	if local {
		patterns = append(patterns, "/gallery")
	}
	for _, p := range patterns {
		s.pages.HandleFunc("GET "+p, func(w http.ResponseWriter, _ *http.Request) { s.showIndex(w, local) })
	}
}

// ServeHTTP serves a page, an asset, or an error page.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name, ok := strings.CutPrefix(r.URL.Path, s.base+"/"); ok {
		s.asset(w, r, name)
		return
	}
	if _, pattern := s.pages.Handler(r); pattern != "" && path.Clean(r.URL.Path) == r.URL.Path {
		s.pages.ServeHTTP(w, r)
		return
	}
	writePage(w, http.StatusNotFound, page{Title: "Not found", Problem: "There is nothing at this address."})
}

func (s *site) showIndex(w http.ResponseWriter, local bool) {
	httpapi.Protect(w.Header())
	pictures := "https:"
	if local {
		pictures = "http: https:" // simulated image hosts have no certificate
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "+
		"connect-src "+strings.TrimSpace("'self' "+s.uploads)+"; img-src 'self' data: "+pictures+"; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(s.index) // the browser is gone: nobody is left to tell
}

func (s *site) asset(w http.ResponseWriter, r *http.Request, name string) {
	data, ok := s.files[name]
	if !ok || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		writePage(w, http.StatusNotFound, page{Title: "Not found", Problem: "There is nothing at this address."})
		return
	}
	httpapi.Protect(w.Header())
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", assetType(name))
	_, _ = w.Write(data) // the browser is gone: nobody is left to tell
}

// assetType does not ask the machine: its tables differ.
func assetType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}
