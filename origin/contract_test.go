package origin_test

import (
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin"
)

// TestContract is what every S3 must show through a router: the embedded one
// and a real server.
func TestContract(t *testing.T) {
	for name, start := range worlds() {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			t.Run("found", func(t *testing.T) { contractFound(t, w) })
			t.Run("conditional", func(t *testing.T) { contractConditional(t, w) })
			t.Run("ranges", func(t *testing.T) { contractRanges(t, w) })
			t.Run("keys", func(t *testing.T) { contractKeys(t, w) })
			t.Run("absence", func(t *testing.T) { contractAbsence(t, w) })
			t.Run("large", func(t *testing.T) { contractLarge(t, w) })
			t.Run("misconfigured", func(t *testing.T) { contractMisconfigured(t, w) })
			t.Run("dark", func(t *testing.T) { contractDark(t, w) })
		})
	}
}

func contractFound(t *testing.T, w *world) {
	t.Helper()
	photo := pattern(100_000)
	w.put(t, "a/found.jpg", photo, "image/jpeg", "max-age=77")
	got, err := fetch(t, newRouter(t, quick(), origin.BreakerSettings{}, w.source), origin.Request{Key: "a/found.jpg"})
	require.NoError(t, err)
	sum := md5.Sum(photo)
	assert.Equal(t, photo, got.body)
	assert.Equal(t, origin.KindFound, got.Kind)
	assert.Equal(t, http.StatusOK, got.Status)
	assert.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, got.ETag)
	assert.NotEmpty(t, got.VersionID)
	assert.Equal(t, int64(len(photo)), got.Size)
	assert.Equal(t, "near", got.Region)
	assert.Equal(t, "image/jpeg", got.Header.Get("Content-Type"))
	assert.Equal(t, "max-age=77", got.Header.Get("Cache-Control"))
	assert.WithinDuration(t, time.Now(), got.LastModified, time.Hour)
	assert.False(t, got.AnswerTime.Before(got.RequestTime))
}

func contractConditional(t *testing.T, w *world) {
	t.Helper()
	w.put(t, "cond.jpg", []byte("one"), "image/jpeg", "max-age=5")
	r := newRouter(t, quick(), origin.BreakerSettings{}, w.source)
	first, err := fetch(t, r, origin.Request{Key: "cond.jpg"})
	require.NoError(t, err)

	same, err := fetch(t, r, origin.Request{Key: "cond.jpg", IfNoneMatch: first.ETag})
	require.NoError(t, err)
	assert.Equal(t, origin.KindNotModified, same.Kind)
	assert.Nil(t, same.Body)
	assert.Equal(t, first.ETag, same.ETag)

	w.put(t, "cond.jpg", []byte("two"), "image/jpeg", "max-age=5")
	changed, err := fetch(t, r, origin.Request{Key: "cond.jpg", IfNoneMatch: first.ETag})
	require.NoError(t, err)
	assert.Equal(t, "two", string(changed.body))

	_, err = fetch(t, r, origin.Request{Key: "cond.jpg", IfMatch: first.ETag})
	assert.Equal(t, origin.KindPrecondition, origin.KindOf(err))
	pinned, err := fetch(t, r, origin.Request{Key: "cond.jpg", IfMatch: changed.ETag})
	require.NoError(t, err)
	assert.Equal(t, "two", string(pinned.body))
}

func contractRanges(t *testing.T, w *world) {
	t.Helper()
	photo := pattern(10_000)
	w.put(t, "range.jpg", photo, "image/jpeg", "")
	r := newRouter(t, quick(), origin.BreakerSettings{}, w.source)
	got, err := fetch(t, r, origin.Request{Key: "range.jpg", Range: "bytes=100-199"})
	require.NoError(t, err)
	assert.Equal(t, photo[100:200], got.body)
	assert.Equal(t, http.StatusPartialContent, got.Status)
	assert.Equal(t, "bytes 100-199/10000", got.Header.Get("Content-Range"))
	assert.Equal(t, int64(100), got.Size)

	_, err = fetch(t, r, origin.Request{Key: "range.jpg", Range: "bytes=10000-"})
	assert.Equal(t, origin.KindInvalidRange, origin.KindOf(err))
}

