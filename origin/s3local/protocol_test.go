package s3local_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

func withChecksum(in *s3.GetObjectInput) { in.ChecksumMode = types.ChecksumModeEnabled }

func TestObjectComesBackAsItWasWritten(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 987654321, time.FixedZone("", 3600))
	c, near, _ := start(t, func(o *s3local.Options) { o.Now = func() time.Time { return now } })
	body := pattern(100_000)
	v := c.Put("a/photo.jpg", body, s3local.Metadata{
		ContentType: "image/jpeg", CacheControl: "public, max-age=60", Expires: "Thu, 01 Dec 2033 16:00:00 GMT",
		ContentEncoding: "br", ContentDisposition: "inline", ContentLanguage: "ko",
		User: map[string]string{"Cache-Tag": "a,b"},
	})
	sum := md5.Sum(body)
	require.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, v.ETag)
	require.Equal(t, now.UTC().Truncate(time.Second), v.LastModified)

	for name, a := range map[string]api{"anonymous": anonymous(t, near), "signed": signing(t, near)} {
		t.Run(name, func(t *testing.T) {
			out, got := a.mustGet("a/photo.jpg", withChecksum)
			assert.True(t, bytes.Equal(body, got))
			assert.Equal(t, v.ETag, *out.ETag)
			assert.Equal(t, v.ID, *out.VersionId)
			assert.Equal(t, v.LastModified, *out.LastModified)
			assert.Equal(t, v.Size, *out.ContentLength)
			assert.Equal(t, "image/jpeg", *out.ContentType)
			assert.Equal(t, "public, max-age=60", *out.CacheControl)
			assert.Equal(t, "Thu, 01 Dec 2033 16:00:00 GMT", *out.ExpiresString)
			assert.Equal(t, "br", *out.ContentEncoding)
			assert.Equal(t, "inline", *out.ContentDisposition)
			assert.Equal(t, "ko", *out.ContentLanguage)
			assert.Equal(t, map[string]string{"cache-tag": "a,b"}, out.Metadata)
			assert.Equal(t, "bytes", *out.AcceptRanges)
			assert.Equal(t, types.ReplicationStatusCompleted, out.ReplicationStatus)
			assert.Equal(t, types.ChecksumTypeFullObject, out.ChecksumType)
			assert.NotEmpty(t, *out.ChecksumCRC32)

			head, err := a.head("a/photo.jpg")
			require.NoError(t, err)
			assert.Equal(t, v.ETag, *head.ETag)
			assert.Equal(t, v.Size, *head.ContentLength)
			assert.Equal(t, v.LastModified, *head.LastModified)
			assert.Nil(t, head.ChecksumCRC32, "nobody asked for it")
		})
	}
	assert.EqualValues(t, 200_000, near.Counts().BytesOut, "HEAD has no body")
	assert.Equal(t, now.UTC().Format(http.TimeFormat), raw(t, near, "GET", "/photos-near/a/photo.jpg", nil, "").header.Get("Date"))
}

func TestDefaultsAndEmptyBody(t *testing.T) {
	c, near, _ := start(t)
	c.Put("empty", nil, s3local.Metadata{})
	out, body := anonymous(t, near).mustGet("empty", withChecksum)
	assert.Empty(t, body)
	assert.Equal(t, "binary/octet-stream", *out.ContentType)
	assert.Nil(t, out.CacheControl)
	assert.Equal(t, "AAAAAA==", *out.ChecksumCRC32)

	a := raw(t, near, "GET", "/photos-near/empty", nil, "")
	assert.Empty(t, a.header.Get("X-Amz-Checksum-Crc32"), "only on request")
	assert.NotEmpty(t, a.header.Get("X-Amz-Request-Id"))
	assert.NotEmpty(t, a.header.Get("X-Amz-Id-2"))
}

// Keys that URL libraries like to tidy up.
var oddKeys = []string{
	"plain.jpg", "a/b/c", "a//b", "/leading", "//two", "trailing/", "trailing//", "a/./b", "a/../b", "..", ".",
	"with space", "plus+sign", "percent%41", "%2F", "question?mark", "hash#tag", "semi;colon", "amp&and=", "at@colon:",
	"사진/서울.jpg", "e\u0301 and \u00e9", "quote\"'`", "back\\slash", "[brackets]{}|^", "~tilde", "new\nline", "\x7f",
	"http://example.com/a", "photos-near/again", strings.Repeat("k", 1024),
}

