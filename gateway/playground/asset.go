package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist/playground.js
var script []byte

//go:embed dist/playground.css
var style []byte

//go:embed dist/favicon.svg
var favicon []byte

//go:embed dist/licences.txt
var licences []byte

// asset is one file of dist/. Its name holds a hash of its content, so a browser may keep it for good.
type asset struct {
	name        string // playground.0123456789ab.js
	contentType string
	body        []byte
	gzipped     func() []byte // made by the first browser that asks: start-up need not wait for it
}

func newAsset(name, contentType string, body []byte) *asset {
	hash := sha256.Sum256(body)
	ext := path.Ext(name)
	return &asset{
		name:        strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(hash[:6]) + ext,
		contentType: contentType,
		body:        body,
		gzipped:     sync.OnceValue(func() []byte { return compress(body) }),
	}
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := a.body
	h := w.Header()
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		body = a.gzipped()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Add("Vary", "Accept-Encoding")
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a browser that went away is no error of ours
	}
}

// compress gzips what is in memory already: neither the writer nor the buffer can fail.
func compress(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, section 12.5.3) as far as gzip is concerned.
func acceptsGzip(header string) bool {
	for item := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		quality = strings.TrimPrefix(strings.ReplaceAll(quality, " ", ""), "q=")
		q, err := strconv.ParseFloat(quality, 64)
		return quality == "" || err == nil && q > 0
	}
	return false
}
