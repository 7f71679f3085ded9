package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const source = "    regions: [{name: us-east-1, bucket: photos, role: source}]\n"

func TestSitesTellProblems(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no sites":         {"sites: []", "1: sites: is required"},
		"sites as a group": {"sites: {}", "1: sites: must be a list, not a group of keys"},
		"site as a text":   {"sites:\n  - img", `2: sites[0]: must be a group of keys, not "img"`},
		"empty site":       {"sites:\n  - {}", "2: sites[0].hosts: is required\n2: sites[0].regions: is required"},
		"no hosts":         {"sites:\n  - hosts: []\n" + source, "2: sites[0].hosts: is required"},
		"hosts as a text":  {"sites:\n  - hosts: img\n" + source, `2: sites[0].hosts: must be a list, not "img"`},
		"no regions":       {"sites:\n  - hosts: [a]\n    regions: []", "3: sites[0].regions: is required"},

		"same host in two sites": {"sites:\n  - hosts: [a]\n" + source + "  - hosts: [b, a]\n" + source, `4: sites[1].hosts[1]: "a" is sites[0].hosts[0] already`},
		"same host in one":       {"sites:\n  - hosts:\n    - a\n    - a\n" + source, `4: sites[0].hosts[1]: "a" is sites[0].hosts[0] already`},
		"two stars":              {"sites:\n  - hosts: ['*']\n" + source + "  - hosts: ['*']\n" + source, `4: sites[1].hosts[0]: "*" is sites[0].hosts[0] already`},
		"same name":              {"sites:\n  - hosts: [a]\n" + source + "  - hosts: [b]\n    name: a\n" + source, `5: sites[1].name: "a" is the name of sites[0] already`},
		"name":                   {"sites:\n  - hosts: [a]\n    name: a b\n" + source, `3: sites[0].name: may have letters, digits and . _ - only, at most 253, not "a b"`},
		"slash before prefix":    {"sites:\n  - hosts: [a]\n    prefix: /a\n" + source, `3: sites[0].prefix: must not begin with a slash, because S3 keys do not: "a"`},
		"line end in prefix":     {"sites:\n  - hosts: [a]\n    prefix: \"a\\nb\"\n" + source, `3: sites[0].prefix: must not contain control characters such as line ends: "a\nb"`},
		"policy":                 {"sites:\n  - hosts: [a]\n    client_cache_control: maybe\n" + source, `3: sites[0].client_cache_control: must be "ignore" or "honor", not "maybe"`},

		"query":            {"sites:\n  - hosts: [a]\n    query: w\n" + source, `3: sites[0].query: must be "ignore", "include" or a list of names, not "w"`},
		"query as a group": {"sites:\n  - hosts: [a]\n    query: {w: 1}\n" + source, `3: sites[0].query: must be a single value, not a group of keys`},
		"empty query":      {"sites:\n  - hosts: [a]\n    query: []\n" + source, `3: sites[0].query: names nothing: write "ignore"`},
		"query twice":      {"sites:\n  - hosts: [a]\n    query: [w, h, w]\n" + source, `3: sites[0].query[2]: names "w" twice`},
		"query name":       {"sites:\n  - hosts: [a]\n    query: [w, 'h=']\n" + source, `3: sites[0].query[1]: must be a parameter's name, without & = # and control characters, not "h="`},
		"query number":     {"sites:\n  - hosts: [a]\n    query: [1]\n" + source, `3: sites[0].query[0]: must be text: put quotes around it, "1"`},

		"CORS star among others": {"sites:\n  - hosts: [a]\n    cors: {origins: [https://a, '*']}\n" + source, `3: sites[0].cors.origins[1]: "*" allows every origin: keep it alone or remove it`},
		"CORS origin":            {"sites:\n  - hosts: [a]\n    cors: {origins: [https://a/]}\n" + source, `3: sites[0].cors.origins[0]: must be "*" or an origin in lower case, such as "https://example.com", without path or slash, not "https://a/"`},
		"content type":           {"sites:\n  - hosts: [a]\n    content_types: [image/png, jpeg]\n" + source, `3: sites[0].content_types[1]: must be a media type in lower case, such as "image/jpeg" or "image/*", not "jpeg"`},
		"CORS twice":             {"sites:\n  - hosts: [a]\n    cors: {origins: [https://a, https://a]}\n" + source, `3: sites[0].cors.origins[1]: names "https://a" twice`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.text+"\n"), nil)
			requireProblems(t, err, inFile(c.want)...)
		})
	}
}

