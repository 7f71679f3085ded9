package s3test_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3test"
)

func TestPutThenGetReturnsBodyFieldsAndChecksum(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	body := bytes.Repeat([]byte("photo"), 100_000)
	expires := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	put := region.Put("2026/게이트 a+b.jpg", body, s3test.PutOptions{
		ContentType:  "image/jpeg",
		CacheControl: "max-age=60, stale-while-revalidate=5",
		Expires:      expires,
		Metadata:     map[string]string{"cache-tag": "event-1,gate"},
	})

	output, got := get(t, region, &s3.GetObjectInput{
		Key:          aws.String("2026/게이트 a+b.jpg"),
		ChecksumMode: types.ChecksumModeEnabled,
	})

	require.Equal(t, body, got)
	require.Equal(t, put.ID, aws.ToString(output.VersionId))
	require.Equal(t, put.ETag, aws.ToString(output.ETag))
	require.Equal(t, "image/jpeg", aws.ToString(output.ContentType))
	require.Equal(t, "max-age=60, stale-while-revalidate=5", aws.ToString(output.CacheControl))
	require.Equal(t, expires.Format(http.TimeFormat), aws.ToString(output.ExpiresString))
	require.Equal(t, map[string]string{"cache-tag": "event-1,gate"}, output.Metadata)
	require.NotEmpty(t, aws.ToString(output.ChecksumCRC32), "the SDK has something to verify")
	require.WithinDuration(t, time.Now(), aws.ToTime(output.LastModified), time.Minute)
}

func TestRangeReturnsPart(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	region.Put("a.jpg", []byte("0123456789"), s3test.PutOptions{})

	output, got := get(t, region, &s3.GetObjectInput{Key: aws.String("a.jpg"), Range: aws.String("bytes=2-5")})

	require.Equal(t, "2345", string(got))
	require.Equal(t, "bytes 2-5/10", aws.ToString(output.ContentRange))
}

func TestEveryWriteIsAVersion(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	first := region.Put("a.jpg", []byte("first"), s3test.PutOptions{})
	second := region.Put("a.jpg", []byte("second"), s3test.PutOptions{})
	marker := region.Delete("a.jpg")

	require.NotEmpty(t, first.ID)
	require.NotEqual(t, first.ID, second.ID)
	require.NotEmpty(t, marker.ID)
	_, got := get(t, region, &s3.GetObjectInput{Key: aws.String("a.jpg"), VersionId: &first.ID})
	require.Equal(t, "first", string(got))
	_, got = get(t, region, &s3.GetObjectInput{Key: aws.String("a.jpg"), VersionId: &second.ID})
	require.Equal(t, "second", string(got))
}

