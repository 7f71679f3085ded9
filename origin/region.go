package origin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Role is what a region's bucket is to the others.
type Role uint8

const (
	// Source is where writes land: authoritative. Exactly one per site.
	Source Role = iota
	// Replica is a copy that may lag.
	Replica
)

// String returns the role as it stands in configuration and logs.
func (r Role) String() string { return [...]string{"source", "replica"}[r] }

// MarshalText returns what String does, for JSON.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// RegionOptions name one bucket behind one S3 endpoint.
type RegionOptions struct {
	// Name is the region's name in logs, headers and metrics. Required.
	Name string
	// Bucket holds the objects. Required.
	Bucket string
	Role   Role
	// SigningRegion is the AWS region that requests are signed for. Empty:
	// Name.
	SigningRegion string
	// Endpoint is a URL such as http://127.0.0.1:9000. Empty: AWS's own for
	// SigningRegion.
	Endpoint string
	// PathStyle puts the bucket into the path instead of the host name.
	PathStyle bool
	// Anonymous leaves requests unsigned, for public buckets. Otherwise
	// credentials come from the SDK's chain: environment, shared files, web
	// identity, container, instance role.
	Anonymous bool
	// Profile selects a profile of the shared files. Empty: the chain's.
	Profile string
}

// Region asks one bucket for objects. Safe for concurrent use.
type Region struct {
	opts    RegionOptions
	rank    int // place in the configuration
	timing  Timing
	client  *s3.Client
	breaker *breaker
	near    nearness
	slots   chan struct{}
	probing atomic.Bool // a probe is under way
	closeFn func()
}

const (
	tlsHandshakeTimeout = 2 * time.Second
	idleConnTimeout     = 90 * time.Second // S3 closes idle connections on its side earlier or later
	keepAlivePeriod     = 15 * time.Second
	readBuffer          = 64 << 10 // per connection: a photo in a few system calls
	maxResponseHeader   = 64 << 10
)

// newRegion makes the region's client. Credentials are looked up at the first
// request, not here.
func newRegion(ctx context.Context, opts RegionOptions, timing Timing, bs BreakerSettings) (*Region, error) {
	if opts.Name == "" || opts.Bucket == "" {
		return nil, errors.New("origin: a region needs a name and a bucket")
	}
	if opts.SigningRegion == "" {
		opts.SigningRegion = opts.Name
	}
	load := []func(*config.LoadOptions) error{config.WithRegion(opts.SigningRegion)}
	if opts.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(opts.Profile))
	}
	if opts.Anonymous {
		load = append(load, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("origin: region %s: loading the AWS configuration: %w", opts.Name, err)
	}
	transport := newTransport(timing)
	r := &Region{
		opts: opts, timing: timing, breaker: newBreaker(opts.Name, bs),
		near:    nearness{tau: timing.ProbeInterval},
		slots:   make(chan struct{}, timing.MaxConnections),
		closeFn: transport.CloseIdleConnections,
	}
	r.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.HTTPClient = &http.Client{Transport: transport, CheckRedirect: noRedirect}
		o.Retryer = aws.NopRetryer{} // the router owns retries
		o.UsePathStyle = opts.PathStyle
		o.DisableLogOutputChecksumValidationSkipped = true
		if opts.Endpoint != "" {
			o.BaseEndpoint = aws.String(opts.Endpoint)
		}
	})
	return r, nil
}

func newTransport(t Timing) *http.Transport {
	dialer := &net.Dialer{Timeout: t.ConnectTimeout, KeepAlive: keepAlivePeriod}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		MaxIdleConns:           0, // per host is the limit that matters
		MaxIdleConnsPerHost:    t.MaxConnections,
		IdleConnTimeout:        idleConnTimeout,
		DisableCompression:     true, // bytes go to clients as they are stored
		ReadBufferSize:         readBuffer,
		MaxResponseHeaderBytes: maxResponseHeader,
		Proxy:                  http.ProxyFromEnvironment,
	}
}

// noRedirect: a redirect means a bucket in another region than configured; it
// is classified, not followed with somebody else's signature.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Name is the region's name.
func (r *Region) Name() string { return r.opts.Name }

// Role is the region's role.
func (r *Region) Role() Role { return r.opts.Role }

// attempt asks the region once. It returns within budget, or when ctx ends.
// The error is always an *Error.
func (r *Region) attempt(ctx context.Context, req Request, budget time.Duration) (*Response, error) {
	report, recovering, err := r.breaker.allow()
	if err != nil {
		return nil, &Error{Kind: KindUnavailable, Region: r.opts.Name, Err: errBreakerOpen, RetryAfter: r.breaker.openFor}
	}
	release, err := r.acquireSlot(ctx, budget)
	if err != nil {
		report(KindCanceled)
		return nil, err
	}
	a := newAttempt(ctx, r, report, release)
	resp, err := a.get(req, min(budget, r.timing.FirstByteTimeout))
	if elapsed, ok := a.firstByteTook(err); ok {
		r.near.observe(elapsed, recovering, time.Now())
	}
	return resp, err
}

// acquireSlot waits for a free connection slot. Waiting on ourselves says
// nothing about the region.
func (r *Region) acquireSlot(ctx context.Context, budget time.Duration) (release func(), err error) {
	release = func() { <-r.slots }
	select {
	case r.slots <- struct{}{}:
		return release, nil
	default:
	}
	timer := time.NewTimer(budget)
	defer timer.Stop()
	select {
	case r.slots <- struct{}{}:
		return release, nil
	case <-timer.C:
		return nil, &Error{Kind: KindThrottled, Region: r.opts.Name, Err: errConnectSlot}
	case <-ctx.Done():
		return nil, &Error{Kind: KindCanceled, Region: r.opts.Name, Err: context.Cause(ctx)}
	}
}

// getObject makes the SDK call and keeps the raw header.
func (r *Region) getObject(ctx context.Context, req Request) (*Response, error) {
	in := &s3.GetObjectInput{Bucket: &r.opts.Bucket, Key: &req.Key}
	setIf(&in.IfNoneMatch, req.IfNoneMatch)
	setIf(&in.IfMatch, req.IfMatch)
	setIf(&in.Range, req.Range)
	resp := &Response{Region: r.opts.Name, Role: r.opts.Role, RequestTime: time.Now(), Size: -1}
	out, err := r.client.GetObject(ctx, in)
	resp.AnswerTime = time.Now()
	if err != nil {
		e := classify(ctx, r.opts.Name, err)
		if e.Kind != KindNotModified {
			return nil, e
		}
		re, _ := errors.AsType[*awshttp.ResponseError](err)
		resp.Kind, resp.Status, resp.Header = KindNotModified, e.Status, re.Response.Header
		resp.ETag = req.IfNoneMatch // some servers leave it out of a 304
		resp.VersionID = resp.Header.Get("X-Amz-Version-Id")
		if modified, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
			resp.LastModified = modified
		}
		return resp, nil
	}
	resp.Kind, resp.Body = KindFound, out.Body
	resp.ETag, resp.VersionID = aws.ToString(out.ETag), aws.ToString(out.VersionId)
	resp.LastModified = aws.ToTime(out.LastModified)
	if out.ContentLength != nil {
		resp.Size = *out.ContentLength
	}
	if raw, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response); ok {
		resp.Status, resp.Header = raw.StatusCode, raw.Header
	}
	return resp, nil
}

func setIf(dst **string, v string) {
	if v != "" {
		*dst = &v
	}
}