func TestHosts(t *testing.T) {
	for _, h := range []string{
		"*", "a", "img.example.com", "xn--bcher-kva.example", "my_service", "10.0.0.1", "[::1]", "[2001:db8::1]", "1.example",
		strings.Repeat("a", 63) + ".b",
	} {
		r := newReport(place{})
		checkHost(h, "host", r)
		assert.NoError(t, r.err(), h)
	}
	for h, want := range map[string]string{
		"":                      `is empty: give a host, or "*" for every host`,
		"*.example.com":         `must be one host, or "*" alone for every host, not "*.example.com"`,
		"https://a":             `must be a host alone, without scheme, port or path, not "https://a"`,
		"a:80":                  `must be a host alone, without scheme, port or path, not "a:80"`,
		"a/b":                   `must be a host alone, without scheme, port or path, not "a/b"`,
		"Img.Example.com":       `must be in lower case: "img.example.com"`,
		"::1":                   `must be in brackets, as in a Host header: "[::1]"`,
		"fe80::1%eth0":          `must be a host alone, without scheme, port or path, not "fe80::1%eth0"`,
		"[fe80::1%eth0]":        `must be a host alone, without scheme, port or path, not "[fe80::1%eth0]"`,
		"a.":                    `must be a host such as "img.example.com" (international names in their xn-- form), not "a."`,
		"-a":                    `must be a host such as "img.example.com" (international names in their xn-- form), not "-a"`,
		"a b":                   `must be a host such as "img.example.com" (international names in their xn-- form), not "a b"`,
		"bücher.example":        `must be a host such as "img.example.com" (international names in their xn-- form), not "bücher.example"`,
		"[10.0.0.1]":            `must be a host such as "img.example.com" (international names in their xn-- form), not "[10.0.0.1]"`,
		strings.Repeat("a", 64): `must be a host such as "img.example.com" (international names in their xn-- form), not "` + strings.Repeat("a", 64) + `"`,
	} {
		r := newReport(place{source: "f"})
		checkHost(h, "host", r)
		assert.EqualError(t, r.err(), "f: host: "+want)
	}
}

