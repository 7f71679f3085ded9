package origin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Verdict is what a check found.
type Verdict uint8

const (
	// VerdictOK: as it should be.
	VerdictOK Verdict = iota
	// VerdictWarn: it works, but not as well as it could.
	VerdictWarn
	// VerdictFail: photos cannot be served from there.
	VerdictFail
)

// String returns the verdict as it stands in tables.
func (v Verdict) String() string { return [...]string{"ok", "warn", "FAIL"}[v] }

// Finding is one check's result. Detail says what to do where it is not OK.
type Finding struct {
	Verdict Verdict
	Detail  string
}

// Report is what asking one region told.
type Report struct {
	Region      string
	Role        Role
	Credentials Finding
	// Bucket: it exists and may be read.
	Bucket Finding
	// List: the permission that lets S3 say "not found" instead of "denied".
	List Finding
	// Clock: the difference to the region's clock, which signatures need small.
	Clock Finding
	// RoundTrip is how long the bucket's answer took.
	RoundTrip time.Duration
}

// Failed says whether any check failed.
func (r *Report) Failed() bool {
	for _, f := range [...]Finding{r.Credentials, r.Bucket, r.List, r.Clock} {
		if f.Verdict == VerdictFail {
			return true
		}
	}
	return false
}

const (
	// S3 refuses signatures more than 15 minutes off (SigV4: RequestTimeTooSkewed).
	maxSkew = 15 * time.Minute
	// Freshness arithmetic and logs suffer long before.
	warnSkew = 5 * time.Second
)

// Check asks every region for its bucket, the permission to list it, and its
// clock. Regions are asked at the same time, each within the first-byte
// timeout per question. The error is only about opts.
func Check(ctx context.Context, opts Options) ([]Report, error) {
	timing, bs := opts.Timing.withDefaults(), opts.Breaker.withDefaults()
	reports := make([]Report, len(opts.Regions))
	done := make(chan struct{})
	for i, ro := range opts.Regions {
		region, err := newRegion(ctx, ro, timing, bs)
		if err != nil {
			return nil, err
		}
		go func() {
			defer func() { done <- struct{}{} }()
			defer region.closeFn()
			reports[i] = region.check(ctx)
		}()
	}
	for range opts.Regions {
		<-done
	}
	return reports, nil
}

func (r *Region) check(ctx context.Context) Report {
	rep := Report{Region: r.opts.Name, Role: r.opts.Role}
	rep.Credentials = r.checkCredentials(ctx)
	if rep.Credentials.Verdict == VerdictFail {
		skipped := Finding{VerdictFail, "not asked: no credentials"}
		rep.Bucket, rep.List, rep.Clock = skipped, skipped, skipped
		return rep
	}
	rep.checkBucket(ctx, r)
	rep.List = r.checkList(ctx)
	return rep
}

func (r *Region) checkCredentials(ctx context.Context) Finding {
	if r.opts.Anonymous {
		return Finding{VerdictOK, "anonymous"}
	}
	ctx, cancel := context.WithTimeout(ctx, r.timing.Deadline)
	defer cancel()
	creds, err := r.client.Options().Credentials.Retrieve(ctx)
	if err != nil {
		return Finding{VerdictFail, "none found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role; or anonymous: true for a public bucket"}
	}
	return Finding{VerdictOK, "from " + creds.Source}
}

// checkBucket fills in Bucket, Clock and RoundTrip from one HeadBucket.
func (r *Report) checkBucket(ctx context.Context, region *Region) {
	ctx, cancel := context.WithTimeoutCause(ctx, region.timing.FirstByteTimeout, errFirstByteTimeout)
	defer cancel()
	start := time.Now()
	out, err := region.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &region.opts.Bucket})
	r.RoundTrip = time.Since(start)
	header := answeredHeader(out, err)
	r.Clock = clockFinding(header, start.Add(r.RoundTrip))
	if err == nil {
		r.Bucket = Finding{VerdictOK, region.opts.Bucket}
		return
	}
	e := classify(ctx, region.opts.Name, err)
	switch {
	case e.Status == http.StatusNotFound:
		r.Bucket = Finding{VerdictFail, "there is no bucket " + region.opts.Bucket}
	case e.Status == http.StatusMovedPermanently:
		r.Bucket = Finding{VerdictFail, fmt.Sprintf("%s lies in region %s: set signing_region", region.opts.Bucket, header.Get("X-Amz-Bucket-Region"))}
	case e.Kind == KindDenied:
		r.Bucket = Finding{VerdictFail, fmt.Sprintf("%s is refused (%d %s): check the keys and s3:GetObject, s3:ListBucket", region.opts.Bucket, e.Status, e.Code)}
	case e.Status != 0:
		r.Bucket = Finding{VerdictFail, fmt.Sprintf("%s answers %d %s", region.opts.Bucket, e.Status, e.Code)}
	default:
		r.Bucket = Finding{VerdictFail, "no answer: " + rootCause(e.Err)}
	}
}

// checkList tells a wrong secret apart too: HEAD errors carry no code.
func (r *Region) checkList(ctx context.Context) Finding {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timing.FirstByteTimeout, errFirstByteTimeout)
	defer cancel()
	_, err := r.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &r.opts.Bucket, MaxKeys: aws.Int32(1)})
	if err == nil {
		return Finding{VerdictOK, "permitted"}
	}
	e := classify(ctx, r.opts.Name, err)
	switch {
	case e.Code == "AccessDenied":
		return Finding{VerdictWarn, "s3:ListBucket is not permitted: missing keys are answered 403 instead of 404"}
	case e.Status != 0:
		return Finding{VerdictFail, fmt.Sprintf("%d %s", e.Status, e.Code)}
	default:
		return Finding{VerdictFail, "no answer: " + rootCause(e.Err)}
	}
}

// answeredHeader is the header of whatever answered, nil when nothing did.
func answeredHeader(out *s3.HeadBucketOutput, err error) http.Header {
	if re, ok := errors.AsType[*awshttp.ResponseError](err); ok && re.Response != nil {
		return re.Response.Header
	}
	if out == nil {
		return nil
	}
	return rawHeader(out.ResultMetadata)
}

func rawHeader(m middleware.Metadata) http.Header {
	if raw, ok := awsmiddleware.GetRawResponse(m).(*smithyhttp.Response); ok {
		return raw.Header
	}
	return nil
}

func clockFinding(h http.Header, now time.Time) Finding {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return Finding{VerdictWarn, "the region did not tell its time"}
	}
	skew := now.Sub(date).Truncate(time.Second)
	switch {
	case skew.Abs() > maxSkew:
		return Finding{VerdictFail, fmt.Sprintf("off by %v: set this machine's clock, S3 refuses signatures beyond %v", skew, maxSkew)}
	case skew.Abs() > warnSkew:
		return Finding{VerdictWarn, fmt.Sprintf("off by %v: synchronise this machine's clock", skew)}
	default:
		return Finding{VerdictOK, "in step"}
	}
}

// rootCause is the innermost error, which names the fault without the layers
// it came through.
func rootCause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
