package proxy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func named(name string, hosts ...string) Site {
	return Site{Name: name, Hosts: hosts, Origin: &scripted{}}
}

func TestNewSitesChecks(t *testing.T) {
	for _, c := range []struct {
		name  string
		sites []Site
		wrong string
	}{
		{"none", nil, "no sites"},
		{"without name", []Site{named("", "a")}, "name"},
		{"name taken", []Site{named("x", "a"), named("x", "b")}, `"x"`},
		{"without origin", []Site{{Name: "x", Hosts: []string{"a"}}}, "no origin"},
		{"host taken", []Site{named("x", "a"), named("y", "b", "a")}, `"a"`},
		{"host twice", []Site{named("x", "a", "a")}, `"a"`},
		{"two for every host", []Site{named("x", "*"), named("y", "*")}, `"*"`},
		{"right", []Site{named("x", "a", "*"), named("y", "b")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := newSites(c.sites)
			if c.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

func TestSiteOfAHost(t *testing.T) {
	list := []Site{named("photos", "img.example.com", "xn--bcher-kva.example"), named("v6", "[::1]", "[2001:db8::a]"), named("v4", "127.0.0.1")}
	only, err := newSites(list)
	require.NoError(t, err)
	everyHost, err := newSites(append(list[:3:3], named("any", "*")))
	require.NoError(t, err)
	alone, err := newSites([]Site{named("any", "*")})
	require.NoError(t, err)

	for _, c := range []struct{ name, host, want string }{
		{"as configured", "img.example.com", "photos"},
		{"with port", "img.example.com:8080", "photos"},
		{"with an empty port", "img.example.com:", "photos"},
		{"in capitals", "IMG.Example.COM", "photos"},
		{"with final dot", "img.example.com.", "photos"},
		{"with all of them", "IMG.example.com.:443", "photos"},
		{"punycode in capitals", "XN--BCHER-KVA.example", "photos"},
		{"IPv4", "127.0.0.1:80", "v4"},
		{"IPv6", "[::1]", "v6"},
		{"IPv6 with port", "[::1]:8080", "v6"},
		{"IPv6 in capitals", "[2001:DB8::A]:1", "v6"},
		{"IPv6 in capitals without port", "[2001:DB8::A]", "v6"},

		{"another", "other.example.com", ""},
		{"a host within a host", "img.example.com.evil.example", ""},
		{"a host behind another", "evil-img.example.com", ""},
		{"a host with user", "user@img.example.com", ""},
		{"two dots", "img.example.com..", ""},
		{"two ports", "img.example.com:80:80", ""},
		{"IPv6 without brackets", "::1", ""},
		{"another IPv6", "[::2]:8080", ""},
		{"a star", "*", ""},
		{"a star with port", "*:80", ""},
		{"a port only", ":80", ""},
		{"a space", " ", ""},
		{"longer than the scratch", strings.Repeat("a", 1000), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, scratch := []byte(c.host), make([]byte, 0, 64)
			name := func(s *Site) string {
				if s == nil {
					return ""
				}
				return s.Name
			}
			assert.Equal(t, c.want, name(only.find(host, scratch)))
			assert.Equal(t, c.host, string(host), "the host belongs to the request")
			want := c.want
			if want == "" {
				want = "any"
			}
			assert.Equal(t, want, name(everyHost.find(host, scratch)))
			assert.Equal(t, "any", name(alone.find(host, nil)))
		})
	}
	for _, s := range []*sites{only, everyHost, alone} {
		assert.Nil(t, s.find(nil, nil), "without a host there is no site")
	}
	scratch := make([]byte, 0, 256)
	host := []byte("IMG.example.com.:443")
	assert.Zero(t, testing.AllocsPerRun(100, func() { only.find(host, scratch) }))
}
