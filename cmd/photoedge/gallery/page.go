package gallery

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// pageData is what index.html is filled with.
type pageData struct {
	Albums []pageAlbum
	Faults []string
	Count  int
}

type pageAlbum struct {
	Name, Title string
	Photos      []pagePhoto
}

type pagePhoto struct {
	Photo
	URL, Bytes string
}

// newPage renders the page once: it never changes while the demo runs.
func newPage(opts *Options, edge *url.URL) http.Handler {
	data := pageData{Faults: opts.Faults}
	for _, a := range opts.Albums {
		album := pageAlbum{Name: a.Name, Title: a.Title}
		for _, p := range a.Photos {
			album.Photos = append(album.Photos, pagePhoto{Photo: p, URL: photoURL(edge, p.Key), Bytes: humanBytes(p.Size)})
		}
		data.Count += len(a.Photos)
		data.Albums = append(data.Albums, album)
	}
	var page bytes.Buffer
	t := template.Must(template.ParseFS(embedded, "index.html")) // embedded, so tests see it parse
	if err := t.Execute(&page, data); err != nil {
		panic("gallery: " + err.Error())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page.Bytes())
	})
}

// photoURL is where the edge serves a key. A slash in a key is a slash in the
// path; everything else that means something in a URL is escaped.
func photoURL(edge *url.URL, key string) string {
	u := url.URL{Scheme: edge.Scheme, Host: edge.Host, Path: strings.TrimSuffix(edge.Path, "/")}
	return u.String() + (&url.URL{Path: "/" + key}).EscapedPath()
}

func humanBytes(n int) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