func TestKeysAreExact(t *testing.T) {
	c, near, far := start(t)
	clients := map[string]api{"anonymous": anonymous(t, near), "signed": signing(t, near)}
	for i, key := range oddKeys {
		t.Run(strconv.Quote(key[:min(len(key), 20)]), func(t *testing.T) {
			for name, a := range clients {
				c.Put(key, fmt.Append(nil, i, name), s3local.Metadata{})
				_, body := a.mustGet(key)
				assert.Equal(t, fmt.Sprint(i, name), string(body), "written inside, read by %s", name)

				_, err := a.PutObject(a.context(), &s3.PutObjectInput{Bucket: &a.bucket, Key: &key, Body: strings.NewReader(name)})
				require.NoError(t, err)
				_, body = a.mustGet(key)
				assert.Equal(t, name, string(body), "written by %s", name)
				assert.True(t, far.Has(key), "the very key replicates")
				assert.Equal(t, key, near.Log()[len(near.Log())-1].Key)
			}
		})
	}
	for path, key := range map[string]string{ // as clients other than the SDK write them
		"http://a/b:c@d": "http://a/b:c@d", "a%2Fb%2f": "a/b/", "%2e%2E/a": "../a", "a+b%2Bc%20": "a+b+c ", "%ED%95%9C": "한",
	} {
		c.Put(key, []byte(key), s3local.Metadata{})
		assert.Equal(t, key, string(raw(t, near, "GET", "/photos-near/"+path, nil, "").body), path)
	}
	for i, key := range oddKeys { // nobody overwrote another
		c.Put(key, fmt.Append(nil, i), s3local.Metadata{})
	}
	for i, key := range oddKeys {
		_, body := clients["signed"].mustGet(key)
		assert.Equal(t, strconv.Itoa(i), string(body), "%q", key)
	}
}

func TestRanges(t *testing.T) {
	c, near, _ := start(t)
	body := pattern(1000)
	c.Put("k", body, s3local.Metadata{})
	c.Put("empty", nil, s3local.Metadata{})
	a := anonymous(t, near)
	for _, tc := range []struct {
		field    string
		from, to int // of the body, to exclusive
		whole    bool
		invalid  bool
	}{
		{field: "bytes=0-0", from: 0, to: 1},
		{field: "bytes=10-19", from: 10, to: 20},
		{field: "bytes=990-", from: 990, to: 1000},
		{field: "bytes=0-", from: 0, to: 1000},
		{field: "bytes=-1", from: 999, to: 1000},
		{field: "bytes=-5000", from: 0, to: 1000},
		{field: "bytes=999-5000", from: 999, to: 1000},
		{field: "bytes=5-99999999999999999999999", from: 5, to: 1000},
		{field: "bytes=1000-", invalid: true},
		{field: "bytes=1000-1001", invalid: true},
		{field: "bytes=99999999999999999999999-", invalid: true},
		{field: "bytes=-0", invalid: true},
		{field: "bytes=20-10", whole: true},
		{field: "bytes=0-1,3-4", whole: true},
		{field: "bytes=", whole: true},
		{field: "bytes=-", whole: true},
		{field: "bytes=a-b", whole: true},
		{field: "bytes=+1-2", whole: true},
		{field: "bytes=--1", whole: true},
		{field: "octets=0-1", whole: true},
		{field: "0-1", whole: true},
	} {
		t.Run(tc.field, func(t *testing.T) {
			out, got, err := a.get("k", withChecksum, func(in *s3.GetObjectInput) { in.Range = &tc.field })
			if tc.invalid {
				f := failed(t, err)
				assert.Equal(t, 416, f.status)
				assert.Equal(t, "InvalidRange", f.code)
				plain := raw(t, near, "GET", "/photos-near/k", map[string]string{"Range": tc.field}, "")
				assert.Equal(t, "1000", plain.xml.ActualObjectSize)
				return
			}
			require.NoError(t, err)
			if tc.whole {
				assert.True(t, bytes.Equal(body, got))
				assert.Nil(t, out.ContentRange)
				assert.NotNil(t, out.ChecksumCRC32)
				return
			}
			assert.True(t, bytes.Equal(body[tc.from:tc.to], got))
			assert.Equal(t, fmt.Sprintf("bytes %d-%d/1000", tc.from, tc.to-1), *out.ContentRange)
			assert.Nil(t, out.ChecksumCRC32, "S3 has none for a part")
		})
	}
	for _, field := range []string{"bytes=0-", "bytes=-1", "bytes=0-0"} {
		_, _, err := a.get("empty", func(in *s3.GetObjectInput) { in.Range = &field })
		assert.Equal(t, 416, failed(t, err).status, field)
	}
	assert.EqualValues(t, 8, near.Counts().Ranges)
	head := raw(t, near, "HEAD", "/photos-near/k", map[string]string{"Range": "bytes=1-2"}, "")
	assert.Equal(t, 206, head.status)
	assert.Equal(t, "2", head.header.Get("Content-Length"))
}