// The answers that the edge must tell apart, as versitygw gives them through
// the SDK. Where S3 itself is known to differ, the case says so.
func TestAnswers(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	put := region.Put("there.jpg", []byte("0123456789"), s3test.PutOptions{})
	head, _ := get(t, region, &s3.GetObjectInput{Key: aws.String("there.jpg")})
	modified := aws.ToTime(head.LastModified)
	region.Put("deleted.jpg", []byte("x"), s3test.PutOptions{})
	region.Delete("deleted.jpg")

	getKey := func(key string, change func(*s3.GetObjectInput)) func(context.Context, *s3.Client) error {
		return func(ctx context.Context, client *s3.Client) error {
			input := &s3.GetObjectInput{Bucket: &region.Bucket, Key: &key}
			if change != nil {
				change(input)
			}
			output, err := client.GetObject(ctx, input)
			if err == nil {
				err = output.Body.Close()
			}
			return err
		}
	}
	headKey := func(key string, change func(*s3.HeadObjectInput)) func(context.Context, *s3.Client) error {
		return func(ctx context.Context, client *s3.Client) error {
			input := &s3.HeadObjectInput{Bucket: &region.Bucket, Key: &key}
			if change != nil {
				change(input)
			}
			_, err := client.HeadObject(ctx, input)
			return err
		}
	}
	wrongSecret := credentials.NewStaticCredentialsProvider(region.AccessKey, "wrong", "")
	wrongAccess := credentials.NewStaticCredentialsProvider("nobody", region.SecretKey, "")
	otherBucket := aws.String("no-such-bucket")

	cases := []struct {
		name        string
		call        func(context.Context, *s3.Client) error
		credentials aws.CredentialsProvider
		status      int
		code        string
	}{
		{"get missing key", getKey("missing.jpg", nil), nil, 404, "NoSuchKey"},
		{"head missing key", headKey("missing.jpg", nil), nil, 404, "NotFound"},
		{"get deleted key", getKey("deleted.jpg", nil), nil, 404, "NoSuchKey"},
		{"head deleted key", headKey("deleted.jpg", nil), nil, 404, "NotFound"},
		{"get missing bucket", getKey("there.jpg", func(in *s3.GetObjectInput) { in.Bucket = otherBucket }), nil, 404, "NoSuchBucket"},
		{"head missing bucket", headKey("there.jpg", func(in *s3.HeadObjectInput) { in.Bucket = otherBucket }), nil, 404, "NotFound"},
		{"get missing version", getKey("there.jpg", func(in *s3.GetObjectInput) { in.VersionId = aws.String("01JZZZZZZZZZZZZZZZZZZZZZZZ") }), nil, 404, "NoSuchVersion"},
		{"get with a wrong secret", getKey("there.jpg", nil), wrongSecret, 403, "SignatureDoesNotMatch"},
		{"head with a wrong secret", headKey("there.jpg", nil), wrongSecret, 403, "Forbidden"},
		// S3 says 403 InvalidAccessKeyId: a status alone does not tell what is wrong.
		{"get with an unknown access key", getKey("there.jpg", nil), wrongAccess, 404, "XAdminUserNotFound"},
		{"get unsigned", getKey("there.jpg", nil), aws.AnonymousCredentials{}, 403, "AccessDenied"},
		{"get if-none-match, same", getKey("there.jpg", func(in *s3.GetObjectInput) { in.IfNoneMatch = &put.ETag }), nil, 304, "NotModified"},
		{"head if-none-match, same", headKey("there.jpg", func(in *s3.HeadObjectInput) { in.IfNoneMatch = &put.ETag }), nil, 304, "NotModified"},
		{"get if-none-match, other", getKey("there.jpg", func(in *s3.GetObjectInput) { in.IfNoneMatch = aws.String(`"other"`) }), nil, 200, ""},
		// S3 says 304: versitygw compares with a time finer than the one it tells.
		{"get if-modified-since that time", getKey("there.jpg", func(in *s3.GetObjectInput) { in.IfModifiedSince = &modified }), nil, 200, ""},
		{"get if-match, other", getKey("there.jpg", func(in *s3.GetObjectInput) { in.IfMatch = aws.String(`"other"`) }), nil, 412, "PreconditionFailed"},
		{"get range past the end", getKey("there.jpg", func(in *s3.GetObjectInput) { in.Range = aws.String("bytes=10-") }), nil, 416, "InvalidRange"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			client := region.Client
			if tc.credentials != nil {
				client = clientWith(region, tc.credentials)
			}

			err := tc.call(t.Context(), client)

			status, code := answer(t, err)
			require.Equal(t, tc.status, status, "status; error %v", err)
			require.Equal(t, tc.code, code, "code; error %v", err)
		})
	}
}

func TestPausedRegionIsDarkUntilResumed(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	region.Put("a.jpg", []byte("photo"), s3test.PutOptions{})
	region.Pause()
	region.Pause() // twice is once

	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := region.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &region.Bucket, Key: aws.String("a.jpg")})
	require.ErrorIs(t, err, context.DeadlineExceeded)

	region.Resume()
	_, got := get(t, region, &s3.GetObjectInput{Key: aws.String("a.jpg")})
	require.Equal(t, "photo", string(got))
}

func TestStoppedRegionComesBackOnItsAddressWithItsObjects(t *testing.T) {
	t.Parallel()
	region := s3test.StartRegion(t, s3test.RegionOptions{})
	put := region.Put("a.jpg", []byte("photo"), s3test.PutOptions{})
	endpoint := region.Endpoint
	region.Stop()

	_, err := region.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &region.Bucket, Key: aws.String("a.jpg")})
	require.Error(t, err)
	require.NotErrorIs(t, err, context.DeadlineExceeded)

	region.Restart()
	require.Equal(t, endpoint, region.Endpoint)
	output, got := get(t, region, &s3.GetObjectInput{Key: aws.String("a.jpg")})
	require.Equal(t, "photo", string(got))
	require.Equal(t, put.ID, aws.ToString(output.VersionId))
}

