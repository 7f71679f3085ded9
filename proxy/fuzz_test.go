package proxy

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzObjectKey(f *testing.F) {
	for _, seed := range []string{
		"/album/1.jpg", "/", "", "//a//", "/a%2Fb", "/a%252Fb", "/%2e%2e/", "/a+b", "/%00", "/%C3%A4", "/%ff", "/a%", "/ä/./b", "/100%25",
	} {
		f.Add([]byte(seed), "")
		f.Add([]byte(seed), "events/")
	}
	f.Fuzz(func(t *testing.T, path []byte, prefix string) {
		if strings.ContainsFunc(prefix, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return // the configuration admits no such prefix
		}
		got, ok := appendObjectKey([]byte("site\x00"), prefix, path)
		if !ok {
			return
		}
		key, found := bytes.CutPrefix(got, []byte("site\x00"+prefix))
		if !found {
			t.Fatalf("%q: %q has lost what stands before it", path, got)
		}
		whole := prefix + string(key)
		if len(whole) > maxKey || !utf8.ValidString(whole) || bytes.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%q became the key %q", path, whole)
		}
		for segment := range strings.SplitSeq(whole, "/") {
			if segment == "." || segment == ".." {
				t.Fatalf("%q became %q, which others resolve", path, whole)
			}
		}
		// Escaped in whatever way, the key is the same: as a whole, byte by byte,
		// and every byte whether it needs it or not.
		var each strings.Builder
		for i := range key {
			each.WriteString(url.PathEscape(string(key[i : i+1])))
		}
		for _, escaped := range []string{url.PathEscape(string(key)), each.String(), escapeAll(key)} {
			again, ok := appendObjectKey([]byte("site\x00"), prefix, []byte("/"+escaped))
			if !ok || !bytes.Equal(again, got) {
				t.Fatalf("%q became %q, and that as %q became %q, %v", path, got, escaped, again, ok)
			}
		}
		// And it is what the standard library decodes.
		if want, err := url.PathUnescape(string(path[1:])); err != nil || want != string(key) {
			t.Fatalf("%q became %q, net/url says %q, %v", path, key, want, err)
		}
	})
}

func escapeAll(key []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 3*len(key))
	for _, c := range key {
		out = append(out, '%', digits[c>>4], digits[c&15])
	}
	return string(out)
}

func FuzzETagList(f *testing.F) {
	for _, seed := range []string{
		`"v1"`, `W/"v1"`, `*`, `"a", W/"b" ,"c,d"`, ``, `,,`, `"open`, `W/`, `x, "v1"`, `"v1" "v2"`, `""`, `"*"`,
	} {
		f.Add([]byte(seed), "v1")
	}
	f.Fuzz(func(t *testing.T, list []byte, opaque string) {
		was := bytes.Clone(list)
		var tags []string
		for rest := bytes.TrimSpace(list); ; {
			tag, next := nextETag(rest)
			if tag == nil {
				break
			}
			if len(next) >= len(rest) || !bytes.Contains(list, tag) {
				t.Fatalf("%q: %q is left of %q", list, next, rest)
			}
			quoted := strings.TrimPrefix(string(tag), "W/")
			if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' || strings.Count(quoted, `"`) != 2 {
				t.Fatalf("%q holds the tag %q", list, tag)
			}
			tags = append(tags, string(tag))
			rest = next
		}
		for _, tag := range tags {
			weak := strings.HasPrefix(tag, "W/")
			if !matches(list, tag, weakly) || matches(list, tag, strongly) == weak {
				t.Fatalf("%q does not hold its own %q", list, tag)
			}
		}
		if strings.Contains(opaque, `"`) {
			return
		}
		for _, etag := range []string{`"` + opaque + `"`, `W/"` + opaque + `"`} {
			strong, weak := matches(list, etag, strongly), matches(list, etag, weakly)
			anyTag := string(bytes.TrimSpace(list)) == "*"
			switch {
			case strong && !weak:
				t.Fatalf("%q holds %q strongly, not weakly", list, etag)
			case strong && !anyTag && !slices.Contains(tags, etag):
				t.Fatalf("%q holds %q, yet has only %q", list, etag, tags)
			case weak && !anyTag && !slices.ContainsFunc(tags, func(tag string) bool {
				return strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag, "W/")
			}):
				t.Fatalf("%q holds %q weakly, yet has only %q", list, etag, tags)
			}
			if weak && !anyTag && !matches([]byte(string(list)+`, `), etag, weakly) {
				t.Fatalf("%q loses %q by an empty member", list, etag)
			}
			if !matches([]byte(etag+", "+string(list)), etag, weakly) {
				t.Fatalf("%q in front of %q is not found", etag, list)
			}
		}
		if !bytes.Equal(list, was) {
			t.Fatal("the header was changed")
		}
	})
}
