package proxy

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

func TestAppendObjectKey(t *testing.T) {
	long := strings.Repeat("a", maxKey)
	refused := "\xff refused" // no key can be this
	for _, c := range []struct {
		name, prefix, path string
		want               string
	}{
		{"plain", "", "/album/1.jpg", "album/1.jpg"},
		{"prefix", "events/", "/album/1.jpg", "events/album/1.jpg"},
		{"root", "", "/", ""},
		{"root with prefix", "events/", "/", "events/"},
		{"one decode", "", "/a%20b", "a b"},
		{"one decode only", "", "/a%252Fb", "a%2Fb"},
		{"one decode only, of a dot segment", "", "/a/%252e%252e/b", "a/%2e%2e/b"},
		{"an escaped slash is a slash", "", "/a%2Fb", "a/b"},
		{"escapes in either case", "", "/%c3%A4", "ä"},
		{"raw UTF-8", "", "/ä/日本", "ä/日本"},
		{"plus stays", "", "/a+b%2Bc", "a+b+c"},
		{"slashes stay", "", "//a///b//", "/a///b//"},
		{"a trailing slash stays", "", "/a/", "a/"},
		{"what else may stand in a key", "", "/!-_.*'(),:;=@&$~[]{}|^`\\\"<>", "!-_.*'(),:;=@&$~[]{}|^`\\\"<>"},
		{"an escaped percent sign", "", "/100%25", "100%"},
		{"an escaped question mark", "", "/a%3Fb%23c", "a?b#c"},
		{"dots that are no segment", "", "/.../..a/a../.a/a./x..y", ".../..a/a../.a/a./x..y"},
		{"not Unicode's canonical form", "", "/a%CC%88", "a\u0308"},
		{"a non-character", "", "/%EF%BF%BF", "\uffff"},

		{"nothing", "", "", refused},
		{"no slash", "", "a.jpg", refused},
		{"asterisk", "", "*", refused},
		{"absolute form", "", "http://img.example.com/a", refused},
		{"percent sign alone", "", "/100%", refused},
		{"one digit", "", "/a%2", refused},
		{"no digits", "", "/a%zz", refused},
		{"second is no digit", "", "/a%2g", refused},
		{"first is no digit", "", "/a%g2", refused},
		{"signed digits", "", "/a%+2", refused},
		{"UTF-16 escapes", "", "/a%u0041", refused},
		{"escaped NUL", "", "/a%00b", refused},
		{"raw NUL", "", "/a\x00b", refused},
		{"escaped newline", "", "/a%0Ab", refused},
		{"raw newline", "", "/a\nb", refused},
		{"escaped unit separator", "", "/a%1fb", refused},
		{"escaped DEL", "", "/a%7Fb", refused},
		{"raw DEL", "", "/a\x7fb", refused},
		{"tab", "", "/a\tb", refused},
		{"a byte that is no UTF-8", "", "/a%ffb", refused},
		{"raw, no UTF-8", "", "/a\xffb", refused},
		{"half a rune", "", "/a%C3", refused},
		{"overlong slash", "", "/a%C0%AFb", refused},
		{"overlong NUL", "", "/a%C0%80b", refused},
		{"surrogate", "", "/%ED%A0%80", refused},
		{"beyond Unicode", "", "/%F4%90%80%80", refused},

		{"dot segment", "", "/./a", refused},
		{"two dots", "", "/../a", refused},
		{"two dots inside", "", "/a/../b", refused},
		{"two dots at the end", "", "/a/..", refused},
		{"dot alone", "", "/.", refused},
		{"two dots behind empty segments", "", "//..//", refused},
		{"encoded dots", "", "/a/%2e%2E/b", refused},
		{"half encoded", "", "/a/.%2e/b", refused},
		{"encoded slashes around dots", "", "/a%2f..%2fb", refused},
		{"all of it encoded", "", "/a%2F%2e%2e%2Fb", refused},
		{"dots that the prefix completes", "a/.", "/./b", refused},
		{"dots behind a prefix", "a/", "/../b", refused},

		{"1,024 bytes", "", "/" + long, long},
		{"1,025 bytes", "", "/a" + long, refused},
		{"1,024 bytes with prefix", "pre/", "/" + long[4:], "pre/" + long[4:]},
		{"1,025 bytes with prefix", "pre/", "/" + long[3:], refused},
		{"1,024 bytes of escapes", "", "/" + strings.Repeat("%61", maxKey), long},
		{"1,024 runes", "", "/" + strings.Repeat("ä", maxKey), refused},
		{"512 runes of two bytes", "", "/" + strings.Repeat("ä", maxKey/2), strings.Repeat("ä", maxKey/2)},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := []byte(c.path)
			got, ok := appendObjectKey([]byte("site\x00"), c.prefix, path)
			require.Equal(t, c.path, string(path), "the path belongs to the request")
			require.True(t, strings.HasPrefix(string(got), "site\x00"), "what was there stays")
			require.Equal(t, c.want != refused, ok)
			if ok {
				assert.Equal(t, "site\x00"+c.want, string(got))
			}
		})
	}
}

