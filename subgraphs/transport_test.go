package subgraphs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/subgraphs"
)

// authority issues certificates that its own file vouches for.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	a := &authority{dir: t.TempDir()}
	a.cert, a.key = a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, "ca")
	return a
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// sign writes NAME.pem and NAME.key.
func (a *authority) sign(t testing.TB, template *x509.Certificate, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(file, kind string, der []byte) {
		if err := os.WriteFile(a.file(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(name+".pem", "CERTIFICATE", der)
	write(name+".key", "PRIVATE KEY", keyDER)
	return cert, key
}

// issue makes the certificate of a server, or of a client where it has no names.
func (a *authority) issue(t testing.TB, name string, names ...string) {
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if len(names) > 0 {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	a.sign(t, template, name)
}

// secured is a subgraph over TLS that answers who asked, and by which protocol.
func secured(t testing.TB, a *authority, name string, auth tls.ClientAuthType) *httptest.Server {
	pair, err := tls.LoadX509KeyPair(a.file(name+".pem"), a.file(name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		fmt.Fprintf(w, "%s by %s", who, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: auth, ClientCAs: pool}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "server", "reviews.internal")
	a.issue(t, "gateway")
	mutual := secured(t, a, "server", tls.RequireAndVerifyClientCert)
	open := secured(t, a, "server", tls.NoClientCert)
	ca := a.file("ca.pem")
	own := subgraphs.TLS{CAFile: ca, CertificateFile: a.file("gateway.pem"), KeyFile: a.file("gateway.key")}
	for name, tt := range map[string]struct {
		url  string
		s    subgraphs.Settings
		want string // "" where the connection must fail
	}{
		"by the file":               {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca}}, "nobody by HTTP/2.0"},
		"without HTTP/2":            {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca}, HTTP2: subgraphs.HTTP2Off}, "nobody by HTTP/1.1"},
		"HTTP/2 and nothing else":   {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca}, HTTP2: subgraphs.HTTP2PriorKnowledge}, "nobody by HTTP/2.0"},
		"unknown authority":         {open.URL, subgraphs.Settings{}, ""},
		"unknown, but not verified": {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{InsecureSkipVerify: true}}, "nobody by HTTP/2.0"},
		"another name":              {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca, ServerName: "reviews.internal"}}, "nobody by HTTP/2.0"},
		"a wrong name":              {open.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca, ServerName: "products.internal"}}, ""},
		"client certificate":        {mutual.URL, subgraphs.Settings{TLS: own}, "gateway by HTTP/2.0"},
		"no client certificate":     {mutual.URL, subgraphs.Settings{TLS: subgraphs.TLS{CAFile: ca}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, subgraphs.Options{All: tt.s})
			body, code := ask(t, c, executor.Fetch{URL: tt.url})
			if tt.want == "" {
				if code != subgraphs.CodeHTTP {
					t.Errorf("answered %q, code %q", body, code)
				}
			} else if code != "" || body != tt.want {
				t.Errorf("got %q, code %q, want %q", body, code, tt.want)
			}
		})
	}
}

