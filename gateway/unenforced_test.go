package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

func TestUnenforcedAuthorizationIsRefusedOrDenied(t *testing.T) {
	var asked atomic.Int64
	subgraph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		io.WriteString(w, `{"data":{"me":{"name":"Ada"}}}`)
	}))
	t.Cleanup(subgraph.Close)
	const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
type Query { me: User secret: Secret }
type User { name: String email: String @authenticated }
type Secret @authenticated { text: String }`
	composed, err := compose.Compose([]schema.Subgraph{{Name: "a", URL: subgraph.URL, SDL: sdl}}, compose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	supergraph := &source.Supergraph{SDL: composed.SDL}

	refusing := open(t, config.Default())
	if err := refusing.Swap(t.Context(), supergraph); err == nil || !strings.Contains(err.Error(), "auth: {unenforced: deny}") {
		t.Fatalf("got %v, want a refusal that names the setting", err)
	}

	c := config.Default()
	c.Auth.Unenforced = config.Deny
	denying := open(t, c)
	if err := denying.Swap(t.Context(), supergraph); err != nil {
		t.Fatal(err)
	}
	got := newClient(t).query(t, denying.clients, `{ secret { text } }`)
	wants(t, got, http.StatusOK, `"data":{"secret":null}`)
	if got.code() != "UNAUTHORIZED_FIELD_OR_TYPE" || !strings.Contains(got.body, `"path":["secret"]`) {
		t.Errorf("got %s", got.body)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the subgraph was asked %d times for what nobody may have", n)
	}
	wants(t, newClient(t).query(t, denying.clients, `{ me { name email } }`), http.StatusOK, `"data":{"me":{"name":"Ada","email":null}}`)
}
