package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"photoedge/cache"
	"photoedge/origin"
)

// Origin is where objects come from; *origin.Router is one.
type Origin interface {
	// Fetch returns the first answer that may be believed, or an
	// *origin.Error. See origin.Router.Fetch.
	Fetch(ctx context.Context, req origin.Request) (*origin.Response, error)
}

// Query says what of a request's query is part of the cache key. S3 is never
// sent any of it.
type Query struct {
	// All: the whole query as it came.
	All bool
	// Names: these parameters, in this order. Empty without All: nothing.
	Names []string
}

// Site is what a Host header selects: where the objects are and the policies
// for them.
type Site struct {
	// Name is part of the cache key and of metrics. Required, unique.
	Name string
	// Hosts in lower case without port; "*" is every host that no other site
	// names.
	Hosts []string
	// Prefix is put before the key.
	Prefix string
	// Origin has the objects. Required.
	Origin Origin
	// Policy holds where objects say nothing of their lifetime.
	Policy cache.Policy
	Query  Query
	// ForwardMetadata sends x-amz-meta-* fields to clients.
	ForwardMetadata bool
	// HonorClient lets a client's Cache-Control decide what RFC 9111 §5.2.1
	// lets it decide. Otherwise only only-if-cached is heard: a storm of
	// reloads must not reach S3.
	HonorClient bool
	// CORSOrigins are the origins whose scripts may read objects; "*" alone is
	// all of them. Empty: none.
	CORSOrigins []string
	// ContentTypes that are served, such as "image/jpeg" or "image/*". Empty:
	// all.
	ContentTypes []string
	// AllowScripts sends HTML, SVG and XML without a sandbox.
	AllowScripts bool
}

const anyHost = "*"

// sites finds the site of a Host header.
type sites struct {
	byHost map[string]*Site
	any    *Site
}

func newSites(list []Site) (*sites, error) {
	if len(list) == 0 {
		return nil, errors.New("proxy: no sites")
	}
	s := &sites{byHost: map[string]*Site{}}
	names := map[string]bool{}
	for i := range list {
		site := &list[i]
		if site.Name == "" || names[site.Name] {
			return nil, fmt.Errorf("proxy: site %d: name %q is empty or taken", i, site.Name)
		}
		if site.Origin == nil {
			return nil, fmt.Errorf("proxy: site %s has no origin", site.Name)
		}
		names[site.Name] = true
		for _, host := range site.Hosts {
			if s.byHost[host] != nil || (host == anyHost && s.any != nil) {
				return nil, fmt.Errorf("proxy: host %q belongs to two sites", host)
			}
			if host == anyHost {
				s.any = site
				continue
			}
			s.byHost[host] = site
		}
	}
	return s, nil
}

// find returns host's site or nil. host may have a port, capitals, and the
// root's dot; the usual one without any of them costs one map look-up. scratch
// is overwritten.
func (s *sites) find(host, scratch []byte) *Site {
	if site := s.byHost[string(host)]; site != nil {
		return site
	}
	if len(host) == 0 {
		return nil
	}
	if len(s.byHost) > 0 {
		if site := s.byHost[string(appendNormalHost(scratch[:0], host))]; site != nil {
			return site
		}
	}
	return s.any
}

// appendNormalHost appends host in lower case without port and final dot.
func appendNormalHost(dst, host []byte) []byte {
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && !bytes.HasSuffix(host, []byte("]")) {
		host = host[:i]
	}
	for _, c := range bytes.TrimSuffix(host, []byte(".")) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