func TestPreconditionsInS3sOrder(t *testing.T) {
	c, near, _ := start(t)
	v := c.Put("k", []byte("body"), s3local.Metadata{CacheControl: "max-age=5", Expires: "0"})
	older, newer := v.LastModified.Add(-time.Hour), v.LastModified.Add(time.Hour)
	other := `"00000000000000000000000000000000"`
	a := signing(t, near)
	for name, tc := range map[string]struct {
		ask    func(*s3.GetObjectInput)
		status int
	}{
		"match":           {func(in *s3.GetObjectInput) { in.IfMatch = &v.ETag }, 200},
		"match star":      {func(in *s3.GetObjectInput) { in.IfMatch = aws.String("*") }, 200},
		"match bare":      {func(in *s3.GetObjectInput) { in.IfMatch = aws.String(strings.Trim(v.ETag, `"`)) }, 200},
		"match list":      {func(in *s3.GetObjectInput) { in.IfMatch = aws.String(other + ", " + v.ETag) }, 200},
		"match weak":      {func(in *s3.GetObjectInput) { in.IfMatch = aws.String("W/" + v.ETag) }, 412},
		"match other":     {func(in *s3.GetObjectInput) { in.IfMatch = &other }, 412},
		"none match":      {func(in *s3.GetObjectInput) { in.IfNoneMatch = &v.ETag }, 304},
		"none match weak": {func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String("W/" + v.ETag) }, 304},
		"none match list": {func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String(other + "," + v.ETag) }, 304},
		"none match star": {func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String("*") }, 304},
		"none match else": {func(in *s3.GetObjectInput) { in.IfNoneMatch = &other }, 200},
		"modified since":  {func(in *s3.GetObjectInput) { in.IfModifiedSince = &older }, 200},
		"not since":       {func(in *s3.GetObjectInput) { in.IfModifiedSince = &v.LastModified }, 304},
		"not since newer": {func(in *s3.GetObjectInput) { in.IfModifiedSince = &newer }, 304},
		"unmodified":      {func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = &v.LastModified }, 200},
		"modified":        {func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = &older }, 412},
		"match overrules unmodified since": {
			func(in *s3.GetObjectInput) { in.IfMatch, in.IfUnmodifiedSince = &v.ETag, &older }, 200,
		},
		"none match overrules modified since": {
			func(in *s3.GetObjectInput) { in.IfNoneMatch, in.IfModifiedSince = &v.ETag, &older }, 304,
		},
		"another etag overrules not modified since": {
			func(in *s3.GetObjectInput) { in.IfNoneMatch, in.IfModifiedSince = &other, &newer }, 200,
		},
		"412 before 304": {
			func(in *s3.GetObjectInput) { in.IfMatch, in.IfNoneMatch = &other, &v.ETag }, 412,
		},
		"condition before range": {
			func(in *s3.GetObjectInput) { in.IfNoneMatch, in.Range = &v.ETag, aws.String("bytes=100-") }, 304,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, body, err := a.get("k", tc.ask)
			if tc.status == 200 {
				require.NoError(t, err)
				assert.Equal(t, "body", string(body))
				return
			}
			f := failed(t, err)
			assert.Equal(t, tc.status, f.status)
			if tc.status == 412 {
				assert.Equal(t, "PreconditionFailed", f.code)
				return
			}
			assert.Equal(t, v.ETag, f.header.Get("ETag"))
			assert.Equal(t, v.LastModified.Format(http.TimeFormat), f.header.Get("Last-Modified"))
			assert.Equal(t, "max-age=5", f.header.Get("Cache-Control"))
			assert.Empty(t, f.header.Get("Content-Length"))
		})
	}
	assert.EqualValues(t, 8, near.Counts().NotModified)
	_, _, err := a.get("absent", func(in *s3.GetObjectInput) { in.IfMatch = &v.ETag })
	assert.Equal(t, "NoSuchKey", failed(t, err).code)
}