func TestCopyKeepsWhatReplicationKeeps(t *testing.T) {
	t.Parallel()
	source := s3test.StartRegion(t, s3test.RegionOptions{Name: "ap-northeast-2", Bucket: "photos-seoul"})
	replica := s3test.StartRegion(t, s3test.RegionOptions{Name: "ap-northeast-1", Bucket: "photos-tokyo"})
	key := aws.String("event/a.jpg")
	replica.Put(*key, []byte("older"), s3test.PutOptions{ContentType: "text/plain"})
	put := source.Put(*key, []byte("newer"), s3test.PutOptions{
		ContentType: "image/jpeg",
		Metadata:    map[string]string{"cache-tag": "event"},
	})
	source.Pause() // replication in flight does not need the source any more

	replica.CopyFrom(source, *key)

	source.Resume()
	want, body := get(t, source, &s3.GetObjectInput{Key: key, ChecksumMode: types.ChecksumModeEnabled})
	got, copied := get(t, replica, &s3.GetObjectInput{Key: key, ChecksumMode: types.ChecksumModeEnabled})
	require.Equal(t, body, copied)
	require.Equal(t, put.ID, aws.ToString(got.VersionId))
	require.Equal(t, put.ETag, aws.ToString(got.ETag))
	require.Equal(t, want.LastModified, got.LastModified)
	require.Equal(t, want.ChecksumCRC32, got.ChecksumCRC32)
	require.Equal(t, want.ContentType, got.ContentType)
	require.Equal(t, want.Metadata, got.Metadata)
	_, byID := get(t, replica, &s3.GetObjectInput{Key: key, VersionId: &put.ID})
	require.Equal(t, "newer", string(byID))

	source.Delete(*key)
	replica.CopyFrom(source, *key)
	_, err := replica.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &replica.Bucket, Key: key})
	status, code := answer(t, err)
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "NoSuchKey", code)

	source.Put(*key, []byte("newest"), s3test.PutOptions{})
	replica.CopyFrom(source, *key)
	_, body = get(t, replica, &s3.GetObjectInput{Key: key})
	require.Equal(t, "newest", string(body))
}

func TestWritesReachTheWebhookAsS3Events(t *testing.T) {
	t.Parallel()
	posted := make(chan []byte, 16)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			body = []byte(err.Error())
		}
		posted <- body
	}))
	defer hook.Close()
	region := s3test.StartRegion(t, s3test.RegionOptions{EventWebhook: hook.URL})

	put := region.Put("event 1/a+b.jpg", []byte("photo"), s3test.PutOptions{})
	created := awaitEvent(t, posted)
	region.Delete("event 1/a+b.jpg")
	removed := awaitEvent(t, posted)

	require.Equal(t, "s3:ObjectCreated:Put", created.EventName)
	require.Equal(t, "photos", created.S3.Bucket.Name)
	require.Equal(t, "event 1/a+b.jpg", created.S3.Object.Key, "S3 would say event+1/a%2Bb.jpg")
	require.Equal(t, put.ETag, created.S3.Object.ETag, "S3 would leave the quotes out")
	require.EqualValues(t, 5, created.S3.Object.Size)
	require.Equal(t, "s3:ObjectRemoved:Delete", removed.EventName, "S3 would say ObjectRemoved:DeleteMarkerCreated")
	require.Less(t, created.S3.Object.Sequencer, removed.S3.Object.Sequencer)
}

// event is what an S3 event notification says of one change.
type event struct {
	EventName string
	S3        struct {
		Bucket struct{ Name string }
		Object struct {
			Key, ETag, Sequencer string
			Size                 int64
		}
	}
}

// awaitEvent returns the next posted change and leaves test events out.
func awaitEvent(t *testing.T, posted <-chan []byte) event {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case body := <-posted:
			var message struct{ Records []event }
			require.NoError(t, json.Unmarshal(body, &message), "%s", body)
			if len(message.Records) > 0 {
				return message.Records[0]
			}
		case <-limit:
			require.Fail(t, "no event came")
		}
	}
}

// clientWith is made from nothing: a signer taken over from another client
// would go on signing with the key that it derived from the right secret.
func clientWith(region *s3test.Region, provider aws.CredentialsProvider) *s3.Client {
	return s3.New(s3.Options{
		Region:       region.SigningRegion,
		BaseEndpoint: &region.Endpoint,
		UsePathStyle: true,
		Credentials:  provider,
		Retryer:      aws.NopRetryer{},
	})
}

// get reads an object to its end, where the SDK has verified its checksum.
func get(t *testing.T, region *s3test.Region, input *s3.GetObjectInput) (*s3.GetObjectOutput, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	input.Bucket = &region.Bucket
	output, err := region.Client.GetObject(ctx, input)
	require.NoError(t, err)
	body, err := io.ReadAll(output.Body)
	require.NoError(t, errors.Join(err, output.Body.Close()))
	return output, body
}

// answer is the status and the code of an error, and 200 without one.
func answer(t *testing.T, err error) (status int, code string) {
	t.Helper()
	if err == nil {
		return http.StatusOK, ""
	}
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	var coded smithy.APIError
	require.ErrorAs(t, err, &coded)
	return response.HTTPStatusCode(), coded.ErrorCode()
}
