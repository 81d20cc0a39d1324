package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
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
	s := &site{uploads: uploads, files: webFiles(), pages: http.NewServeMux()}
	bundle(s.files)
	s.base = "/assets/" + hashed(s.files)
	s.index = []byte(strings.NewReplacer(assetsMark, s.base, picturesMark, html.EscapeString(pictures)).Replace(string(s.files["index.html"])))
	delete(s.files, "index.html")
	s.route(local)
	return s
}

// webFiles are the files of the page as they are written.
func webFiles() map[string][]byte {
	files := map[string][]byte{}
	// An embedded file system has no errors to tell.
	_ = fs.WalkDir(web, "web", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[strings.TrimPrefix(name, "web/")], err = web.ReadFile(name)
		return err
	})
	return files
}

// hashed is short, and another one when anything changes.
func hashed(files map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = sum.Write([]byte(name + "\x00"))
		_, _ = sum.Write(files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
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
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		data = deflated(data)
	}
	_, _ = w.Write(data) // the browser is gone: nobody is left to tell
}

// deflated packs what is the same for everybody. Answers of the API are not:
// packed together, what a page was told and what an attacker made it ask would
// tell of each other by their length.
func deflated(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // memory takes everything
	_ = z.Close()
	return out.Bytes()
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