func TestRegionsTellProblems(t *testing.T) {
	const head = "sites:\n- hosts: [a]\n  regions:\n  - {name: us-east-1, bucket: photos, role: source}\n  - "
	for name, c := range map[string]struct{ region, want string }{
		"nothing":       {"{}", "5: sites[0].regions[1].name: is required\n5: sites[0].regions[1].bucket: is required\n5: sites[0].regions[1].role: is required"},
		"empty bucket":  {`{name: us-east-2, bucket: "", role: replica}`, "5: sites[0].regions[1].bucket: is required"},
		"role":          {"{name: us-east-2, bucket: replica, role: primary}", `5: sites[0].regions[1].role: must be "source" or "replica", not "primary"`},
		"second source": {"{name: us-east-2, bucket: replica, role: source}", "5: sites[0].regions[1].role: is a second source beside sites[0].regions[0]: make one of them a replica"},
		"same name":     {"{name: us-east-1, bucket: replica, role: replica}", `5: sites[0].regions[1].name: "us-east-1" is the name of sites[0].regions[0] already`},
		"same bucket":   {"{name: us-east-2, bucket: photos, role: replica}", `5: sites[0].regions[1].bucket: "photos" is the bucket of sites[0].regions[0] already: a replica is a bucket of its own`},
		"name":          {"{name: a/b, signing_region: us-east-1, bucket: replica, role: replica}", `5: sites[0].regions[1].name: may have letters, digits and . _ - only, at most 64, not "a/b"`},
		"no AWS region": {"{name: seoul, bucket: replica, role: replica}", `5: sites[0].regions[1].signing_region: "seoul" is no AWS region: set it to the region's code, or set endpoint for another S3`},
		"signing":       {"{name: seoul, bucket: replica, role: replica, endpoint: 'http://s3', signing_region: a b}", `5: sites[0].regions[1].signing_region: must be a region's code such as "us-east-1", not "a b"`},
		"profile":       {"{name: us-east-2, bucket: replica, role: replica, anonymous: true, profile: p}", `5: sites[0].regions[1].profile: "p" is of no use with anonymous: true, which signs nothing`},
		"truth":         {"{name: us-east-2, bucket: replica, role: replica, path_style: yes}", `5: sites[0].regions[1].path_style: must be true or false without quotes, not "yes"`},
		"bucket":        {"{name: us-east-2, bucket: Replica, role: replica}", `5: sites[0].regions[1].bucket: may have lower-case letters, digits, hyphens and single dots, and begins and ends with a letter or digit: "Replica"`},
		"endpoint":      {"{name: us-east-2, bucket: replica, role: replica, endpoint: s3.example.com}", `5: sites[0].regions[1].endpoint: must be a URL with http or https and a host, such as "https://s3.example.com"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(head+c.region+"\n"), nil)
			requireProblems(t, err, inFile(c.want)...)
		})
	}
	_, err := Parse("f.yaml", []byte("sites:\n- hosts: [a]\n  regions:\n  - {name: us-east-1, bucket: photos, role: replica}\n"), nil)
	requireProblems(t, err, `f.yaml:3: sites[0].regions: have no source: exactly one region must have "role: source"`)
}

func TestBucketProblem(t *testing.T) {
	for _, b := range []string{"abc", "photos-seoul", "photos.seoul", "123", strings.Repeat("a", 63), "ap-1234-s3alias"} {
		assert.Empty(t, bucketProblem(b), b)
	}
	for b, want := range map[string]string{
		"ab": "3 to 63", strings.Repeat("a", 64): "3 to 63", "a..b": "single dots", "-abc": "begins", "abc-": "begins",
		"a_bc": "lower-case", "ABC": "lower-case", "10.0.0.1": "IP address", "s3://photos": "name alone",
		"arn:aws:s3:us-east-1:123456789012:accesspoint/photos": "alias", "a/b": "lower-case",
	} {
		assert.Contains(t, bucketProblem(b), want, b)
	}
}

func TestEndpointProblem(t *testing.T) {
	for _, e := range []string{
		"", "https://s3.example.com", "http://127.0.0.1:9000", "http://[::1]:9000", "http://minio:9000", "https://S3.Example.com",
	} {
		assert.Empty(t, endpointProblem(e, "photos"), e)
	}
	for e, want := range map[string]string{
		"s3.example.com": "must be a URL", "ftp://a": "must be a URL", "http://": "must be a URL", "//a": "must be a URL",
		"http://%zz": "must be a URL", "http://:80": "must be a URL", "http://u:secret@a": "credentials",
		"http://a/": "must end after", "http://a/b": "must end after", "http://a?": "must end after", "http://a?b": "must end after",
		"http://a#": "must end after", "http://a#b": "must end after", "http://a:": "port", "http://a:0": "port",
		"http://a:65536": "port", "http://a b": "must be a URL", "http://a..b": "name or IP", "https://photos.s3.example.com": "bucket",
	} {
		assert.Contains(t, endpointProblem(e, "photos"), want, e)
		assert.NotContains(t, endpointProblem(e, "photos"), "secret")
	}
}

func TestOriginProblem(t *testing.T) {
	for _, o := range []string{"https://example.com", "http://localhost:3000", "capacitor://app", "http://10.0.0.1", "http://[::1]:80"} {
		assert.Empty(t, originProblem(o), o)
	}
	for _, o := range []string{
		"", "null", "example.com", "https://", "https://a/", "https://a?", "https://a#", "https://A", "https://u@a", "https://a:",
		"https://a:99999", "https://*.a", "HTTPS://a", "https://a b",
	} {
		assert.NotEmpty(t, originProblem(o), o)
	}
}