// A certificate is renewed without a restart.
func TestClientCertificatesAreReadAnew(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "server", "reviews.internal")
	a.issue(t, "gateway")
	s := secured(t, a, "server", tls.RequireAndVerifyClientCert)
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{
		HTTP2: subgraphs.HTTP2Off,
		TLS:   subgraphs.TLS{CAFile: a.file("ca.pem"), CertificateFile: a.file("gateway.pem"), KeyFile: a.file("gateway.key")},
	}})
	for _, want := range []string{"gateway", "renewed", "renewed"} {
		if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" || body != want+" by HTTP/1.1" {
			t.Errorf("got %s %s, want %s", code, body, want)
		}
		c.Retain(nil) // the next request makes a connection of its own
		if want == "gateway" {
			a.issue(t, "renewed")
			for _, ext := range []string{".pem", ".key"} {
				if err := os.Rename(a.file("renewed"+ext), a.file("gateway"+ext)); err != nil {
					t.Fatal(err)
				}
			}
		} else if err := os.WriteFile(a.file("gateway.pem"), []byte("half a fi"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTLSFilesThatCannotBeUsedAreRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	rubbish := filepath.Join(dir, "rubbish.pem")
	if err := os.WriteFile(rubbish, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]subgraphs.TLS{
		"subgraphs.reviews.tls.ca_file cannot be read":          {CAFile: filepath.Join(dir, "missing.pem")},
		"rubbish.pem holds no certificate":                      {CAFile: rubbish},
		"certificate_file and tls.key_file cannot be used":      {CertificateFile: rubbish, KeyFile: rubbish},
		"certificate_file and tls.key_file are needed together": {CertificateFile: rubbish},
	} {
		_, err := subgraphs.New(subgraphs.Options{ByName: map[string]subgraphs.Settings{"reviews": {TLS: s}}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.Proto)
	}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	defer s.Close()
	for setting, want := range map[subgraphs.HTTP2]string{subgraphs.HTTP2PriorKnowledge: "HTTP/2.0", subgraphs.HTTP2OverTLS: "HTTP/1.1", "": "HTTP/1.1"} {
		c := newClient(t, subgraphs.Options{All: subgraphs.Settings{HTTP2: setting, MaxConnections: 1}})
		for range 3 {
			if body, code := ask(t, c, executor.Fetch{URL: s.URL}); code != "" || body != want {
				t.Errorf("%s: got %s %s, want %s", setting, code, body, want)
			}
		}
	}
}

func TestConnectionsAreKeptAndBounded(t *testing.T) {
	var opened, most, now atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		now.Add(-1)
		good(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{MaxConnections: 2}})
	done := make(chan string)
	for range 8 {
		go func() {
			code := ""
			for range 20 {
				if _, got := ask(t, c, executor.Fetch{URL: s.URL}); got != "" {
					code = got
				}
			}
			done <- code
		}()
	}
	for range 8 {
		if code := <-done; code != "" {
			t.Error(code)
		}
	}
	if opened.Load() > 2 || most.Load() > 2 {
		t.Errorf("%d connections were opened, %d requests at once", opened.Load(), most.Load())
	}
}

func encoded(encoding string, text []byte) []byte {
	var b bytes.Buffer
	switch encoding {
	case "gzip":
		z := gzip.NewWriter(&b)
		z.Write(text)
		z.Close()
	case "zstd":
		z, _ := zstd.NewWriter(&b)
		z.Write(text)
		z.Close()
	default:
		b.Write(text)
	}
	return b.Bytes()
}

func TestCompressedAnswers(t *testing.T) {
	text := []byte(`{"data":{"a":"` + strings.Repeat("x", 5000) + `"}}`)
	var asked atomic.Value
	compressing := func(encoding string, body []byte) string {
		return script(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.Header.Get("Accept-Encoding"))
			w.Header().Set("Content-Encoding", encoding)
			w.Write(body)
		}).URL
	}
	for name, tt := range map[string]struct {
		accept []string
		url    string
		code   string
	}{
		"gzip":              {[]string{"gzip"}, compressing("gzip", encoded("gzip", text)), ""},
		"zstd":              {[]string{"zstd", "gzip"}, compressing("zstd", encoded("zstd", text)), ""},
		"identity":          {[]string{"gzip"}, compressing("identity", text), ""},
		"not asked for":     {nil, compressing("gzip", encoded("gzip", text)), subgraphs.CodeHTTP},
		"another one":       {[]string{"gzip"}, compressing("zstd", encoded("zstd", text)), subgraphs.CodeHTTP},
		"unknown":           {[]string{"gzip"}, compressing("br", text), subgraphs.CodeHTTP},
		"no gzip":           {[]string{"gzip"}, compressing("gzip", text), subgraphs.CodeHTTP},
		"no zstd":           {[]string{"zstd"}, compressing("zstd", text), subgraphs.CodeHTTP},
		"half a gzip":       {[]string{"gzip"}, compressing("gzip", encoded("gzip", text)[:30]), subgraphs.CodeHTTP},
		"a bomb":            {[]string{"gzip"}, compressing("gzip", encoded("gzip", make([]byte, 64<<20))), subgraphs.CodeTooLarge},
		"a bomb in zstd":    {[]string{"zstd"}, compressing("zstd", encoded("zstd", make([]byte, 64<<20))), subgraphs.CodeTooLarge},
		"longer compressed": {[]string{"gzip"}, compressing("gzip", encoded("gzip", bytes.Repeat([]byte("ab\x00"), 4000))), subgraphs.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, subgraphs.Options{All: subgraphs.Settings{MaxAnswer: 10_000, Compression: subgraphs.Compression{Answers: tt.accept}}})
			for range 2 { // the second meets pooled readers
				body, code := ask(t, c, executor.Fetch{URL: tt.url})
				if code != tt.code || code == "" && body != string(text) {
					t.Errorf("got %.80s, code %q, want %q", body, code, tt.code)
				}
			}
			if got := asked.Load().(string); got != strings.Join(tt.accept, ", ") {
				t.Errorf("asked for %q", got)
			}
		})
	}
}

func TestCompressedRequests(t *testing.T) {
	var got atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		text, err := io.ReadAll(body)
		got.Store(fmt.Sprintf("%q %s %v", r.Header.Get("Content-Encoding"), text, err))
		good(w, r)
	}))
	defer s.Close()
	c := newClient(t, subgraphs.Options{All: subgraphs.Settings{Compression: subgraphs.Compression{Requests: true, MinRequest: 100}}})
	long := `{"query":"{` + strings.Repeat("a ", 100) + `}"}`
	for body, encoding := range map[string]string{`{"query":"{a}"}`: "", long: "gzip"} {
		for range 2 {
			if answer, code := ask(t, c, executor.Fetch{URL: s.URL, Body: []byte(body)}); code != "" {
				t.Fatalf("%s: %s", code, answer)
			}
			if want := fmt.Sprintf("%q %s <nil>", encoding, body); got.Load() != want {
				t.Errorf("the subgraph got %s, want %s", got.Load(), want)
			}
		}
	}
}
