package source

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// ask gets a running subgraph's SDL: by `_service { sdl }`, and where the
// subgraph does not know that, by introspection.
func (s *Subgraphs) ask(ctx context.Context, e entry) (string, error) {
	limit := cmp.Or(s.Timeout, 10*time.Second)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not answer within %s", limit))
	defer cancel()
	var service struct {
		Service struct {
			SDL string `json:"sdl"`
		} `json:"_service"`
	}
	unknown, err := s.query(ctx, e, `{_service{sdl}}`, &service)
	if err != nil {
		return "", err
	}
	if unknown == nil && service.Service.SDL != "" {
		return service.Service.SDL, nil
	}
	var introspected introspection
	refused, err := s.query(ctx, e, introspectionQuery, &introspected)
	switch {
	case err != nil:
	case refused != nil:
		err = refused
	case len(introspected.Schema.Types) == 0:
		err = errors.New("it answered without a schema")
	default:
		return introspected.Schema.sdl(), nil
	}
	return "", fmt.Errorf("it does not answer `_service { sdl }` (%w), so it was introspected: %w",
		cmp.Or(unknown, errors.New("it answered without it")), err)
}

// query sends a query and reads the data of its answer. refused is what the
// subgraph itself says is wrong with the query.
func (s *Subgraphs) query(ctx context.Context, e entry, query string, data any) (refused, err error) {
	request, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.subgraphURL, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	for name, value := range e.headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	res, err := s.httpClient().Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxFileBytes+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("read its answer: %w", err)
	case len(body) > MaxFileBytes:
		return nil, fmt.Errorf("its answer is larger than %d bytes", MaxFileBytes)
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("it answered with HTTP status %d and no JSON: %w", res.StatusCode, err)
	}
	switch {
	case len(answer.Errors) > 0:
		return fmt.Errorf("it answered: %s", answer.Errors[0].Message), nil
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answered with HTTP status %d", res.StatusCode)
	case len(answer.Data) == 0:
		return errors.New("it answered without data"), nil
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return nil, fmt.Errorf("its answer is not what was asked for: %w", err)
	}
	return nil, nil
}

// httpClient is the client that asks subgraphs. It takes the headers nowhere
// else: a subgraph that redirects to another host is refused.
func (s *Subgraphs) httpClient() *http.Client {
	client := http.Client{}
	if s.Client != nil {
		client = *s.Client
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case req.URL.Host != via[0].URL.Host:
			return fmt.Errorf("it redirects to another host, %s: name that one as the subgraph_url", req.URL.Host)
		case len(via) >= 5:
			return errors.New("it redirects more than 5 times")
		}
		return nil
	}
	return &client
}
