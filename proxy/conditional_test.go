package proxy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"photoedge/cache"
)

const (
	lastModified = "Sun, 06 Nov 1994 08:49:37 GMT"
	aSecondLater = "Sun, 06 Nov 1994 08:49:38 GMT"
	aSecondEarly = "Sun, 06 Nov 1994 08:49:36 GMT"
)

func version(etag string) *cache.Version {
	return &cache.Version{ETag: etag, LastModified: time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name, list, etag string
		strong, weak     bool
	}{
		{"the tag", `"v1"`, `"v1"`, true, true},
		{"another", `"v2"`, `"v1"`, false, false},
		{"case matters", `"V1"`, `"v1"`, false, false},
		{"a part of it", `"v"`, `"v1"`, false, false},
		{"weak asked", `W/"v1"`, `"v1"`, false, true},
		{"weak held", `"v1"`, `W/"v1"`, false, true},
		{"both weak", `W/"v1"`, `W/"v1"`, false, true},
		{"the empty tag", `""`, `""`, true, true},
		{"the empty tag is no other", `""`, `"v1"`, false, false},
		{"bytes above ASCII", `"é"`, `"é"`, true, true},

		{"any", `*`, `"v1"`, true, true},
		{"any, spaces around", " * \t", `"v1"`, true, true},
		{"any, even without tag", `*`, "", true, true},
		{"any is no member of a list", `"v2", *`, `"v1"`, false, false},
		{"a list is not any", `*, "v1"`, `"v1"`, false, false},
		{"a star in quotes is a tag", `"*"`, `"v1"`, false, false},
		{"a star in quotes is that tag", `"*"`, `"*"`, true, true},

		{"first of a list", `"v1", "v2", "v3"`, `"v1"`, true, true},
		{"middle of a list", `"v2","v1","v3"`, `"v1"`, true, true},
		{"last of a list", "\"v2\" ,\t\"v3\" , \"v1\"", `"v1"`, true, true},
		{"a weak one in a list", `"v2", W/"v1"`, `"v1"`, false, true},
		{"empty members", `,, "v2",, "v1",`, `"v1"`, true, true},
		{"commas within a tag", `"a,b", "v1"`, `"v1"`, true, true},
		{"a tag within a tag", `"a,v1,b"`, `"v1"`, false, false},
		{"a tag with commas", `"x", "a, b"`, `"a, b"`, true, true},
		{"a backslash escapes nothing", `"a\", "v1"`, `"v1"`, true, true},

		{"empty", ``, `"v1"`, false, false},
		{"commas only", ` , ,`, `"v1"`, false, false},
		{"no tag held", `"v1"`, ``, false, false},
		{"no tags at all", ``, ``, false, false},
		{"not quoted", `v1`, `"v1"`, false, false},
		{"not quoted, not held so either", `v1`, `v1`, false, false},
		{"single quotes", `'v1'`, `"v1"`, false, false},
		{"open", `"v1`, `"v1"`, false, false},
		{"open behind a tag that is another", `"v2", "v1`, `"v1"`, false, false},
		{"open behind the tag", `"v1", "v2`, `"v1"`, true, true},
		{"nonsense in front", `x, "v1"`, `"v1"`, false, false},
		{"nonsense behind", `"v1", x`, `"v1"`, true, true},
		{"weakness in small letters", `w/"v1"`, `"v1"`, false, false},
		{"weakness without slash", `W"v1"`, `"v1"`, false, false},
		{"weakness alone", `W/`, `W/"v1"`, false, false},
		{"weakness away from the tag", `W/ "v1"`, `"v1"`, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.strong, matches([]byte(c.list), c.etag, strongly), "strong comparison")
			assert.Equal(t, c.weak, matches([]byte(c.list), c.etag, weakly), "weak comparison")
		})
	}
}

