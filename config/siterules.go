package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

var (
	siteName   = regexp.MustCompile(`^[A-Za-z0-9._*:\[\]-]{1,253}$`)
	regionName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)
	awsRegion  = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	scheme     = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
)

// checkSite checks one site by itself; its hosts are checked with all others.
func checkSite(s *Site, path string, r *report) {
	if name := join(path, "name"); s.Name != "" && !isByHost(s) && !siteName.MatchString(s.Name) && !r.isFailed(name) {
		r.key(name, "may have letters, digits and . _ - only, at most 253, not %s", quote(s.Name))
	}
	if prefix := join(path, "prefix"); strings.HasPrefix(s.Prefix, "/") && !r.isFailed(prefix) {
		r.key(prefix, "must not begin with a slash, because S3 keys do not: %s", quote(strings.TrimLeft(s.Prefix, "/")))
	}
	checkQuery(s.Query, join(path, "query"), r)
	checkCORS(s.CORS.Origins, join(path, "cors.origins"), r)
	checkContentTypes(s.ContentTypes, join(path, "content_types"), r)
	checkSources(s.Regions, join(path, "regions"), r)
	names, buckets := map[string]string{}, map[[2]string]string{}
	for i := range s.Regions {
		g, p := &s.Regions[i], item(join(path, "regions"), i)
		checkRegion(g, p, r)
		if first, taken := names[g.Name]; taken {
			r.contradiction([]string{join(p, "name")}, "%s is the name of %s already", quote(g.Name), first)
		} else {
			names[g.Name] = p
		}
		bucket := [2]string{g.Endpoint, g.Bucket}
		if first, taken := buckets[bucket]; taken {
			r.contradiction([]string{join(p, "bucket"), join(p, "endpoint")},
				"%s is the bucket of %s already: a replica is a bucket of its own", quote(g.Bucket), first)
		} else {
			buckets[bucket] = p
		}
	}
}

// checkSources checks that exactly one region is the source.
func checkSources(regions []Region, path string, r *report) {
	keys, sources := []string{path}, []string{}
	for i, g := range regions {
		role := join(item(path, i), "role")
		keys = append(keys, role)
		if g.Role == RoleSource {
			sources = append(sources, role)
		}
	}
	switch {
	case len(regions) == 0: // is required, and told so
	case len(sources) == 0:
		r.contradiction(keys, `have no source: exactly one region must have "role: source"`)
	case len(sources) > 1:
		for _, s := range sources[1:] {
			r.contradiction([]string{s}, "is a second source beside %s: make one of them a replica", parent(sources[0]))
		}
	}
}

func checkRegion(g *Region, path string, r *report) {
	name, bucket, endpoint := join(path, "name"), join(path, "bucket"), join(path, "endpoint")
	signing := join(path, "signing_region")
	if g.Name != "" && !regionName.MatchString(g.Name) && !r.isFailed(name) {
		r.key(name, "may have letters, digits and . _ - only, at most 64, not %s", quote(g.Name))
	}
	if problem := bucketProblem(g.Bucket); problem != "" && g.Bucket != "" && !r.isFailed(bucket) {
		r.key(bucket, "%s: %s", problem, quote(g.Bucket))
	}
	if problem := endpointProblem(g.Endpoint, g.Bucket); problem != "" && !r.isFailed(endpoint) {
		r.key(endpoint, "%s", problem)
	}
	switch {
	case g.SigningRegion == "": // the name is missing, and told so
	case !regionName.MatchString(g.SigningRegion):
		r.contradiction([]string{signing, name}, `must be a region's code such as "us-east-1", not %s`, quote(g.SigningRegion))
	case g.Endpoint == "" && !awsRegion.MatchString(g.SigningRegion):
		r.contradiction([]string{signing, name, endpoint},
			"%s is no AWS region: set it to the region's code, or set endpoint for another S3", quote(g.SigningRegion))
	}
	if g.Anonymous && g.Profile != "" {
		r.contradiction([]string{join(path, "profile"), join(path, "anonymous")},
			"%s is of no use with anonymous: true, which signs nothing", quote(g.Profile))
	}
}

