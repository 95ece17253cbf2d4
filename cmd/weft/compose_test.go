package main

import (
	"fmt"
	"net/http"
	"os"
	"testing"
)

func TestInterruptedCommandsSaySo(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	address := subgraph(t, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	})
	list := file(t, "supergraph.yaml", fmt.Sprintf("subgraphs: {one: {schema: {subgraph_url: %q}}}", address))
	weft := start(t, "compose", "--config", list)
	<-asked
	weft.signal(os.Interrupt)
	weft.exits(exitFailed)
	close(release)
	if got := weft.stderr.String(); got != "weft: interrupted\n" {
		t.Errorf("weft says %q", got)
	}
}
