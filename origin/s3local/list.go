package s3local

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxListing is how many keys and prefixes a listing has at most.
const maxListing = 1000

// listing answers ListObjectsV2.
type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	MaxKeys               int
	KeyCount              int
	IsTruncated           bool
	ContinuationToken     string         `xml:",omitempty"`
	NextContinuationToken string         `xml:",omitempty"`
	Contents              []listedObject `xml:",omitempty"`
	CommonPrefixes        []listedPrefix `xml:",omitempty"`
	encode                func(string) string
}

type listedObject struct {
	Key               string
	LastModified      string
	ETag              string
	Size              int64
	StorageClass      string
	ChecksumAlgorithm string
	ChecksumType      string
}

type listedPrefix struct{ Prefix string }

func (q *request) listObjects() verdict {
	l, from, e := newListing(q.query)
	if e != nil {
		return q.fail(e)
	}
	l.Name = q.region.bucket
	if q.fault.Mode == FaultMissing {
		q.struck()
	} else {
		l.fill(q.region.store.list(), q.query.Get("prefix"), q.query.Get("delimiter"), from)
	}
	return q.document(http.StatusOK, l)
}

func newListing(query url.Values) (*listing, mark, *apiError) {
	l := &listing{MaxKeys: maxListing, encode: func(s string) string { return s }}
	if v := query.Get("max-keys"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return nil, mark{}, errInvalidArgument("max-keys", v, "Provided max-keys not an integer or within integer range")
		}
		l.MaxKeys = min(n, maxListing)
	}
	switch v := query.Get("encoding-type"); v {
	case "":
	case "url":
		l.EncodingType, l.encode = v, escapeKey
	default:
		return nil, mark{}, errInvalidArgument("encoding-type", v, "Invalid Encoding Method specified in Request")
	}
	l.Prefix, l.Delimiter = l.encode(query.Get("prefix")), l.encode(query.Get("delimiter"))
	l.StartAfter = l.encode(query.Get("start-after"))
	from := mark{key: query.Get("start-after")}
	if token := query.Get("continuation-token"); query.Has("continuation-token") {
		var ok bool
		if from, ok = parseMark(token); !ok {
			return nil, mark{}, errInvalidArgument("continuation-token", token, "The continuation token provided is incorrect")
		}
		l.ContinuationToken = token
	}
	return l, from, nil
}

// escapeKey is S3's encoding-type=url, in which slashes stay.
func escapeKey(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "%2F", "/"), "+", "%20")
}

// mark is where a listing goes on: after a key, or after all keys of a common
// prefix.
type mark struct{ key, prefix string }

func (m mark) passed(key string) bool {
	if m.prefix != "" {
		return key <= m.prefix || strings.HasPrefix(key, m.prefix)
	}
	return m.key != "" && key <= m.key
}

// String is the mark as a continuation token: opaque, as in S3.
func (m mark) String() string {
	if m.prefix != "" {
		return base64.URLEncoding.EncodeToString([]byte("p" + m.prefix))
	}
	return base64.URLEncoding.EncodeToString([]byte("k" + m.key))
}

func parseMark(token string) (mark, bool) {
	raw, err := base64.URLEncoding.DecodeString(token)
	if err != nil || len(raw) < 2 {
		return mark{}, false
	}
	switch raw[0] {
	case 'k':
		return mark{key: string(raw[1:])}, true
	case 'p':
		return mark{prefix: string(raw[1:])}, true
	default:
		return mark{}, false
	}
}

// fill takes the keys after from, until the listing is full. Keys that share
// what lies between prefix and delimiter become one common prefix.
func (l *listing) fill(all []listed, prefix, delimiter string, from mark) {
	for _, o := range all {
		if !strings.HasPrefix(o.key, prefix) || from.passed(o.key) {
			continue
		}
		if l.KeyCount == l.MaxKeys {
			if l.IsTruncated = l.MaxKeys > 0; l.IsTruncated {
				l.NextContinuationToken = from.String()
			}
			return
		}
		l.KeyCount++
		if common, ok := commonPrefix(o.key, prefix, delimiter); ok {
			l.CommonPrefixes = append(l.CommonPrefixes, listedPrefix{l.encode(common)})
			from = mark{prefix: common}
			continue
		}
		l.Contents = append(l.Contents, listedObject{
			Key: l.encode(o.key), LastModified: o.LastModified.UTC().Format("2006-01-02T15:04:05.000Z"), ETag: o.ETag,
			Size: o.Size, StorageClass: "STANDARD", ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT",
		})
		from = mark{key: o.key}
	}
}

func commonPrefix(key, prefix, delimiter string) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	before, _, ok := strings.Cut(key[len(prefix):], delimiter)
	return prefix + before + delimiter, ok
}
