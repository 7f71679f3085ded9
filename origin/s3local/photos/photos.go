package photos

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Photo is one photo as it is stored under its key.
type Photo struct {
	// Album is the album's name, the part of Key before the slash.
	Album string
	// Key is the object's key, such as "marathon-2026/0001.jpg".
	Key string
	// Title says what is seen, for a caption or an alternative text.
	Title string
	// Width and Height are the picture's, in pixels.
	Width, Height int
	// Body is a JPEG. SHA256 is its digest.
	Body   []byte
	SHA256 [sha256.Size]byte
}

// Options say which photos to make. The zero value makes the demo's.
type Options struct {
	// Seed decides everything that is left to chance. Every value is as good
	// as another, 0 included.
	Seed uint64
	// Count is the number of photos, shared out evenly among the albums.
	// Default (0): 300.
	Count int
	// MinSize and MaxSize bound each body, in bytes. Defaults (0): 20 KiB and
	// 4 MiB. At least 4 KiB, and MaxSize at least twice MinSize.
	MinSize, MaxSize int
	// Albums are the albums' names: lower-case letters, digits and hyphens.
	// Default (none): eight events. A name that is not one of these gets one of
	// their looks.
	Albums []string
}

const (
	defaultCount   = 300
	defaultMinSize = 20 << 10
	defaultMaxSize = 4 << 20
	leastSize      = 4 << 10
)

// Generate makes the photos, on all processors, and returns them album by
// album. progress, if not nil, is called after each photo, never twice at a
// time. When ctx ends, Generate returns its error within about the time of one
// photo.
func Generate(ctx context.Context, opts Options, progress func(done, total int)) ([]Photo, error) {
	if err := opts.complete(); err != nil {
		return nil, fmt.Errorf("photos: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	plans := opts.plans()
	order := make([]int, len(plans)) // large ones first, so that no worker ends late
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(plans[b].target, plans[a].target) })

	out := make([]Photo, len(plans))
	shared := newTiles(opts.Seed)
	work, ctx := errgroup.WithContext(ctx)
	var mu sync.Mutex // guards next and done, and lets progress be called one at a time
	next, done := 0, 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= len(order)
	}
	finished := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if progress != nil {
			progress(done, len(plans))
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(plans)) {
		work.Go(func() error {
			l := lab{tiles: shared}
			for n, ok := take(); ok; n, ok = take() {
				i := order[n]
				p, err := l.make(ctx, &opts, &plans[i])
				if err != nil {
					return err
				}
				p.SHA256 = sha256.Sum256(p.Body)
				out[i] = p
				finished()
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// complete checks the options and fills in the defaults.
func (o *Options) complete() error {
	o.Count = cmp.Or(o.Count, defaultCount)
	o.MinSize, o.MaxSize = cmp.Or(o.MinSize, defaultMinSize), cmp.Or(o.MaxSize, defaultMaxSize)
	if len(o.Albums) == 0 {
		o.Albums = defaultAlbums()
	}
	switch {
	case o.Count < 0:
		return fmt.Errorf("option Count is %d; make it 1 or more, or 0 for %d", o.Count, defaultCount)
	case o.MinSize < leastSize:
		return fmt.Errorf("MinSize is %d bytes; a photo needs %d", o.MinSize, leastSize)
	case o.MaxSize/2 < o.MinSize:
		return fmt.Errorf("MaxSize is %d bytes; make it at least twice MinSize, %d", o.MaxSize, 2*o.MinSize)
	}
	for i, album := range o.Albums {
		if !validAlbum(album) {
			return fmt.Errorf("album %q: use lower-case letters, digits and hyphens", album)
		}
		if slices.Contains(o.Albums[:i], album) {
			return fmt.Errorf("album %q is named twice", album)
		}
	}
	return nil
}

func validAlbum(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return name != ""
}
