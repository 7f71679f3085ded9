package s3local_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

func (a api) put(key string, body []byte, change ...func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
	in := &s3.PutObjectInput{Bucket: &a.bucket, Key: &key, Body: bytes.NewReader(body)}
	for _, f := range change {
		f(in)
	}
	return a.PutObject(a.context(), in)
}

func TestPutOverHTTPIsAWriteAtTheSource(t *testing.T) {
	_, near, far := start(t)
	body := pattern(3 << 20) // the SDK asks for 100 Continue
	out, err := signing(t, near).put("k", body, func(in *s3.PutObjectInput) {
		in.ContentType, in.CacheControl = aws.String("image/png"), aws.String("no-cache")
		in.Metadata = map[string]string{"Cache-Tag": "a"}
	})
	require.NoError(t, err)
	for _, r := range []*s3local.Region{near, far} {
		got, read := anonymous(t, r).mustGet("k", withChecksum)
		assert.True(t, bytes.Equal(body, read))
		assert.Equal(t, *out.ETag, *got.ETag)
		assert.Equal(t, *out.VersionId, *got.VersionId)
		assert.Equal(t, "image/png", *got.ContentType)
		assert.Equal(t, "no-cache", *got.CacheControl)
		assert.Equal(t, map[string]string{"cache-tag": "a"}, got.Metadata)
	}
}

func TestPutAtAReplicaStaysThere(t *testing.T) {
	_, near, far := start(t)
	_, err := anonymous(t, far).put("k", []byte("body"))
	require.NoError(t, err)
	assert.True(t, far.Has("k"))
	assert.False(t, near.Has("k"))
	out, err := anonymous(t, far).head("k")
	require.NoError(t, err)
	assert.Empty(t, out.ReplicationStatus)
}

