package photos

import (
	"bytes"
	"context"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small keeps tests quick: every motif three times, none of them large.
func small(seed uint64) Options {
	return Options{Seed: seed, Count: 24, MinSize: 8 << 10, MaxSize: 96 << 10}
}

func TestSameSeedSamePhotos(t *testing.T) {
	first, err := Generate(t.Context(), small(7), nil)
	require.NoError(t, err)
	again, err := Generate(t.Context(), small(7), nil)
	require.NoError(t, err)
	require.Equal(t, first, again)

	other, err := Generate(t.Context(), small(8), nil)
	require.NoError(t, err)
	for i := range first {
		assert.NotEqual(t, first[i].SHA256, other[i].SHA256, "%s does not depend on the seed", first[i].Key)
	}
}

// The bytes are the same on every machine. This digest was taken with Go 1.26
// on amd64 and is the same on 386;
// a change here is fine when a motif or image/jpeg changed, and only then.
func TestKnownBytes(t *testing.T) {
	list, err := Generate(t.Context(), small(7), nil)
	require.NoError(t, err)
	all := sha256.New()
	for i := range list {
		all.Write(list[i].SHA256[:])
	}
	assert.Equal(t, "37ef8277b2590e83", sum(all.Sum(nil)))
}

func sum(b []byte) string {
	const hex = "0123456789abcdef"
	var s strings.Builder
	for _, c := range b[:8] {
		s.WriteByte(hex[c>>4])
		s.WriteByte(hex[c&15])
	}
	return s.String()
}

func TestPhotosAreWhatTheySay(t *testing.T) {
	opts := small(1)
	list, err := Generate(t.Context(), opts, nil)
	require.NoError(t, err)
	require.Len(t, list, opts.Count)
	seen := map[[32]byte]string{}
	for i := range list {
		p := &list[i]
		assert.Empty(t, seen[p.SHA256], "%s has the bytes of another", p.Key)
		seen[p.SHA256] = p.Key
		assert.Equal(t, sha256.Sum256(p.Body), p.SHA256)
		assert.Regexp(t, `^[a-z0-9-]+/\d{4}\.jpg$`, p.Key)
		assert.True(t, strings.HasPrefix(p.Key, p.Album+"/"))
		assert.NotEmpty(t, p.Title)
		assert.GreaterOrEqual(t, len(p.Body), opts.MinSize)
		assert.LessOrEqual(t, len(p.Body), opts.MaxSize)
		picture, err := jpeg.Decode(bytes.NewReader(p.Body))
		require.NoError(t, err, p.Key)
		assert.Equal(t, image.Pt(p.Width, p.Height), picture.Bounds().Size(), p.Key)
		assert.Greater(t, contrast(picture), 40, "%s is blank", p.Key)
	}
	assert.Equal(t, "marathon-2026/0001.jpg", list[0].Key)
}

// contrast is the distance between the brightest and the darkest of some pixels.
func contrast(m image.Image) int {
	luma := m.(*image.YCbCr).Y
	low, high := 255, 0
	for i := 0; i < len(luma); i += 97 {
		low, high = min(low, int(luma[i])), max(high, int(luma[i]))
	}
	return high - low
}

// The default mix, as planned. TestSizesLandNearThePlan ties it to real bytes.
func TestSizesFollowAPhotoMix(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2026} {
		opts := Options{Seed: seed}
		require.NoError(t, opts.complete())
		var sizes []int
		total, large, small := 0, 0, 0
		for _, p := range opts.plans() {
			sizes = append(sizes, p.target)
			total += p.target
			if p.target > 3_000_000 {
				large++
			}
			if p.target < 40_000 {
				small++
			}
		}
		slices.Sort(sizes)
		require.Len(t, sizes, 300)
		assert.InDelta(t, 180_000, sizes[150], 15_000, "median")
		assert.InDelta(t, 21_000, sizes[0], 1_500, "smallest")
		assert.Less(t, sizes[299], 4<<20)
		assert.InDelta(t, 6, large, 2, "above 3 MB")
		assert.Greater(t, small, 10)
		assert.Less(t, total, 115_000_000)
	}
}