func contractKeys(t *testing.T, w *world) {
	t.Helper()
	r := newRouter(t, quick(), origin.BreakerSettings{}, w.source)
	for _, key := range []string{
		"plain.jpg", "with space.jpg", "plus+sign.jpg", "per%cent.jpg", "100%25.jpg", "question?.jpg", "hash#.jpg",
		"ampersand&equals=.jpg", "한국어/사진.jpg", "emoji-📷.jpg", "quote'\".jpg", "semi;colon:comma,.jpg", "tilde~!*().jpg",
	} {
		w.put(t, key, []byte(key), "image/jpeg", "")
		got, err := fetch(t, r, origin.Request{Key: key})
		require.NoError(t, err, key)
		assert.Equal(t, key, string(got.body))
	}
}

// contractAbsence: only the source may say that there is no such object.
func contractAbsence(t *testing.T, w *world) {
	t.Helper()
	w.put(t, "lagging.jpg", []byte("new"), "image/jpeg", "")
	replicaFirst := newRouter(t, quick(), origin.BreakerSettings{}, w.replica, w.source)

	got, err := fetch(t, replicaFirst, origin.Request{Key: "lagging.jpg"})
	require.NoError(t, err, "the replica lacks it, the source has it")
	assert.Equal(t, "near", got.Region)

	_, err = fetch(t, replicaFirst, origin.Request{Key: "nowhere.jpg"})
	assert.Equal(t, origin.KindNotFound, origin.KindOf(err))

	w.replicate(t, "lagging.jpg")
	got, err = fetch(t, newRouter(t, quick(), origin.BreakerSettings{}, w.replica, w.source), origin.Request{Key: "lagging.jpg"})
	require.NoError(t, err)
	assert.Equal(t, "far", got.Region)
	assert.Equal(t, origin.Replica, got.Role)

	w.remove(t, "lagging.jpg")
	_, err = fetch(t, newRouter(t, quick(), origin.BreakerSettings{}, w.source, w.replica), origin.Request{Key: "lagging.jpg"})
	assert.Equal(t, origin.KindNotFound, origin.KindOf(err), "a delete marker is the source's word")
}

func contractLarge(t *testing.T, w *world) {
	t.Helper()
	photo := pattern(8 << 20)
	w.put(t, "large.jpg", photo, "image/jpeg", "")
	got, err := fetch(t, newRouter(t, quick(), origin.BreakerSettings{}, w.source), origin.Request{Key: "large.jpg"})
	require.NoError(t, err)
	assert.Equal(t, photo, got.body)
}

func contractMisconfigured(t *testing.T, w *world) {
	t.Helper()
	noBucket := w.source
	noBucket.Bucket = "there-is-no-such-bucket"
	_, err := fetch(t, newRouter(t, quick(), origin.BreakerSettings{}, noBucket), origin.Request{Key: "a.jpg"})
	assert.Equal(t, origin.KindUnavailable, origin.KindOf(err), "a missing bucket is not a missing object: %v", err)

	reports, err := origin.Check(t.Context(), origin.Options{Regions: []origin.RegionOptions{w.source, noBucket}, Timing: quick()})
	require.NoError(t, err)
	assert.False(t, reports[0].Failed(), "%+v", reports[0])
	assert.True(t, reports[1].Failed(), "%+v", reports[1])
	assert.Contains(t, reports[1].Bucket.Detail, "there is no bucket")
}

// contractDark: a source that accepts and never answers costs one first-byte
// timeout, and the replica answers the same request.
func contractDark(t *testing.T, w *world) {
	t.Helper()
	w.put(t, "dark.jpg", []byte("safe"), "image/jpeg", "")
	w.replicate(t, "dark.jpg")
	timing := quick()
	timing.FirstByteTimeout = 300 * time.Millisecond
	w.setDark(t, true, true)
	defer w.setDark(t, true, false)

	r := newRouter(t, timing, origin.BreakerSettings{}, w.source, w.replica)
	got, err := fetch(t, r, origin.Request{Key: "dark.jpg"})
	require.NoError(t, err)
	assert.Equal(t, "far", got.Region)
	assert.Equal(t, "safe", string(got.body))

	_, err = fetch(t, newRouter(t, timing, origin.BreakerSettings{}, w.source, w.replica), origin.Request{Key: "nowhere.jpg"})
	assert.Equal(t, origin.KindUnavailable, origin.KindOf(err), "the replica's 404 is not the truth while the source is dark")
	oe, ok := err.(*origin.Error) //nolint:errorlint // the documented concrete type
	require.True(t, ok)
	assert.Positive(t, oe.RetryAfter)

	reports, err := origin.Check(t.Context(), origin.Options{Regions: []origin.RegionOptions{w.source, w.replica}, Timing: timing})
	require.NoError(t, err)
	assert.True(t, reports[0].Failed())
	assert.False(t, reports[1].Failed(), "%+v", reports[1])
}
