package s3local_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"photoedge/origin/s3local"
)

// patience bounds what a busy machine may take; it is never waited for.
const patience = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a source "near" and a replica "far" until the end of the test.
func start(t *testing.T, change ...func(*s3local.Options)) (c *s3local.Cluster, near, far *s3local.Region) {
	t.Helper()
	opts := s3local.Options{Regions: []s3local.RegionOptions{
		{Name: "near", Bucket: "photos-near", Role: s3local.Source},
		{Name: "far", Bucket: "photos-far", Role: s3local.Replica},
	}}
	for _, f := range change {
		f(&opts)
	}
	c, err := s3local.Start(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, c.Region("near"), c.Region("far")
}

// transport is a client's connections, closed at the end of the test.
func transport(t *testing.T) *http.Transport {
	t.Helper()
	tr := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1000}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// api is a region as the SDK sees it.
type api struct {
	t      *testing.T
	bucket string
	*s3.Client
}

func anonymous(t *testing.T, r *s3local.Region) api {
	t.Helper()
	return connect(t, r, aws.AnonymousCredentials{})
}

func signing(t *testing.T, r *s3local.Region) api {
	t.Helper()
	return connect(t, r, credentials.NewStaticCredentialsProvider("id", "secret", ""))
}

func connect(t *testing.T, r *s3local.Region, who aws.CredentialsProvider) api {
	t.Helper()
	return api{t, r.Bucket(), s3.New(s3.Options{
		Region: r.Name(), BaseEndpoint: aws.String(r.Endpoint()), UsePathStyle: true, Credentials: who,
		Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: transport(t)},
	})}
}

func (a api) context() context.Context {
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	a.t.Cleanup(cancel)
	return ctx
}

// open asks for an object and leaves its body to the test.
func (a api) open(ctx context.Context, key string, change ...func(*s3.GetObjectInput)) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &a.bucket, Key: &key}
	for _, f := range change {
		f(in)
	}
	return a.GetObject(ctx, in)
}

// get reads an object to its end. The error is that of the header or the body.
func (a api) get(key string, change ...func(*s3.GetObjectInput)) (*s3.GetObjectOutput, []byte, error) {
	a.t.Helper()
	out, err := a.open(a.context(), key, change...)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(out.Body)
	require.NoError(a.t, out.Body.Close())
	return out, body, err
}

func (a api) mustGet(key string, change ...func(*s3.GetObjectInput)) (*s3.GetObjectOutput, []byte) {
	a.t.Helper()
	out, body, err := a.get(key, change...)
	require.NoError(a.t, err)
	return out, body
}

func (a api) head(key string) (*s3.HeadObjectOutput, error) {
	return a.HeadObject(a.context(), &s3.HeadObjectInput{Bucket: &a.bucket, Key: &key})
}

// failure is an SDK error taken apart.
type failure struct {
	status int
	code   string
	header http.Header
}

func failed(t *testing.T, err error) failure {
	t.Helper()
	require.Error(t, err)
	var f failure
	if re, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		f.status, f.header = re.HTTPStatusCode(), re.Response.Header
	}
	if ae, ok := errors.AsType[smithy.APIError](err); ok {
		f.code = ae.ErrorCode()
	}
	require.NotZero(t, f.status, "not an answer: %v", err)
	return f
}

// answer is what came over plain HTTP.
type answer struct {
	status int
	header http.Header
	body   []byte
	xml    struct {
		Code, Message, Key, ActualObjectSize string
		RequestID                            string `xml:"RequestId"`
	}
}

// raw sends a request whose target is exactly path.
func raw(t *testing.T, r *s3local.Region, method, path string, header map[string]string, body string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.Endpoint(), strings.NewReader(body))
	require.NoError(t, err)
	path, query, _ := strings.Cut(path, "?")
	req.URL.RawQuery = query
	req.URL.RawPath = path
	req.URL.Path, err = url.PathUnescape(path)
	require.NoError(t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := transport(t).RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, header: resp.Header}
	a.body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.Header.Get("Content-Type") == "application/xml" && len(a.body) > 0 {
		require.NoError(t, xml.Unmarshal(a.body, &a.xml))
	}
	return a
}

// eventually waits for a condition that is sure to come.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, time.Millisecond, what)
}

// pattern is n bytes in which every part is unlike the others.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(n) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func lag(d time.Duration) func(*s3local.Options) {
	return func(o *s3local.Options) { o.Lag = d }
}
