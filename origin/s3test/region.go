package s3test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// portTries is how often a region that has no port yet looks for one:
	// between finding a port and listening on it, someone else may take it.
	portTries = 5
	// restartLimit bounds how long a restarted region tries for its old port.
	restartLimit = 20 * time.Second
	// restartPause lies between two tries for the old port.
	restartPause = 200 * time.Millisecond
	// callLimit bounds each call that a region makes for the test.
	callLimit = 30 * time.Second
)

// RegionOptions says what a region is like. The zero value is a region that
// works; regions that are to be copies of each other want the same Bucket or
// different ones, just as in S3.
type RegionOptions struct {
	// Name is the region that requests are signed for. Default "us-east-1".
	Name string
	// Bucket is the bucket that is created. Default "photos".
	Bucket string
	// AccessKey and SecretKey are the only credentials the region takes.
	// Defaults "s3test" and "s3test-secret".
	AccessKey, SecretKey string
	// EventWebhook is a URL that gets an S3 event notification by POST for
	// each change made through the API, and a test event while the region
	// starts, which it must answer. The notifications are not quite those of
	// S3: keys are not URL-encoded, ETags have quotes, event names begin with
	// "s3:", and version ids are null. Default: no notifications.
	EventWebhook string
}

// Region is one S3 region: a versitygw process with one bucket that keeps
// versions. Its methods fail the test that started it when they cannot do
// their job, so they belong on that test's goroutine; use Client elsewhere.
type Region struct {
	// Endpoint is the URL to configure, with path-style addressing. It stays
	// the same over Restart.
	Endpoint string
	// Bucket is the bucket's name.
	Bucket string
	// AccessKey and SecretKey are the credentials that the region takes.
	AccessKey, SecretKey string
	// SigningRegion is the region to sign for.
	SigningRegion string
	// Client is a plain SDK client of the region that never retries.
	Client *s3.Client

	tb     testing.TB
	binary string
	addr   string
	env    []string
	data   string // a folder per bucket, a file per object
	old    string // versions that are not the newest
	output *tail
	server *server
	hooks  string
}

// StartRegion runs a region until the end of the test. It builds the server
// when need be and fails the test when the region does not come up.
func StartRegion(tb testing.TB, opts RegionOptions) *Region {
	tb.Helper()
	opts = opts.withDefaults()
	r := &Region{
		Bucket:        opts.Bucket,
		AccessKey:     opts.AccessKey,
		SecretKey:     opts.SecretKey,
		SigningRegion: opts.Name,
		tb:            tb,
		binary:        BuildVersitygw(tb),
		data:          tb.TempDir(),
		old:           tb.TempDir(),
		output:        &tail{},
		hooks:         opts.EventWebhook,
	}
	// Nothing of the machine's own settings (VGW_…, AWS_…) reaches the server.
	r.env = []string{
		"PATH=" + os.Getenv("PATH"),
		"ROOT_ACCESS_KEY=" + r.AccessKey,
		"ROOT_SECRET_KEY=" + r.SecretKey,
	}
	tb.Cleanup(r.cleanup)
	r.startOnFreePort()
	r.Endpoint = "http://" + r.addr
	r.Client = r.newClient()
	r.createBucket()
	return r
}

func (o RegionOptions) withDefaults() RegionOptions {
	for _, field := range []struct {
		value    *string
		fallback string
	}{
		{&o.Name, "us-east-1"},
		{&o.Bucket, "photos"},
		{&o.AccessKey, "s3test"},
		{&o.SecretKey, "s3test-secret"},
	} {
		if *field.value == "" {
			*field.value = field.fallback
		}
	}
	return o
}

// Stop kills the server at once, as a crash does: from here on the region
// refuses connections. It may be called in any state.
func (r *Region) Stop() {
	r.tb.Helper()
	r.server.kill()
}

// Restart brings the region back on its address, with all its objects. It
// stops a running server first.
func (r *Region) Restart() {
	r.tb.Helper()
	r.Stop()
	ctx, cancel := context.WithTimeout(r.tb.Context(), restartLimit)
	defer cancel()
	retry := time.NewTicker(restartPause)
	defer retry.Stop()
	for {
		server, err := r.start(ctx)
		if err == nil {
			r.server = server
			return
		}
		select {
		case <-retry.C: // someone's outgoing connection may hold the port
		case <-ctx.Done():
			r.tb.Fatalf("s3test: region %s did not come back: %v\n%s", r.SigningRegion, err, r.output)
		}
	}
}

// Pause turns the region dark: when it returns, the kernel goes on accepting
// connections and bytes, but nothing answers, not even on connections that are
// open.
func (r *Region) Pause() {
	r.tb.Helper()
	ctx, cancel := r.call()
	defer cancel()
	r.must("pause", r.server.pause(ctx))
}

// Resume ends a Pause. What was asked meanwhile is answered now.
func (r *Region) Resume() {
	r.tb.Helper()
	r.must("resume", r.server.resume())
}

func (r *Region) startOnFreePort() {
	r.tb.Helper()
	var err error
	for range portTries {
		r.addr, err = freeAddr(r.tb.Context())
		if err != nil {
			break
		}
		r.server, err = r.start(r.tb.Context())
		if err == nil {
			return
		}
	}
	r.tb.Fatalf("s3test: region %s did not start: %v\n%s", r.SigningRegion, err, r.output)
}

// start runs the server on the region's address. Object metadata lies in
// extended attributes, because only so does the server replace an object and
// its metadata in one step; its sidecar files would let a test see new
// metadata with an old body.
func (r *Region) start(ctx context.Context) (*server, error) {
	args := []string{"--port", r.addr, "--region", r.SigningRegion, "--health", healthPath, "--keep-alive"}
	if r.hooks != "" {
		args = append(args, "--event-webhook-url", r.hooks)
	}
	args = append(args, "posix", "--versioning-dir", r.old, r.data)
	return startServer(ctx, r.binary, r.addr, args, r.env, r.output)
}

// newClient has connections of its own, so that no test sees another's. The
// checksum settings are the SDK's defaults, which a client gets only from the
// SDK's config package or, as here, when they are spelled out.
func (r *Region) newClient() *s3.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute}
	r.tb.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		Region:       r.SigningRegion,
		BaseEndpoint: aws.String(r.Endpoint),
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(r.AccessKey, r.SecretKey, ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   &http.Client{Transport: transport},

		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	})
}

func (r *Region) createBucket() {
	r.tb.Helper()
	ctx, cancel := r.call()
	defer cancel()
	_, err := r.Client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &r.Bucket})
	r.must("create the bucket", err)
	_, err = r.Client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  &r.Bucket,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	r.must("turn versioning on", err)
}

func (r *Region) call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.tb.Context(), callLimit)
}

func (r *Region) must(what string, err error) {
	r.tb.Helper()
	if err != nil {
		r.tb.Fatalf("s3test: region %s: %s: %v", r.SigningRegion, what, err)
	}
}

// file is where the server keeps the newest version of an object.
func (r *Region) file(key string) string {
	return filepath.Join(r.data, r.Bucket, filepath.FromSlash(key))
}

func (r *Region) cleanup() {
	if r.server != nil {
		r.server.kill()
	}
	if r.tb.Failed() {
		r.tb.Logf("s3test: output of region %s (%s):\n%s", r.SigningRegion, r.addr, r.output)
	}
}
