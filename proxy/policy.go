package proxy

import (
	"bytes"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
)

// What a site allows besides serving objects: scripts of other sites that read
// them (CORS), content types, and whether scripts inside an object may run.

const (
	fieldOrigin        = "Origin"
	fieldVary          = "Vary"
	fieldAllowOrigin   = "Access-Control-Allow-Origin"
	fieldExposeHeaders = "Access-Control-Expose-Headers"
	fieldAllowMethods  = "Access-Control-Allow-Methods"
	fieldAllowHeaders  = "Access-Control-Allow-Headers"
	fieldMaxAge        = "Access-Control-Max-Age"
	fieldRequestMethod = "Access-Control-Request-Method"
	fieldNoSniff       = "X-Content-Type-Options"

	exposed       = "Accept-Ranges, Age, Cache-Status, Content-Length, Content-Range, Date, ETag, X-Request-Id"
	allowedFields = "Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range"
	preflightAge  = "86400" // seconds; browsers cap it themselves
	preflightVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

	// sandboxed keeps what a browser may run in an HTML or SVG document from
	// running, and from loading anything; its own styles stay.
	sandboxed = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
)

// addCORS writes the fields of the Fetch standard's CORS protocol for a
// response to r. An answer that depends on Origin says so to other caches.
func (s *Site) addCORS(ctx *fasthttp.RequestCtx) {
	if len(s.CORSOrigins) == 0 {
		return
	}
	header := &ctx.Response.Header
	if s.CORSOrigins[0] == "*" {
		header.Set(fieldAllowOrigin, "*")
		header.Set(fieldExposeHeaders, exposed)
		return
	}
	header.Add(fieldVary, fieldOrigin)
	origin := ctx.Request.Header.Peek(fieldOrigin)
	for _, allowed := range s.CORSOrigins {
		if string(origin) == allowed {
			header.SetBytesV(fieldAllowOrigin, origin)
			header.Set(fieldExposeHeaders, exposed)
			return
		}
	}
}

// answerPreflight completes the answer to an OPTIONS request that is a CORS
// preflight.
func (s *Site) answerPreflight(ctx *fasthttp.RequestCtx) {
	if len(s.CORSOrigins) == 0 || len(ctx.Request.Header.Peek(fieldRequestMethod)) == 0 {
		return
	}
	header := &ctx.Response.Header
	if len(header.Peek(fieldAllowOrigin)) > 0 {
		header.Set(fieldAllowMethods, allowed)
		header.Set(fieldAllowHeaders, allowedFields)
		header.Set(fieldMaxAge, preflightAge)
		header.Del(fieldExposeHeaders)
	}
	header.Set(fieldVary, preflightVary)
}

// serves says whether the site's content types include contentType.
func (s *Site) serves(contentType []byte) bool {
	if len(s.ContentTypes) == 0 {
		return true
	}
	essence, _, _ := bytes.Cut(contentType, []byte(";"))
	essence = bytes.ToLower(bytes.TrimSpace(essence))
	kind, _, _ := bytes.Cut(essence, []byte("/"))
	return slices.ContainsFunc(s.ContentTypes, func(t string) bool {
		return t == string(essence) || t == string(kind)+"/*"
	})
}

// securityFields are kept with an entry: nobody may take it for another type
// than it says, and documents that can hold scripts are sandboxed.
func (s *Site) securityFields(contentType string) []cache.Field {
	fields := []cache.Field{{Name: []byte(fieldNoSniff), Value: []byte("nosniff")}}
	if !s.AllowScripts && canHoldScripts(contentType) {
		fields = append(fields, cache.Field{Name: []byte("Content-Security-Policy"), Value: []byte(sandboxed)})
	}
	return fields
}

// canHoldScripts: HTML, and every form of XML, since a browser runs scripts in
// whatever XML has an XHTML or SVG namespace in it.
func canHoldScripts(contentType string) bool {
	essence, _, _ := strings.Cut(contentType, ";")
	essence = strings.ToLower(strings.TrimSpace(essence))
	return essence == "text/html" || essence == "text/xml" || essence == "application/xml" ||
		strings.HasSuffix(essence, "+xml") || essence == "text/xsl" || essence == "multipart/x-mixed-replace"
}