func TestErrors(t *testing.T) {
	c, near, _ := start(t, func(o *s3local.Options) {
		o.Regions = append(o.Regions, s3local.RegionOptions{
			Name: "shy", Bucket: "photos-shy", Role: s3local.Replica, List: s3local.ListDenied,
		})
	})
	shy := c.Region("shy")
	c.Put("k", []byte("body"), s3local.Metadata{})
	c.Put("gone", []byte("body"), s3local.Metadata{})
	c.Delete("gone")
	for name, tc := range map[string]struct {
		region       *s3local.Region
		method, path string
		status       int
		code         string
	}{
		"absent":              {near, "GET", "/photos-near/absent", 404, "NoSuchKey"},
		"deleted":             {near, "GET", "/photos-near/gone", 404, "NoSuchKey"},
		"bucket":              {near, "GET", "/elsewhere/k", 404, "NoSuchBucket"},
		"empty bucket":        {near, "GET", "//k", 404, "NoSuchBucket"},
		"bucket, list":        {near, "GET", "/elsewhere?list-type=2", 404, "NoSuchBucket"},
		"version":             {near, "GET", "/photos-near/k?versionId=nope", 404, "NoSuchVersion"},
		"method":              {near, "PATCH", "/photos-near/k", 405, "MethodNotAllowed"},
		"subresource":         {near, "GET", "/photos-near/k?acl", 501, "NotImplemented"},
		"multipart":           {near, "POST", "/photos-near/k?uploads", 501, "NotImplemented"},
		"old listing":         {near, "GET", "/photos-near/", 501, "NotImplemented"},
		"all buckets":         {near, "GET", "/", 501, "NotImplemented"},
		"long key":            {near, "GET", "/photos-near/" + strings.Repeat("k", 1025), 400, "KeyTooLongError"},
		"absent, no listing":  {shy, "GET", "/photos-shy/absent", 403, "AccessDenied"},
		"deleted, no listing": {shy, "GET", "/photos-shy/gone", 403, "AccessDenied"},
		"listing":             {shy, "GET", "/photos-shy?list-type=2", 403, "AccessDenied"},
		"max-keys":            {near, "GET", "/photos-near?list-type=2&max-keys=x", 400, "InvalidArgument"},
		"token":               {near, "GET", "/photos-near?list-type=2&continuation-token=x", 400, "InvalidArgument"},
		"encoding":            {near, "GET", "/photos-near?list-type=2&encoding-type=x", 400, "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			a := raw(t, tc.region, tc.method, tc.path, nil, "")
			assert.Equal(t, tc.status, a.status)
			assert.Equal(t, tc.code, a.xml.Code)
			assert.NotEmpty(t, a.xml.Message)
			assert.Equal(t, a.header.Get("X-Amz-Request-Id"), a.xml.RequestID)
			assert.Equal(t, name == "deleted", a.header.Get("X-Amz-Delete-Marker") == "true")
			if tc.code == "NoSuchKey" {
				assert.Equal(t, tc.path, "/photos-near/"+a.xml.Key)
			}
		})
	}
	for path, status := range map[string]int{"/photos-near/absent": 404, "/photos-near/gone": 404, "/elsewhere": 404} {
		a := raw(t, near, "HEAD", path, nil, "")
		assert.Equal(t, status, a.status, path)
		assert.Empty(t, a.body, path)
	}
	_, err := anonymous(t, near).head("absent")
	assert.ErrorAs(t, err, new(*types.NotFound))
	_, _, err = anonymous(t, near).get("absent")
	assert.ErrorAs(t, err, new(*types.NoSuchKey))
	_, body := anonymous(t, shy).mustGet("k")
	assert.Equal(t, "body", string(body), "what exists is served where listing is denied")
}

func TestBucketRequests(t *testing.T) {
	_, near, far := start(t)
	a := anonymous(t, far)
	out, err := a.HeadBucket(a.context(), &s3.HeadBucketInput{Bucket: &a.bucket})
	require.NoError(t, err)
	assert.Equal(t, "far", *out.BucketRegion)
	at, err := a.GetBucketLocation(a.context(), &s3.GetBucketLocationInput{Bucket: &a.bucket})
	require.NoError(t, err)
	assert.EqualValues(t, "far", at.LocationConstraint)
	_, err = a.HeadBucket(a.context(), &s3.HeadBucketInput{Bucket: aws.String(near.Bucket())})
	assert.Equal(t, 404, failed(t, err).status, "a region has its own bucket only")
	assert.EqualValues(t, 2, far.Counts().HeadBucket)
	assert.EqualValues(t, 1, far.Counts().Other)
}

func TestManyConnections(t *testing.T) {
	const clients = 300
	c, near, _ := start(t)
	body := pattern(200_000)
	c.Put("k", body, s3local.Metadata{})
	near.SetLatency(patience) // until all are there at once
	a := anonymous(t, near)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			_, got, err := a.get("k", withChecksum)
			assert.NoError(t, err)
			assert.True(t, bytes.Equal(body, got))
		})
	}
	eventually(t, "all wait", func() bool { return near.Counts().InFlight == clients })
	near.SetLatency(0)
	all.Wait()
	assert.EqualValues(t, clients, near.Counts().Get)
	assert.EqualValues(t, clients*len(body), near.Counts().BytesOut)
}