func TestSizesLandNearThePlan(t *testing.T) {
	opts := Options{Seed: 3, Count: 16, MaxSize: 400 << 10}
	list, err := Generate(t.Context(), opts, nil)
	require.NoError(t, err)
	require.NoError(t, opts.complete())
	for i, p := range opts.plans() {
		assert.InEpsilon(t, p.target, len(list[i].Body), 0.3, p.key)
	}
}

// A large photo takes the way over an enlarged canvas and skipped bands.
func TestLargePhoto(t *testing.T) {
	list, err := Generate(t.Context(), Options{Count: 1, MinSize: 1 << 20, MaxSize: 4 << 20}, nil)
	require.NoError(t, err)
	size, err := jpeg.DecodeConfig(bytes.NewReader(list[0].Body))
	require.NoError(t, err)
	assert.Equal(t, list[0].Width, size.Width)
	assert.Greater(t, size.Width, canvasSide)
	assert.GreaterOrEqual(t, len(list[0].Body), 1<<20)
}

func TestAlbumsShareTheCount(t *testing.T) {
	opts := small(1)
	opts.Count, opts.Albums = 7, []string{"one", "jazz-night", "three"}
	list, err := Generate(t.Context(), opts, nil)
	require.NoError(t, err)
	var keys []string
	for i := range list {
		keys = append(keys, list[i].Key)
	}
	assert.Equal(t, []string{
		"one/0001.jpg", "one/0002.jpg", "jazz-night/0001.jpg", "jazz-night/0002.jpg",
		"three/0001.jpg", "three/0002.jpg", "three/0003.jpg",
	}, keys)
}

func TestProgressCountsUp(t *testing.T) {
	var got []int // written one call at a time: the race detector would tell
	_, err := Generate(t.Context(), small(2), func(done, total int) {
		assert.Equal(t, 24, total)
		got = append(got, done)
	})
	require.NoError(t, err)
	require.Len(t, got, 24)
	assert.True(t, slices.IsSorted(got))
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	made := 0
	list, err := Generate(ctx, Options{Count: 300, MaxSize: 200 << 10}, func(done, _ int) {
		made = done
		once.Do(cancel)
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, list)
	assert.Less(t, made, 20)

	_, err = Generate(ctx, Options{}, func(int, int) { t.Error("made a photo") })
	require.ErrorIs(t, err, context.Canceled)
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, tc := range map[string]struct {
		opts Options
		says string
	}{
		"count":     {Options{Count: -1}, "Count is -1"},
		"min":       {Options{MinSize: 100}, "MinSize is 100 bytes"},
		"max":       {Options{MaxSize: 21 << 10}, "at least twice MinSize"},
		"album":     {Options{Albums: []string{"a/b"}}, `album "a/b"`},
		"no album":  {Options{Albums: []string{""}}, `album ""`},
		"two alike": {Options{Albums: []string{"a", "a"}}, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Generate(t.Context(), tc.opts, nil)
			require.ErrorContains(t, err, tc.says)
		})
	}
}

func TestCommentFillsUp(t *testing.T) {
	opts := small(1)
	list, err := Generate(t.Context(), opts, nil)
	require.NoError(t, err)
	body := list[0].Body
	for _, more := range []int{-1, 0, 1, 4, 5, 300, 0xFFFF + 2} {
		longer := withComment(body, len(body)+more)
		assert.GreaterOrEqual(t, len(longer), len(body)+more)
		_, err := jpeg.Decode(bytes.NewReader(longer))
		assert.NoError(t, err, "%d more", more)
	}
}

func TestRoot(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 4, 8, 9, 15, 16, 1 << 40, 1<<40 - 1, 999_999_999_999} {
		r := root(n)
		assert.LessOrEqual(t, r*r, n)
		assert.Greater(t, (r+1)*(r+1), n)
	}
}

// BenchmarkGenerate makes the demo's 300 photos.
func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		list, err := Generate(b.Context(), Options{Seed: 2026}, nil)
		if err != nil {
			b.Fatal(err)
		}
		total := 0
		for i := range list {
			total += len(list[i].Body)
		}
		b.SetBytes(int64(total))
		b.ReportMetric(float64(total)/1e6, "MB")
	}
}
