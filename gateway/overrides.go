package gateway

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/gateway/transport"
	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// codeOverrideLabels is the code of a request whose header of override labels
// cannot be read.
const codeOverrideLabels = "OVERRIDE_LABELS_INVALID"

// overrideLabels decides for each request which labels of progressive @override
// are on.
type overrideLabels struct {
	config.OverrideLabels
}

// decide gives the conditions of the labels that the operation can reach.
// "percent(N)" is on for N of a hundred requests: one draw decides for all labels
// of a request, so that who gets a smaller percentage gets the larger ones, too,
// and n labels make n+1 plans of an operation, not 2^n.
func (l overrideLabels) decide(op *operation.Operation, h http.Header) (operation.Conditions, *transport.Refusal) {
	if !slices.ContainsFunc(op.Conditions, func(c operation.Condition) bool { return c.Kind == operation.LabelCondition }) {
		return 0, nil
	}
	asked, refused := l.asked(h)
	if refused != nil {
		return 0, refused
	}
	draw := 100 * rand.Float64() //nolint:gosec // it decides who is served from where, and guards nothing
	return op.Labels(func(label string) bool {
		if on, ok := asked[label]; ok {
			return on
		}
		percent, ok := schema.OverridePercent(label)
		return ok && draw < percent || slices.Contains(l.On, label)
	}), nil
}

// asked reads the header, if the configuration names one: labels apart by
// commas, those with "!" before them are off.
func (l overrideLabels) asked(h http.Header) (map[string]bool, *transport.Refusal) {
	if l.Header == "" {
		return nil, nil
	}
	asked := map[string]bool{}
	for _, value := range h.Values(l.Header) {
		for word := range strings.SplitSeq(value, ",") {
			word = strings.TrimSpace(word)
			label, off := strings.CutPrefix(word, "!")
			if word == "" {
				continue
			}
			if !schema.ValidOverrideLabel(label) {
				return nil, refusal(http.StatusBadRequest, codeOverrideLabels,
					fmt.Sprintf("The header %s holds labels of @override apart by commas, those that are to be off with \"!\" before them; %.40q is not one.", l.Header, word))
			}
			asked[label] = !off
		}
	}
	return asked, nil
}

// check tells at load what decides about each label of a supergraph, and which
// settings mean none of them.
func (l overrideLabels) check(logger *slog.Logger, labels []string) {
	for _, label := range labels {
		by := "off for every request"
		switch _, percent := schema.OverridePercent(label); {
		case slices.Contains(l.On, label):
			by = "on by planner.override_labels.on"
		case percent:
			by = "a draw for each request"
		}
		if l.Header != "" {
			by += ", unless the header " + l.Header + " says otherwise"
		}
		logger.Info("a label of progressive @override", "label", label, "decided", by)
	}
	for _, label := range l.On {
		if !slices.Contains(labels, label) {
			logger.Warn("no @override of the supergraph has this label (planner.override_labels.on)", "label", label)
		}
	}
}