// bucketProblem says what a bucket's name must be, or "". See "Bucket naming
// rules" in the Amazon S3 user guide; aliases of access points keep them too.
func bucketProblem(name string) string {
	_, err := netip.ParseAddr(name)
	switch {
	case strings.HasPrefix(name, "arn:"):
		return "must be a bucket or an access point's alias instead of its ARN"
	case strings.Contains(name, "://"):
		return "must be a bucket's name alone"
	case len(name) < 3 || len(name) > 63:
		return "must have 3 to 63 characters"
	case !bucketName.MatchString(name) || strings.Contains(name, ".."):
		return "may have lower-case letters, digits, hyphens and single dots, and begins and ends with a letter or digit"
	case err == nil:
		return "must not look like an IP address"
	}
	return ""
}

// endpointProblem says what is wrong with an endpoint, or "". It does not repeat
// the endpoint, which may hold a password by mistake.
func endpointProblem(endpoint, bucket string) string {
	if endpoint == "" {
		return ""
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return `must be a URL with http or https and a host, such as "https://s3.example.com"`
	case u.User != nil:
		return "must not hold credentials: they come the AWS SDK's way"
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(endpoint, "#"):
		return "must end after the host and port, without path, query or slash"
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && (!isPort(u.Port()) || u.Port() == "0"):
		return "must have a port from 1 to 65535, or none"
	case !isHost(strings.ToLower(u.Hostname())):
		return "must have the name or IP address of a host"
	case bucket != "" && strings.HasPrefix(u.Hostname(), bucket+"."):
		return "must not hold the bucket: it is put before the host, or into the path with path_style"
	}
	return ""
}

func checkQuery(q Query, path string, r *report) {
	seen := map[string]bool{}
	for i, n := range q.Names {
		p := item(path, i)
		switch {
		case r.isFailed(p):
		case n == "" || strings.ContainsAny(n, "&=#") || strings.ContainsFunc(n, isControl):
			r.key(p, "must be a parameter's name, without & = # and control characters, not %s", quote(n))
		case seen[n]:
			r.key(p, "names %s twice", quote(n))
		}
		seen[n] = true
	}
}

func checkCORS(origins []string, path string, r *report) {
	seen := map[string]bool{}
	for i, o := range origins {
		p := item(path, i)
		switch problem := originProblem(o); {
		case r.isFailed(p):
		case o == "*" && len(origins) > 1:
			r.key(p, `"*" allows every origin: keep it alone or remove it`)
		case o != "*" && problem != "":
			r.key(p, "%s, not %s", problem, quote(o))
		case seen[o]:
			r.key(p, "names %s twice", quote(o))
		}
		seen[o] = true
	}
}

// originProblem says what an origin must be, or "": as browsers send it in the
// Origin field (RFC 6454, section 6.2).
func originProblem(o string) string {
	u, err := url.Parse(o)
	if err == nil && scheme.MatchString(u.Scheme) && isHost(u.Hostname()) && o == fmt.Sprintf("%s://%s", u.Scheme, u.Host) &&
		(u.Port() == "" && !strings.HasSuffix(u.Host, ":") || isPort(u.Port())) {
		return ""
	}
	return `must be "*" or an origin in lower case, such as "https://example.com", without path or slash`
}

// checkContentTypes: type/subtype or type/*, in lower case, without parameters
// (RFC 9110, section 8.3.1).
func checkContentTypes(types []string, path string, r *report) {
	for i, t := range types {
		kind, sub, ok := strings.Cut(t, "/")
		if !ok || !isToken(kind) || (sub != "*" && !isToken(sub)) {
			r.key(item(path, i), `must be a media type in lower case, such as "image/jpeg" or "image/*", not %s`, quote(t))
		}
	}
}

func isToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$&^_.+-", rune(c)) {
			return false
		}
	}
	return s != ""
}
