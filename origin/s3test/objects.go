package s3test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sys/unix"
)

// PutOptions are the header fields stored with an object. Empty fields are not
// sent.
type PutOptions struct {
	ContentType  string
	CacheControl string
	Expires      time.Time
	// Metadata is sent as x-amz-meta-…; keys without that prefix.
	Metadata map[string]string
}

// Version is what a write made.
type Version struct {
	// ID is the version id.
	ID string
	// ETag is the entity tag with its quotes; empty for a delete marker.
	ETag string
}

// Put stores an object as the newest version of its key. The SDK adds a CRC32
// checksum, as it does by default.
func (r *Region) Put(key string, body []byte, opts PutOptions) Version {
	r.tb.Helper()
	ctx, cancel := r.call()
	defer cancel()
	input := &s3.PutObjectInput{
		Bucket:   &r.Bucket,
		Key:      &key,
		Body:     bytes.NewReader(body),
		Metadata: opts.Metadata,
	}
	if opts.ContentType != "" {
		input.ContentType = &opts.ContentType
	}
	if opts.CacheControl != "" {
		input.CacheControl = &opts.CacheControl
	}
	if !opts.Expires.IsZero() {
		input.Expires = &opts.Expires
	}
	output, err := r.Client.PutObject(ctx, input)
	r.must("put "+key, err)
	return Version{ID: aws.ToString(output.VersionId), ETag: aws.ToString(output.ETag)}
}

// Delete puts a delete marker on a key: it reads as missing, and its versions
// stay.
func (r *Region) Delete(key string) Version {
	r.tb.Helper()
	ctx, cancel := r.call()
	defer cancel()
	output, err := r.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &r.Bucket, Key: &key})
	r.must("delete "+key, err)
	return Version{ID: aws.ToString(output.VersionId)}
}

// CopyFrom plays S3's replication of one object, at the moment the test wants:
// the newest version that source holds of key becomes the newest here, with the
// same version id, ETag, Last-Modified, checksum and header fields, in one step
// that no reader sees half done. A delete marker is copied like an object, which
// S3 does only where it is told to. Both regions may be stopped or paused.
//
// The server cannot be asked for that, so the object's file is copied behind
// its back with all its attributes. An older version that the key had here is
// gone afterwards, also by its id.
func (r *Region) CopyFrom(source *Region, key string) {
	r.tb.Helper()
	if strings.HasSuffix(key, "/") {
		r.tb.Fatalf("s3test: CopyFrom: %q is a folder to the server, which cannot be copied", key)
	}
	err := copyObject(r.file(key), source.file(key))
	r.must("copy "+key+" from "+source.SigningRegion, err)
}

// copyObject writes beside the target and renames: same file system, one step.
// The source is read through one descriptor, so a put meanwhile, which makes a
// new file, does not mix two versions.
func copyObject(target, source string) (err error) {
	from, err := os.Open(source)
	if err != nil {
		return fmt.Errorf("the source does not hold it: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()

	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	to, err := os.CreateTemp(filepath.Dir(target), ".s3test-copy-")
	if err != nil {
		return err
	}
	if err := errors.Join(copyFile(to, from), to.Close()); err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return os.Rename(to.Name(), target)
}

// copyFile copies bytes, extended attributes (the server keeps the header
// fields, the ETag, the checksum and the version id there) and the time of the
// last change (Last-Modified).
func copyFile(to, from *os.File) error {
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if err := copyAttributes(int(to.Fd()), int(from.Fd())); err != nil {
		return err
	}
	info, err := from.Stat()
	if err != nil {
		return err
	}
	return os.Chtimes(to.Name(), info.ModTime(), info.ModTime())
}

// copyAttributes reads names and values into buffers of the largest size that
// Linux allows for either.
func copyAttributes(to, from int) error {
	names, value := make([]byte, 64<<10), make([]byte, 64<<10)
	n, err := unix.Flistxattr(from, names)
	if err != nil {
		return fmt.Errorf("list attributes: %w", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names[:n]), "\x00"), "\x00") {
		if !strings.HasPrefix(name, "user.") {
			continue
		}
		n, err := unix.Fgetxattr(from, name, value)
		if err != nil {
			return fmt.Errorf("read attribute %s: %w", name, err)
		}
		if err := unix.Fsetxattr(to, name, value[:n], 0); err != nil {
			return fmt.Errorf("write attribute %s: %w", name, err)
		}
	}
	return nil
}
