package proxy

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"photoedge/cache"
	"photoedge/origin"
)

// objectFields are the fields of an object that are kept and sent, in the order
// they are sent: all the fields that S3 keeps with an object for its readers
// ("Working with object metadata", system-defined), the version, and Date,
// which belongs to the stored response (RFC 9111 §4.2.3). S3's own x-amz-*
// fields never leave the edge.
func objectFields() [9]string {
	return [...]string{
		"Date", "Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition",
		"Cache-Control", "Expires", "Etag", "Last-Modified",
	}
}

const metadataPrefix = "X-Amz-Meta-"

// storedFields picks what is kept of an origin's header.
func storedFields(h http.Header, site *Site, answered time.Time) []cache.Field {
	names := objectFields()
	fields := make([]cache.Field, 0, len(names))
	for _, name := range names {
		for _, v := range h[name] {
			fields = append(fields, cache.Field{Name: []byte(name), Value: []byte(v)})
		}
		if name == "Date" && len(h[name]) == 0 {
			fields = append(fields, cache.Field{Name: []byte(name), Value: answered.UTC().AppendFormat(nil, http.TimeFormat)})
		}
	}
	fields = append(fields, site.securityFields(h.Get("Content-Type"))...)
	if !site.ForwardMetadata {
		return fields
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if strings.HasPrefix(name, metadataPrefix) {
			for _, v := range h[name] {
				fields = append(fields, cache.Field{Name: []byte(name), Value: []byte(v)})
			}
		}
	}
	return fields
}

// freshenedFields are a stored entry's fields after a validation: those the
// 304 brought replace the stored ones, the others stay. Content-Encoding,
// Content-Type and the like describe bytes that did not travel and stay as
// they were stored (RFC 9111 §3.2).
func freshenedFields(stored []cache.Field, h http.Header, site *Site, answered time.Time) []cache.Field {
	brought := map[string]bool{}
	var fresh []cache.Field
	for _, f := range storedFields(h, site, answered) {
		name := string(f.Name)
		if strings.HasPrefix(name, "Content-") || (name == "Etag") {
			continue
		}
		brought[name] = true
		fresh = append(fresh, f)
	}
	fields := make([]cache.Field, 0, len(stored)+1)
	for _, f := range stored {
		if !brought[string(f.Name)] {
			fields = append(fields, f)
		}
	}
	return append(fields, fresh...)
}

// freshenedVersion is a stored version after a validation: the same bytes may
// have been written again, with a new date and version id.
func freshenedVersion(v cache.Version, resp *origin.Response) cache.Version {
	if !resp.LastModified.IsZero() {
		v.LastModified = resp.LastModified
	}
	if resp.VersionID != "" {
		v.ID = resp.VersionID
	}
	return v
}

// headerValues turns header values into what cache.Answer takes.
func headerValues(h http.Header, name string) [][]byte {
	values := h[name]
	if len(values) == 0 {
		return nil
	}
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = []byte(v)
	}
	return out
}

// lifetimeOf computes the lifetime of an origin's answer. For a 304, fields
// are the entry's after freshening, since what it left out still holds.
func lifetimeOf(resp *origin.Response, fields []cache.Field, site *Site) cache.Lifetime {
	a := cache.Answer{
		Age:         headerValues(resp.Header, "Age"),
		RequestTime: resp.RequestTime, AnswerTime: resp.AnswerTime,
	}
	for _, f := range fields {
		switch string(f.Name) {
		case "Cache-Control":
			a.CacheControl = append(a.CacheControl, f.Value)
		case "Expires":
			a.Expires = append(a.Expires, f.Value)
		case "Date":
			a.Date = append(a.Date, f.Value)
		}
	}
	return cache.NewLifetime(a, site.Policy)
}
