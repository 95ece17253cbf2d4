package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/gateway/transport"
)

// headerDebug asks for the plan of a request: "plan" adds it to the answer,
// "plan, dry-run" gives it without the operation being carried out or charged.
// Whoever asks and may not, or asks for something else, is refused: that a dry
// run is carried out all the same must not happen.
const headerDebug = "Weft-Debug"

// The codes of refusals of the header.
const (
	codeDebugOff     = "DEBUG_NOT_ALLOWED"
	codeDebugUnknown = "DEBUG_UNKNOWN"
)

// debugging is what a request's header asks for.
type debugging struct{ plan, dryRun bool }

func (g *Gateway) debugOf(h http.Header) (debugging, *transport.Refusal) {
	var d debugging
	for _, value := range h.Values(headerDebug) {
		for word := range strings.SplitSeq(value, ",") {
			switch word = strings.TrimSpace(word); word {
			case "":
			case "plan":
				d.plan = true
			case "dry-run":
				d.dryRun = true
			default:
				return d, refusal(http.StatusBadRequest, codeDebugUnknown,
					fmt.Sprintf("The header %s knows \"plan\" and \"plan, dry-run\", but not %.40q.", headerDebug, word))
			}
		}
	}
	switch {
	case d.dryRun && !d.plan:
		return d, refusal(http.StatusBadRequest, codeDebugUnknown,
			fmt.Sprintf("The header %s has \"dry-run\" without \"plan\"; send \"plan, dry-run\".", headerDebug))
	case d.plan && !g.config.Planner.Debug:
		return d, refusal(http.StatusForbidden, codeDebugOff,
			fmt.Sprintf("This gateway does not show plans (planner.debug): the header %s is not allowed.", headerDebug))
	}
	return d, nil
}

// planExtension is the member "extensions" of an answer whose plan was asked
// for: Apollo's query plan and the text of weft plan.
func planExtension(p *executor.Program) ([]byte, error) {
	var extensions struct {
		Weft struct {
			Plan struct {
				QueryPlan json.RawMessage `json:"queryPlan"`
				Text      string          `json:"text"`
			} `json:"plan"`
		} `json:"weft"`
	}
	out := &extensions.Weft.Plan
	var err error
	if out.QueryPlan, err = p.Plan().JSON(p.Supergraph()); err != nil {
		return nil, err
	}
	out.Text = p.Plan().Text(p.Supergraph())
	return json.Marshal(extensions)
}

// withExtensions adds the member "extensions" to a response, which has none. The
// rest stays as it is, byte for byte.
func withExtensions(body, extensions []byte) []byte {
	body = bytes.TrimRight(body, " \n")
	out := make([]byte, 0, len(body)+len(extensions)+16)
	out = append(out, body[:len(body)-1]...)
	out = append(out, `,"extensions":`...)
	return append(append(out, extensions...), '}')
}
