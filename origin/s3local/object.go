package s3local

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"time"
)

// Metadata is what a writer says about an object, and what a reader is told
// again. Empty fields are not sent, except ContentType.
type Metadata struct {
	// ContentType is the media type. Empty: binary/octet-stream, as in S3.
	ContentType string
	// CacheControl, Expires, ContentEncoding, ContentDisposition and
	// ContentLanguage are fields of those names, sent as they are.
	CacheControl, Expires, ContentEncoding, ContentDisposition, ContentLanguage string
	// User is sent as x-amz-meta-…. Names are without that prefix; upper and
	// lower case are one.
	User map[string]string
}

// Version says which version of an object it is.
type Version struct {
	// ID is the version id, unique in the cluster.
	ID string
	// ETag is the MD5 of the body, quoted as in the header. Empty for a
	// delete marker.
	ETag string
	// LastModified has whole seconds, in UTC.
	LastModified time.Time
	// Size is in bytes.
	Size int64
}

// kind says whether a version is an object or the mark of a deletion.
type kind int

const (
	kindObject kind = iota
	kindMarker
)

// object is one version. It is never changed once stored, and the regions that
// hold it share it.
type object struct {
	Version
	kind kind
	meta Metadata
	body []byte
	crc  string // x-amz-checksum-crc32
	// number orders all writes of a cluster. Zero until written.
	number uint64
}

// newObject makes a version that is not written yet: without a number and
// without Last-Modified. It keeps body.
func newObject(body []byte, meta Metadata) *object {
	sum := md5.Sum(body)
	if meta.ContentType == "" {
		meta.ContentType = "binary/octet-stream"
	}
	user := make(map[string]string, len(meta.User))
	for name, value := range meta.User {
		user[strings.ToLower(name)] = value
	}
	meta.User = user
	return &object{
		Version: Version{ID: newVersionID(), ETag: `"` + hex.EncodeToString(sum[:]) + `"`, Size: int64(len(body))},
		meta:    meta,
		body:    body,
		crc:     checksum(body),
	}
}

func newMarker() *object {
	return &object{Version: Version{ID: newVersionID()}, kind: kindMarker}
}

func newVersionID() string { return rand.Text() }

// checksum is the CRC-32 (IEEE) as S3 writes it: big-endian, in base64.
func checksum(body []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}