func TestAppendQuery(t *testing.T) {
	ignore, all := Query{}, Query{All: true}
	names := func(n ...string) Query { return Query{Names: n} }
	for _, c := range []struct {
		name  string
		query Query
		value string
		want  string // "|" for the separator
	}{
		{"ignored", ignore, "v=1&w=2", ""},
		{"all", all, "v=1&w=2", "|v=1&w=2"},
		{"all, as it came", all, "w=%31&&v=+", "|w=%31&&v=+"},
		{"all, none there", all, "", ""},
		{"one", names("v"), "a=0&v=1&w=2", "|v=1"},
		{"in the configured order", names("v", "w"), "w=2&a=0&v=1", "|v=1|w=2"},
		{"several of one name keep their order", names("v"), "v=2&a=0&v=1", "|v=2|v=1"},
		{"without value", names("v"), "v", "|v"},
		{"an empty value is another key", names("v"), "v=", "|v="},
		{"equals signs in the value", names("v"), "v=a=b", "|v=a=b"},
		{"absent", names("v"), "w=2", ""},
		{"a longer name", names("v"), "vv=1&xv=1", ""},
		{"case matters", names("v"), "V=1", ""},
		{"an escaped name is another", names("v"), "%76=1", ""},
		{"empty pairs", names("v"), "&&v=1&&", "|v=1"},
		{"none there", names("v"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := appendQuery([]byte("key"), &c.query, []byte(c.value))
			assert.Equal(t, "key"+strings.ReplaceAll(c.want, "|", "\x00"), string(got))
		})
	}
}

// parsed is what a request, given as it comes over the wire, is taken for.
func parsed(t *testing.T, site Site, request string) (key string, why refusal) {
	t.Helper()
	site.Name, site.Origin = "photos", &scripted{}
	if site.Hosts == nil {
		site.Hosts = []string{"*"}
	}
	found, err := newSites([]Site{site})
	require.NoError(t, err)
	h := &Handler{sites: found}
	ctx := &fasthttp.RequestCtx{}
	if ctx.Request.Read(bufio.NewReader(strings.NewReader(request))) != nil {
		return "", refusedUnreadable // the server answers such requests itself
	}
	r := acquireRequest(time.Now())
	defer releaseRequest(r)
	why = h.parse(ctx, r)
	if why != accepted {
		return "", why
	}
	assert.Equal(t, r.objectKey(), string(r.key[r.objectAt:r.objectTo]))
	return strings.ReplaceAll(string(r.key), "\x00", "|"), accepted
}

// TestKeyOfARequest: nothing between the wire and the key folds, decodes twice
// or cuts what S3 would tell apart.
func TestKeyOfARequest(t *testing.T) {
	for _, c := range []struct {
		name, target string
		site         Site
		want         string
		why          refusal
	}{
		{"plain", "/a/b.jpg", Site{}, "photos|a/b.jpg", accepted},
		{"prefix", "/b.jpg", Site{Prefix: "a/"}, "photos|a/b.jpg", accepted},
		{"slashes in front", "//a/b.jpg", Site{}, "photos|/a/b.jpg", accepted},
		{"slashes and a URL", "//x://y", Site{}, "photos|/x://y", accepted},
		{"slashes and a URL in the query", "//x?a=http://y/z", Site{}, "photos|/x", accepted},
		{"slashes inside", "/a//b.jpg", Site{}, "photos|a//b.jpg", accepted},
		{"a URL for a key", "/http://example.com/b.jpg", Site{}, "photos|http://example.com/b.jpg", accepted},
		{"double escape", "/a%252Fb", Site{}, "photos|a%2Fb", accepted},
		{"plus", "/a+b", Site{}, "photos|a+b", accepted},
		{"query is no part of the key", "/a?v=1", Site{}, "photos|a", accepted},
		{"query is all part of the key", "/a?v=1?2", Site{Query: Query{All: true}}, "photos|a|v=1?2", accepted},
		{"an escaped question mark is no query", "/a%3Fv=1", Site{Query: Query{All: true}}, "photos|a?v=1", accepted},
		{"escapes in the query stay", "/a?v=%00", Site{Query: Query{All: true}}, "photos|a|v=%00", accepted},
		{"a query cannot hold a separator", "/a?v=1\x002", Site{Query: Query{All: true}}, "", refusedUnreadable},
		{"absolute form", "http://img.example.com/a/b.jpg", Site{}, "photos|a/b.jpg", accepted},
		{"absolute form of another host", "http://other.example.com/a/b.jpg", Site{Hosts: []string{"img.example.com"}}, "", refusedHost},
		{"absolute form without a path", "http://img.example.com", Site{}, "", refusedEmptyKey},
		{"absolute form, query alone", "http://img.example.com?v=1", Site{}, "", refusedEmptyKey},
		{"another scheme", "ftp://img.example.com/a", Site{}, "", refusedUnreadable},
		{"root", "/", Site{}, "", refusedEmptyKey},
		{"root with prefix", "/", Site{Prefix: "a/"}, "", refusedEmptyKey},
		{"root with query", "/?v=1", Site{Query: Query{All: true}}, "", refusedEmptyKey},
		{"dot segments", "/a/../b", Site{}, "", refusedKey},
		{"control character", "/a\x01b", Site{}, "", refusedUnreadable},
		{"asterisk", "*", Site{}, "", refusedUnreadable},
		{"another host", "/a", Site{Hosts: []string{"other.example.com"}}, "", refusedHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, why := parsed(t, c.site, "GET "+c.target+" HTTP/1.1\r\nHost: img.example.com\r\n\r\n")
			assert.Equal(t, c.why, why)
			assert.Equal(t, c.want, key)
		})
	}
}