func TestPutChecksWhatItGets(t *testing.T) {
	_, near, _ := start(t)
	for name, tc := range map[string]struct {
		header map[string]string
		body   string
		status int
		want   string
	}{
		"plain":     {nil, "body", 200, "body"},
		"crc32":     {map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}, "body", 400, ""},
		"md5":       {map[string]string{"Content-Md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "body", 400, ""},
		"right md5": {map[string]string{"Content-Md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "", 200, ""},
		"signed chunks": {
			map[string]string{"X-Amz-Content-Sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "Content-Encoding": "aws-chunked,gzip"},
			"4;chunk-signature=ab\r\nbody\r\n3;chunk-signature=cd\r\n123\r\n0;chunk-signature=ef\r\n\r\n", 200, "body123",
		},
		"chunks with a trailer": {
			map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
			"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 200, "body",
		},
		"broken chunks": {
			map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, "4\r\nbo", 400, "",
		},
		"copy": {map[string]string{"X-Amz-Copy-Source": "/photos-near/other"}, "", 501, ""},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-")
			a := raw(t, near, "PUT", "/photos-near/"+key, tc.header, tc.body)
			require.Equal(t, tc.status, a.status, "%s", a.body)
			require.Equal(t, tc.status == 200, near.Has(key))
			if tc.status == 200 {
				out, body := anonymous(t, near).mustGet(key)
				assert.Equal(t, tc.want, string(body))
				assert.Equal(t, name == "signed chunks", aws.ToString(out.ContentEncoding) == "gzip")
			}
		})
	}
}

func TestConditionalWrites(t *testing.T) {
	// The clock is read in the middle of a write: let others in there.
	_, near, _ := start(t, func(o *s3local.Options) {
		o.Now = func() time.Time {
			for range 500 {
				runtime.Gosched()
			}
			return time.Now()
		}
	})
	a := anonymous(t, near)
	create := func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
	over := func(etag string) func(*s3.PutObjectInput) {
		return func(in *s3.PutObjectInput) { in.IfMatch = &etag }
	}
	_, err := a.put("k", []byte("1"), over(`"x"`))
	assert.Equal(t, "NoSuchKey", failed(t, err).code)
	one, err := a.put("k", []byte("1"), create)
	require.NoError(t, err)
	_, err = a.put("k", []byte("2"), create)
	assert.Equal(t, "PreconditionFailed", failed(t, err).code)
	_, err = a.put("k", []byte("2"), over(*one.ETag))
	require.NoError(t, err)
	_, err = a.put("k", []byte("3"), over(*one.ETag))
	assert.Equal(t, "PreconditionFailed", failed(t, err).code)
	near.Delete("k")
	_, err = a.put("k", []byte("4"), create)
	require.NoError(t, err, "a deleted key does not exist")
	_, body := a.mustGet("k")
	assert.Equal(t, "4", string(body))

	const rivals = 100
	var created atomic.Int64
	var writers sync.WaitGroup
	near.SetLatency(never) // until all are there
	for range rivals {
		writers.Go(func() {
			if _, err := a.put("contested", nil, create); err == nil {
				created.Add(1)
			}
		})
	}
	eventually(t, "all are there", func() bool { return near.Counts().InFlight == rivals })
	near.SetLatency(0)
	writers.Wait()
	assert.EqualValues(t, 1, created.Load(), "one of all")
}

func TestVersions(t *testing.T) {
	c, near, far := start(t)
	a := anonymous(t, near)
	one := c.Put("k", []byte("one"), s3local.Metadata{})
	two := c.Put("k", []byte("two"), s3local.Metadata{})
	version := func(id string) func(*s3.GetObjectInput) {
		return func(in *s3.GetObjectInput) { in.VersionId = &id }
	}
	gone, err := a.DeleteObject(a.context(), &s3.DeleteObjectInput{Bucket: &a.bucket, Key: aws.String("k")})
	require.NoError(t, err)
	require.True(t, *gone.DeleteMarker)
	assert.False(t, near.Has("k"))
	assert.False(t, far.Has("k"), "the marker replicates")

	for want, v := range map[string]s3local.Version{"one": one, "two": two} {
		out, body := a.mustGet("k", version(v.ID))
		assert.Equal(t, want, string(body))
		assert.Equal(t, v.ID, *out.VersionId)
	}
	_, _, err = a.get("k", version(*gone.VersionId))
	f := failed(t, err)
	assert.Equal(t, 405, f.status)
	assert.Equal(t, "MethodNotAllowed", f.code)
	assert.Equal(t, "true", f.header.Get("X-Amz-Delete-Marker"))

	for _, step := range []struct{ remove, left string }{{*gone.VersionId, "two"}, {two.ID, "one"}} {
		_, err = a.DeleteObject(a.context(), &s3.DeleteObjectInput{Bucket: &a.bucket, Key: aws.String("k"), VersionId: &step.remove})
		require.NoError(t, err)
		_, body := a.mustGet("k")
		assert.Equal(t, step.left, string(body))
	}
	assert.False(t, far.Has("k"), "the removal of a version does not replicate")
	_, err = a.DeleteObject(a.context(), &s3.DeleteObjectInput{Bucket: &a.bucket, Key: aws.String("k"), VersionId: &one.ID})
	require.NoError(t, err)
	_, _, err = a.get("k", version(one.ID))
	assert.Equal(t, "NoSuchVersion", failed(t, err).code)
	_, _, err = a.get("k")
	f = failed(t, err)
	assert.Equal(t, "NoSuchKey", f.code)
	assert.Empty(t, f.header.Get("X-Amz-Delete-Marker"), "nothing is left, not even a marker")
}

func TestListing(t *testing.T) {
	c, near, _ := start(t)
	keys := []string{"a", "a/", "a/1", "a/2/x", "a/2/y", "a/3", "a0", "b//x", "b/1", "c d+e", "é", "사진/1", "사진/2"}
	for i := len(keys) - 1; i >= 0; i-- {
		c.Put(keys[i], []byte(keys[i]), s3local.Metadata{})
	}
	c.Put("deleted", nil, s3local.Metadata{})
	c.Delete("deleted")
	a := signing(t, near)
	for name, tc := range map[string]struct {
		in   s3.ListObjectsV2Input
		want []string // in the order of the pages, prefixes after the keys of a page
	}{
		"all":            {s3.ListObjectsV2Input{}, keys},
		"prefix":         {s3.ListObjectsV2Input{Prefix: aws.String("a/")}, []string{"a/", "a/1", "a/2/x", "a/2/y", "a/3"}},
		"start after":    {s3.ListObjectsV2Input{StartAfter: aws.String("c d+e")}, []string{"é", "사진/1", "사진/2"}},
		"no such prefix": {s3.ListObjectsV2Input{Prefix: aws.String("z")}, nil},
		"delimiter": {
			s3.ListObjectsV2Input{Delimiter: aws.String("/")},
			[]string{"a", "a0", "c d+e", "é", "a/", "b/", "사진/"},
		},
		"folder": {
			s3.ListObjectsV2Input{Prefix: aws.String("a/"), Delimiter: aws.String("/")},
			[]string{"a/", "a/1", "a/3", "a/2/"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var whole []string
			for size := range 5 {
				var got []string
				if size > 0 {
					tc.in.MaxKeys = aws.Int32(int32(size))
				}
				tc.in.Bucket = &a.bucket
				pages := s3.NewListObjectsV2Paginator(a.Client, &tc.in)
				for pages.HasMorePages() {
					page, err := pages.NextPage(a.context())
					require.NoError(t, err)
					n := len(page.Contents) + len(page.CommonPrefixes)
					require.EqualValues(t, n, *page.KeyCount)
					require.True(t, size == 0 || n <= size)
					for _, o := range page.Contents {
						got = append(got, *o.Key)
						assert.EqualValues(t, len(*o.Key), *o.Size)
					}
					for _, p := range page.CommonPrefixes {
						got = append(got, *p.Prefix)
					}
				}
				if size == 0 {
					whole = got
					require.Equal(t, tc.want, got)
				}
				assert.ElementsMatch(t, whole, got, "pages of %d", size)
			}
		})
	}
	encoded := raw(t, near, "GET", "/photos-near?list-type=2&encoding-type=url&prefix=c+d", nil, "")
	assert.Contains(t, string(encoded.body), "<Key>c%20d%2Be</Key>")
	none := raw(t, near, "GET", "/photos-near/?list-type=2&max-keys=0", nil, "")
	assert.Contains(t, string(none.body), "<IsTruncated>false</IsTruncated>")
	assert.NotContains(t, string(none.body), "<Contents>")
}

func TestLogIsBoundedAndCountsAreNot(t *testing.T) {
	c, near, _ := start(t)
	v := c.Put("k", []byte("body"), s3local.Metadata{})
	a := anonymous(t, near)
	_, _, err := a.get("k", func(in *s3.GetObjectInput) { in.IfNoneMatch = &v.ETag })
	require.Equal(t, 304, failed(t, err).status)
	_, _ = a.mustGet("k", func(in *s3.GetObjectInput) {
		in.Range, in.IfMatch, in.VersionId = aws.String("bytes=1-2"), &v.ETag, &v.ID
	})
	log := near.Log()
	require.Len(t, log, 2)
	assert.Equal(t, s3local.Entry{Time: log[0].Time, Op: s3local.OpGet, Key: "k", IfNoneMatch: v.ETag, Status: 304}, log[0])
	assert.Equal(t, s3local.Entry{
		Time: log[1].Time, Op: s3local.OpGet, Key: "k", VersionID: v.ID, Range: "bytes=1-2", IfMatch: v.ETag, Status: 206, Bytes: 2,
	}, log[1])

	tr := transport(t)
	for i := range s3local.LogLimit {
		resp, err := tr.RoundTrip(mustRequest(t, "HEAD", fmt.Sprintf("%s/photos-near/%d", near.Endpoint(), i)))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	log = near.Log()
	require.Len(t, log, s3local.LogLimit)
	assert.Equal(t, "0", log[0].Key, "the oldest went first")
	near.ResetLog()
	assert.Empty(t, near.Log())
	counts := near.Counts()
	assert.EqualValues(t, 2, counts.Get)
	assert.EqualValues(t, s3local.LogLimit, counts.Head)
	assert.EqualValues(t, 2, counts.BytesOut)
}