func TestEvaluate(t *testing.T) {
	none := &cache.Version{}
	for _, c := range []struct {
		name    string
		given   conditions
		version *cache.Version
		want    precondition
	}{
		{"no condition", conditions{}, version(`"v1"`), proceed},

		{"If-None-Match, held", conditions{ifNoneMatch: []byte(`"v1"`)}, version(`"v1"`), notModified},
		{"If-None-Match, weakly held", conditions{ifNoneMatch: []byte(`"v1"`)}, version(`W/"v1"`), notModified},
		{"If-None-Match, another", conditions{ifNoneMatch: []byte(`"v2"`)}, version(`"v1"`), proceed},
		{"If-None-Match, malformed", conditions{ifNoneMatch: []byte(`v1`)}, version(`"v1"`), proceed},
		{"If-None-Match, any", conditions{ifNoneMatch: []byte(`*`)}, none, notModified},

		{"If-Modified-Since, the very time", conditions{ifModifiedSince: []byte(lastModified)}, version(""), notModified},
		{"If-Modified-Since, later", conditions{ifModifiedSince: []byte(aSecondLater)}, version(""), notModified},
		{"If-Modified-Since, earlier", conditions{ifModifiedSince: []byte(aSecondEarly)}, version(""), proceed},
		{"If-Modified-Since in RFC 850's form", conditions{ifModifiedSince: []byte("Sunday, 06-Nov-94 08:49:37 GMT")}, version(""), notModified},
		{"If-Modified-Since in asctime's form", conditions{ifModifiedSince: []byte("Sun Nov  6 08:49:37 1994")}, version(""), notModified},
		{"If-Modified-Since, no date", conditions{ifModifiedSince: []byte("0")}, version(""), proceed},
		{"If-Modified-Since in another zone", conditions{ifModifiedSince: []byte("Sun, 06 Nov 1994 08:49:37 EST")}, version(""), proceed},
		{"If-Modified-Since, unknown when", conditions{ifModifiedSince: []byte(lastModified)}, none, proceed},
		{
			"If-None-Match stands above If-Modified-Since, another",
			conditions{ifNoneMatch: []byte(`"v2"`), ifModifiedSince: []byte(aSecondLater)},
			version(`"v1"`), proceed,
		},
		{
			"If-None-Match stands above If-Modified-Since, held",
			conditions{ifNoneMatch: []byte(`"v1"`), ifModifiedSince: []byte(aSecondEarly)},
			version(`"v1"`), notModified,
		},
		{
			"a malformed If-None-Match stands above it too",
			conditions{ifNoneMatch: []byte(`v1`), ifModifiedSince: []byte(aSecondLater)},
			version(`"v1"`), proceed,
		},

		{"If-Match, held", conditions{ifMatch: []byte(`"v1"`)}, version(`"v1"`), proceed},
		{"If-Match, weakly held", conditions{ifMatch: []byte(`W/"v1"`)}, version(`W/"v1"`), preconditionFailed},
		{"If-Match, another", conditions{ifMatch: []byte(`"v2"`)}, version(`"v1"`), preconditionFailed},
		{"If-Match, malformed", conditions{ifMatch: []byte(`v1`)}, version(`"v1"`), preconditionFailed},
		{"If-Match, any", conditions{ifMatch: []byte(`*`)}, none, proceed},
		{"If-Match, no tag held", conditions{ifMatch: []byte(`"v1"`)}, none, preconditionFailed},

		{"If-Unmodified-Since, the very time", conditions{ifUnmodifiedSince: []byte(lastModified)}, version(""), proceed},
		{"If-Unmodified-Since, earlier", conditions{ifUnmodifiedSince: []byte(aSecondEarly)}, version(""), preconditionFailed},
		{"If-Unmodified-Since, no date", conditions{ifUnmodifiedSince: []byte("x")}, version(""), proceed},
		{"If-Unmodified-Since, unknown when", conditions{ifUnmodifiedSince: []byte(aSecondEarly)}, none, proceed},
		{
			"If-Match stands above If-Unmodified-Since",
			conditions{ifMatch: []byte(`"v1"`), ifUnmodifiedSince: []byte(aSecondEarly)},
			version(`"v1"`), proceed,
		},
		{
			"a failed If-Match stands above all",
			conditions{ifMatch: []byte(`"v2"`), ifNoneMatch: []byte(`"v1"`), ifModifiedSince: []byte(lastModified)},
			version(`"v1"`), preconditionFailed,
		},
		{
			"a passed If-Match leaves the word to If-None-Match",
			conditions{ifMatch: []byte(`"v1"`), ifNoneMatch: []byte(`"v1"`)},
			version(`"v1"`), notModified,
		},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, c.given.evaluate(c.version)) })
	}
}

func TestRangeStands(t *testing.T) {
	for _, c := range []struct {
		name, value string
		version     *cache.Version
		want        bool
	}{
		{"not asked", "", version(`"v1"`), true},
		{"the tag", `"v1"`, version(`"v1"`), true},
		{"another", `"v2"`, version(`"v1"`), false},
		{"weak asked", `W/"v1"`, version(`"v1"`), false},
		{"weak held", `"v1"`, version(`W/"v1"`), false},
		{"both weak", `W/"v1"`, version(`W/"v1"`), false},
		{"no tag held", `"v1"`, &cache.Version{}, false},
		{"any is none of its values", "*", version(`"v1"`), false},
		{"a list", `"v1", "v2"`, version(`"v1"`), false},
		{"not quoted", "v1", version("v1"), false},
		{"open", `"v1`, version(`"v1"`), false},
		{"the very time", lastModified, version(`"v1"`), true},
		{"later", aSecondLater, version(`"v1"`), false},
		{"earlier", aSecondEarly, version(`"v1"`), false},
		{"no date", "0", version(`"v1"`), false},
		{"unknown when", lastModified, &cache.Version{ETag: `"v1"`}, false},
		{"the beginning of time, unknown when", "Mon, 01 Jan 0001 00:00:00 GMT", &cache.Version{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &cache.Entry{Version: *c.version, Fields: []cache.Field{{Name: []byte("Date"), Value: []byte(aSecondLater)}}}
			assert.Equal(t, c.want, rangeStands([]byte(c.value), e))
		})
	}
}

// Two versions of one second have one Last-Modified: only a later Date shows
// that no other came after it (RFC 9110 §8.8.2.2).
func TestRangeStandsByDateOnlyWhenTheDateIsStrong(t *testing.T) {
	for date, want := range map[string]bool{lastModified: false, aSecondEarly: false, aSecondLater: true, "": false} {
		e := &cache.Entry{Version: *version(`"v1"`)}
		if date != "" {
			e.Fields = []cache.Field{{Name: []byte("Date"), Value: []byte(date)}}
		}
		assert.Equal(t, want, rangeStands([]byte(lastModified), e), date)
	}
}
