package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/weft-graphql/weft/subgraphs/source"
)

// hotOperation is an operation that is worth planning ahead. It has no
// variables: a plan does not depend on them.
type hotOperation struct {
	Query string `json:"query"`
	// Name is the operation's, where the document has several.
	Name string `json:"name,omitempty"`
	// Labels are the override labels that are on.
	Labels []string `json:"labels,omitempty"`
	Uses   int64    `json:"uses"`
}

// warm plans the operations ahead that were used most on the supergraph before,
// or that the file has. It returns when all are planned or the time is over; one
// that is being planned then is finished behind it.
func (g *Gateway) warm(ctx context.Context, rt *runtime) {
	settings := g.config.Planner.Warmup
	if settings.Operations == 0 || settings.Time == 0 || rt.programs.entries == nil {
		return
	}
	var hot []hotOperation
	if before := g.runtime.Load(); before != nil {
		hot = before.programs.hottest(settings.Operations)
	} else if settings.File != "" {
		var err error
		if hot, err = readOperations(settings.File); err != nil {
			g.logger.WarnContext(ctx, "the operations to plan ahead cannot be read: none is planned ahead (planner.warmup.file)", "error", err)
		}
		hot = hot[:min(len(hot), settings.Operations)]
	}
	if len(hot) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(settings.Time))
	g.background.Go(func() {
		defer cancel()
		g.planAhead(ctx, rt, hot)
	})
	<-ctx.Done()
}

// planAhead plans operations in their order, one at a time: requests have the
// rest of the machine.
func (g *Gateway) planAhead(ctx context.Context, rt *runtime, hot []hotOperation) {
	start := time.Now()
	outcomes := map[string]int{}
	for _, h := range hot {
		outcome := "left"
		if ctx.Err() == nil {
			outcome = "failed"                                  // unless it comes to another end
			_ = g.guarded(ctx, "planning ahead", func() error { // what went wrong is logged
				outcome = rt.planAhead(ctx, h)
				return nil
			})
		}
		outcomes[outcome]++
		g.programMetrics.ahead.WithLabelValues(outcome).Inc()
	}
	g.logger.InfoContext(ctx, "operations planned ahead", "planned", outcomes["planned"], "skipped", outcomes["skipped"],
		"failed", outcomes["failed"], "left", outcomes["left"], "took", time.Since(start).Round(time.Millisecond))
}

func (rt *runtime) planAhead(ctx context.Context, h hotOperation) (outcome string) {
	op, errs := rt.operation(ctx, h.Query, h.Name)
	if errs != nil {
		return "skipped" // whoever asks it is told why
	}
	// What was hot long ago gives way to what is hot now.
	h.Uses = max(h.Uses/2, 1)
	key := programKey{hash: op.Planned.Hash, conditions: op.Labels(func(label string) bool { return slices.Contains(h.Labels, label) })}
	if _, err := rt.programs.load(ctx, op, key, h); err != nil {
		return "failed"
	}
	return "planned"
}

// operationsFile is the file of planner.warmup.file.
type operationsFile struct {
	Version    int            `json:"version"`
	Operations []hotOperation `json:"operations"`
}

const (
	operationsVersion = 1
	// maxOperationsFile bounds the file in bytes.
	maxOperationsFile = 64 << 20
)

// saveOperations writes the operations that are used most to the file, if one is
// configured. There is nothing to write before the first request.
func (g *Gateway) saveOperations() {
	settings, rt := g.config.Planner.Warmup, g.runtime.Load()
	if settings.File == "" || rt == nil {
		return
	}
	hot := rt.programs.hottest(settings.Operations)
	if len(hot) == 0 {
		return
	}
	if err := writeOperations(settings.File, hot); err != nil {
		g.logger.Warn("the operations to plan ahead cannot be saved (planner.warmup.file)", "file", settings.File, "error", err)
	}
}

// keepOperations saves the operations from time to time until ctx ends.
func (g *Gateway) keepOperations(ctx context.Context) {
	ticker := time.NewTicker(time.Duration(g.config.Planner.Warmup.Interval))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			g.saveOperations()
		case <-ctx.Done():
			return
		}
	}
}

// readOperations reads the file; there is none before the first start.
func readOperations(path string) ([]hotOperation, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxOperationsFile+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(data) > maxOperationsFile {
		return nil, fmt.Errorf("%s is larger than %d bytes: it was not written by the gateway", path, maxOperationsFile)
	}
	var from operationsFile
	if err := json.Unmarshal(data, &from); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if from.Version != operationsVersion {
		return nil, fmt.Errorf("%s is of version %d, and this gateway reads version %d", path, from.Version, operationsVersion)
	}
	return from.Operations, nil
}

// writeOperations puts the file in place whole. Operations may hold what is not
// for everybody: only the gateway's user may read it.
func writeOperations(path string, hot []hotOperation) error {
	room := maxOperationsFile - 1024
	for i, h := range hot {
		text, err := json.Marshal(h)
		if err != nil {
			return err
		}
		if room -= len(text) + 1; room < 0 {
			hot = hot[:i]
			break
		}
	}
	data, err := json.Marshal(operationsFile{Version: operationsVersion, Operations: hot})
	if err != nil {
		return err
	}
	return source.Replace(path, data, 0o600)
}
