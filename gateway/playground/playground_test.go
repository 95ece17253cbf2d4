package playground

import (
	"bytes"
	"compress/gzip"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func get(t *testing.T, h http.Handler, method, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPageNamesWeftAndItsSettings(t *testing.T) {
	res := get(t, New(Options{Endpoint: "/api", DefaultQuery: "{\n  a(b: \"</div><script>\")\n}"}), "GET", "/graphql")
	page := body(t, res)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("got status %d, type %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	for _, want := range []string{
		"<title>Weft</title>",
		`data-endpoint="/api"`,
		"data-default-query=\"{\n  a(b: &#34;&lt;/div&gt;&lt;script&gt;&#34;)\n}\"",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
}

func TestZeroOptionsUseThePagesOwnPathAndAValidQuery(t *testing.T) {
	page := body(t, get(t, New(Options{}), "GET", "/graphql"))
	if !strings.Contains(page, `data-endpoint=""`) {
		t.Errorf("the page does not leave the endpoint to the browser:\n%s", page)
	}
	attribute := regexp.MustCompile(`data-default-query="([^"]*)"`).FindStringSubmatch(page)
	if attribute == nil {
		t.Fatalf("the page has no default query:\n%s", page)
	}
	if _, err := parser.ParseQuery(&ast.Source{Input: html.UnescapeString(attribute[1])}); err != nil {
		t.Errorf("the default query does not parse: %v", err)
	}
}

func TestPageAllowsNothingFromElsewhere(t *testing.T) {
	res := get(t, New(Options{}), "GET", "/graphql")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff",
		"X-Frame-Options":        "DENY",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-store",
		"Vary":                   "Accept",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	directives := map[string]string{}
	for directive := range strings.SplitSeq(res.Header.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
		directives[name] = sources
	}
	for name, want := range map[string]string{
		"default-src": "'none'", "script-src": "'self'", "connect-src": "'self'",
		"frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'none'",
	} {
		if directives[name] != want {
			t.Errorf("%s: got %q, want %q", name, directives[name], want)
		}
	}
	page := body(t, res)
	if regexp.MustCompile(`(?i)<script[^>]*>[^<]|\son[a-z]+=|<style`).MatchString(page) {
		t.Errorf("the page has inline code, which its policy forbids:\n%s", page)
	}
}

func TestPageLoadsOnlyAssetsThatAreServed(t *testing.T) {
	p := New(Options{AssetsPath: "/files/"})
	page := body(t, get(t, p, "GET", "/graphql"))
	links := regexp.MustCompile(`(?:src|href|data-logo)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) != 5 {
		t.Errorf("the page has %d links, want 5:\n%s", len(links), page)
	}
	for _, link := range links {
		if !strings.HasPrefix(link[1], "/files/") {
			t.Errorf("%s is outside of the assets' path", link[1])
		}
		res := get(t, p.Assets(), "GET", link[1])
		if content := body(t, res); res.StatusCode != 200 || content == "" {
			t.Errorf("%s: got status %d with %d bytes", link[1], res.StatusCode, len(content))
		}
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: got Cache-Control %q", link[1], got)
		}
		if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: got X-Content-Type-Options %q", link[1], got)
		}
	}
}

func TestAssetsAreCompressedForWhoAcceptsIt(t *testing.T) {
	p := New(Options{})
	a := newAsset("playground.js", "", script)
	for accept, compressed := range map[string]bool{
		"gzip, deflate, br": true,
		"br;q=1, GZIP;q=.5": true,
		"gzip; q=1":         true,
		"":                  false,
		"br":                false,
		"gzip;q=0":          false,
		"gzip;q=zero":       false,
	} {
		res := get(t, p.Assets(), "GET", "/playground/"+a.name, "Accept-Encoding", accept)
		if got := res.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: got Vary %q", accept, got)
		}
		var content io.Reader = res.Body
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != compressed {
			t.Fatalf("Accept-Encoding %q: compressed is %t, want %t", accept, got, compressed)
		} else if got {
			unzipped, err := gzip.NewReader(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			content = unzipped
		}
		if got, err := io.ReadAll(content); err != nil || !bytes.Equal(got, script) {
			t.Errorf("Accept-Encoding %q: got %d other bytes, error %v", accept, len(got), err)
		}
	}
}

func TestAssetsOfAnotherBuildAreNotFound(t *testing.T) {
	for _, path := range []string{"/playground/", "/playground/playground.js", "/playground/playground.000000000000.js"} {
		if res := get(t, New(Options{}).Assets(), "GET", path); res.StatusCode != 404 {
			t.Errorf("%s: got status %d, want 404", path, res.StatusCode)
		}
	}
}

func TestMethodsOtherThanGetAndHeadAreRefused(t *testing.T) {
	p := New(Options{})
	for name, h := range map[string]http.Handler{"page": p, "assets": p.Assets()} {
		res := get(t, h, "POST", "/")
		if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: got status %d, Allow %q", name, res.StatusCode, res.Header.Get("Allow"))
		}
	}
	res := get(t, p, "HEAD", "/graphql")
	if content := body(t, res); res.StatusCode != 200 || content != "" || res.ContentLength < 500 {
		t.Errorf("HEAD: got status %d, length %d, and %d bytes", res.StatusCode, res.ContentLength, len(content))
	}
}

// The policy would stop a foreign source in the browser; this finds one before a browser does. A
// new address in the built files is looked at by a person, and then listed.
func TestBuiltFilesNameNoSourceElsewhere(t *testing.T) {
	known := map[string]string{
		"www.w3.org":       "names of XML namespaces",
		"react.dev":        "the text of React's errors",
		"yarnpkg.com":      "the text of an error",
		"en.wikipedia.org": "the description of a scalar",
		"commonmark.org":   "the description of a directive",
		"github.com":       "a link in the list of short keys",
		"codemirror.net":   "a link in the list of short keys",
	}
	addresses := regexp.MustCompile(`(?:https?|wss?)://([a-z0-9.-]+)`)
	for name, content := range map[string][]byte{
		"page.html": []byte(pageHTML), "playground.js": script, "playground.css": style, "favicon.svg": favicon,
	} {
		for _, address := range addresses.FindAllSubmatch(content, -1) {
			if known[string(address[1])] == "" {
				t.Errorf("%s holds the address %s", name, address[0])
			}
		}
		if bytes.Contains(content, []byte("sourceMappingURL")) {
			t.Errorf("%s names a source map, which is not served", name)
		}
	}
	for _, load := range regexp.MustCompile(`(?:url\(|@import)\s*["']?[^)"']{0,20}`).FindAllString(string(style), -1) {
		if !strings.HasPrefix(load, "url(data:image/") {
			t.Errorf("the style sheet loads another file: %s", load)
		}
	}
}

func TestBuiltFilesStaySmall(t *testing.T) {
	const limit = 1_500_000 // bytes; the editor, React and the GraphQL language need 1.4 MB
	if size := len(script) + len(style) + len(favicon); size > limit {
		t.Errorf("the page's files have %d bytes, more than %d", size, limit)
	}
}
