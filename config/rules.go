package config

import (
	"net"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// windowFactor is how many attempts must fit into the breaker's window. It does
// not count a request that outlasts the window.
const windowFactor = 10

// validate reports everything that is wrong with c.
func validate(c *Config, r *report) {
	checkLimits(reflect.ValueOf(c).Elem(), "", r)
	checkListeners(c, r)
	checkCache(&c.Cache, r)
	checkOrigin(&c.Origin, r)
	checkSites(c.Sites, r)
}

func checkListeners(c *Config, r *report) {
	checkAddress(c.Listen, "listen", r)
	checkAddress(c.Admin.Listen, "admin.listen", r)
	host, port, _ := net.SplitHostPort(c.Listen)
	adminHost, adminPort, _ := net.SplitHostPort(c.Admin.Listen)
	both := []string{"admin.listen", "listen"}
	if port == adminPort && port != "0" && (host == adminHost || isWildcard(host) || isWildcard(adminHost)) {
		r.contradiction(both, "%q takes the same port as listen, %q: give it another", c.Admin.Listen, c.Listen)
	}
	if !isLoopback(adminHost) && c.Admin.TokenFile == "" {
		r.contradiction([]string{"admin.listen", "admin.token_file"},
			`%q can be reached from other machines: set admin.token_file, or listen on "127.0.0.1:%s"`, c.Admin.Listen, adminPort)
	}
}

// checkAddress checks the host:port of a listener.
func checkAddress(address, path string, r *report) {
	if r.isFailed(path) {
		return
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || !isPort(port) || host != "" && !isHost(host) {
		r.key(path, `must be "host:port" or ":port" with a port from 0 to 65535, not %s`, quote(address))
	}
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == s
}

var hostName = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)

// isHost says whether s is a name in lower case or an IP address.
func isHost(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil || len(s) <= 253 && hostName.MatchString(s)
}

func isWildcard(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

func checkCache(c *Cache, r *report) {
	const object, fill, memory = "cache.max_object", "cache.fill_memory", "cache.memory"
	if c.MaxObject > c.Memory {
		r.contradiction([]string{object, memory}, "%v is more than %s, %v: lower it or raise %[2]s", c.MaxObject, memory, c.Memory)
	}
	if c.FillMemory > c.Memory {
		r.contradiction([]string{fill, memory}, "%v is more than %s, %v: lower it or raise %[2]s", c.FillMemory, memory, c.Memory)
	}
	if c.MaxObject > c.FillMemory && c.MaxObject <= c.Memory {
		r.contradiction([]string{object, fill}, "%v is more than %s, %v: no fill could hold such an object",
			c.MaxObject, fill, c.FillMemory)
	}
}

func checkOrigin(o *Origin, r *report) {
	const connect, firstByte, deadline = "origin.connect_timeout", "origin.first_byte_timeout", "origin.deadline"
	const quantile, hedgeMin, window = "origin.hedge.quantile", "origin.hedge.min", "origin.breaker.window"
	if o.ConnectTimeout > o.FirstByteTimeout {
		r.contradiction([]string{connect, firstByte}, "%v is more than %s, %v, which includes it",
			o.ConnectTimeout, firstByte, o.FirstByteTimeout)
	}
	if o.FirstByteTimeout > o.Deadline {
		r.contradiction([]string{firstByte, deadline}, "%v is more than %s, %v, which is for all attempts",
			o.FirstByteTimeout, deadline, o.Deadline)
	}
	if q := o.Hedge.Quantile; !(q > 0 && q < 1) && !r.isFailed(quantile) {
		r.key(quantile, "must be above 0 and below 1, not %v", q)
	}
	if o.Hedge.Budget > 0 && o.Hedge.Min >= o.FirstByteTimeout {
		r.contradiction([]string{hedgeMin, firstByte}, "%v is not below %s, %v: no hedge would ever be sent",
			o.Hedge.Min, firstByte, o.FirstByteTimeout)
	}
	if least := windowFactor * o.FirstByteTimeout; o.Breaker.Window < least {
		r.contradiction([]string{window, firstByte},
			"%v is less than %d times %s, %v: a request that outlasts the window is not counted; at least %v",
			o.Breaker.Window, windowFactor, firstByte, o.FirstByteTimeout, least)
	}
}

// checkSites checks each site, and that none takes another's hosts or name.
func checkSites(sites []Site, r *report) {
	hosts, names := map[string]string{}, map[string]int{}
	for i := range sites {
		s, path := &sites[i], item("sites", i)
		for j, h := range s.Hosts {
			p := item(join(path, "hosts"), j)
			checkHost(h, p, r)
			if first, taken := hosts[h]; taken {
				r.contradiction([]string{p}, "%s is %s already", quote(h), first)
				continue
			}
			hosts[h] = p
		}
		checkSite(s, path, r)
		name := join(path, "name")
		if first, taken := names[s.Name]; taken {
			r.contradiction([]string{name, join(path, "hosts"), item(join(path, "hosts"), 0)},
				"%s is the name of %s already", quote(s.Name), item("sites", first))
			continue
		}
		names[s.Name] = i
	}
}

// isByHost says whether the site has its first host's name.
func isByHost(s *Site) bool { return len(s.Hosts) > 0 && s.Name == s.Hosts[0] }

// checkHost checks a value of the Host header.
func checkHost(h, path string, r *report) {
	bare := strings.TrimSuffix(strings.TrimPrefix(h, "["), "]")
	ip, err := netip.ParseAddr(bare)
	switch {
	case r.isFailed(path) || h == "*":
	case err == nil && ip.Is6() && ip.Zone() == "":
		if h != "["+bare+"]" {
			r.key(path, `must be in brackets, as in a Host header: "[%s]"`, bare)
		}
	case err == nil && h == bare && ip.Is4():
	case h == "":
		r.key(path, `is empty: give a host, or "*" for every host`)
	case strings.Contains(h, "*"):
		r.key(path, `must be one host, or "*" alone for every host, not %s`, quote(h))
	case strings.ContainsAny(h, ":/?#@"):
		r.key(path, `must be a host alone, without scheme, port or path, not %s`, quote(h))
	case hostName.MatchString(strings.ToLower(h)) && h != strings.ToLower(h):
		r.key(path, "must be in lower case: %s", quote(strings.ToLower(h)))
	case !isHost(h):
		r.key(path, `must be a host such as "img.example.com" (international names in their xn-- form), not %s`, quote(h))
	}
}
