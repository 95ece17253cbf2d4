package source

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// ask gets a running subgraph's SDL by `_service { sdl }`.
func (s *Subgraphs) ask(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, 10*time.Second))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"query":"{_service{sdl}}"}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxFileBytes+1))
	if err != nil {
		return "", fmt.Errorf("read its answer: %w", err)
	}
	if len(body) > MaxFileBytes {
		return "", fmt.Errorf("its answer is larger than %d bytes", MaxFileBytes)
	}
	var answer struct {
		Data struct {
			Service struct {
				SDL string `json:"sdl"`
			} `json:"_service"`
		} `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("it answered with HTTP status %d and no JSON: %w", res.StatusCode, err)
	}
	if len(answer.Errors) > 0 {
		return "", fmt.Errorf("it answered: %s", answer.Errors[0].Message)
	}
	if answer.Data.Service.SDL == "" {
		return "", errors.New("it answered without `_service { sdl }`: is it an Apollo Federation subgraph?")
	}
	return answer.Data.Service.SDL, nil
}
