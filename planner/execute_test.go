package planner_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/weft-graphql/weft/executor"
	"github.com/weft-graphql/weft/planner"
)

// execute carries a plan out with the gateway's own executor, the world's
// subgraphs behind it.
func (w *world) execute(p *planner.Plan, in values) map[string]any {
	program, err := executor.Compile(w.sg, p)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, p.Text(w.sg))
	}
	e, err := executor.New(executor.Options{Fetcher: w})
	if err != nil {
		w.t.Fatal(err)
	}
	var s sink
	if err := e.Run(w.t.Context(), program, &executor.Request{Conditions: in.conditions, Variables: in.raw}, &s); err != nil {
		w.t.Fatal(err)
	}
	var answer struct {
		Data   map[string]any    `json:"data"`
		Errors []json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(s.body, &answer); err != nil {
		w.t.Fatal(err)
	}
	if len(answer.Errors) > 0 && !w.nullKeys {
		w.t.Errorf("the answer has errors: %s", answer.Errors)
	}
	return answer.Data
}

type sink struct{ body []byte }

func (s *sink) Payload(_ context.Context, p executor.Payload) error {
	s.body = slices.Clone(p.Body)
	return nil
}

// Fetch answers for a subgraph.
func (w *world) Fetch(_ context.Context, f *executor.Fetch) (answer *executor.Answer, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			w.t.Errorf("subgraph %s cannot answer %s: %v", f.Subgraph, f.Body, problem)
			err = errors.New("the subgraph broke")
		}
	}()
	var request struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	if err := json.Unmarshal(f.Body, &request); err != nil {
		return nil, err
	}
	g, ok := w.sg.Graph(f.Subgraph)
	if !ok {
		return nil, errors.New("no subgraph " + f.Subgraph)
	}
	body, err := json.Marshal(map[string]any{"data": w.answer(g, request.Query, request.Variables)})
	return &executor.Answer{Status: 200, Body: body}, err
}

// Subscribe is not needed: no golden file has subscriptions.
func (w *world) Subscribe(context.Context, *executor.Fetch) (executor.Stream, error) {
	return nil, errors.New("no subscriptions")
}
