package gateway

import (
	"time"

	"github.com/weft-graphql/weft/gateway/config"
	"github.com/weft-graphql/weft/subgraphs"
	"github.com/weft-graphql/weft/subgraphs/batch"
)

// This file translates how subgraphs are reached.

func (g *Gateway) clientOptions() subgraphs.Options {
	o := subgraphs.Options{
		All:       trafficSettings(g.config.Subgraphs.All),
		ByName:    map[string]subgraphs.Settings{},
		UserAgent: "weft/" + g.options.Version,
		MaxHeld:   int64(g.config.Limits.HeldAnswers),
		Logger:    g.logger,
	}
	for name, s := range g.config.Subgraphs.Named {
		own := trafficSettings(s.Traffic)
		own.URLs = s.URLs
		if s.URL != "" {
			own.URLs = []string{s.URL}
		}
		o.ByName[name] = own
	}
	return o
}

func trafficSettings(t config.Traffic) subgraphs.Settings {
	return subgraphs.Settings{
		Timeout: time.Duration(t.Timeout), ConnectTimeout: time.Duration(t.ConnectTimeout),
		FirstByteTimeout: time.Duration(t.FirstByteTimeout),
		MaxAnswer:        int64(t.MaxAnswer), MaxAnswerHeader: int64(t.MaxAnswerHeader),
		SlowStart:      subgraphs.SlowStart{Free: int64(t.SlowStart.Free), PerSecond: int64(t.SlowStart.PerSecond)},
		MaxConnections: t.MaxConnections, MaxIdleConnections: t.MaxIdleConnections, IdleTimeout: time.Duration(t.IdleTimeout),
		HTTP2: subgraphs.HTTP2(t.HTTP2),
		TLS: subgraphs.TLS{
			CAFile: t.TLS.CAFile, CertificateFile: t.TLS.CertificateFile, KeyFile: t.TLS.KeyFile,
			ServerName: t.TLS.ServerName, InsecureSkipVerify: t.TLS.InsecureSkipVerify,
		},
		Compression: subgraphs.Compression{
			Answers:  acceptedEncodings(t.Compression.Answers),
			Requests: t.Compression.Requests == "gzip", MinRequest: int(t.Compression.MinRequest),
		},
		MaxConcurrent: t.Concurrency.Max, MaxWaiting: t.Concurrency.Waiting,
		Retries: subgraphs.Retries{
			Max: t.Retries.Max, Backoff: time.Duration(t.Retries.Backoff), MaxBackoff: time.Duration(t.Retries.MaxBackoff),
			BudgetPercent: t.Retries.Budget.Percent, BudgetPerSecond: t.Retries.Budget.PerSecond,
		},
		Hedging: subgraphs.Hedging{Delay: time.Duration(t.Hedging.Delay)},
		Breaker: subgraphs.Breaker{
			Enabled: t.Breaker.Enabled, FailurePercent: t.Breaker.FailurePercent, MinRequests: t.Breaker.MinRequests,
			Window: time.Duration(t.Breaker.Window), Open: time.Duration(t.Breaker.Open), Probes: t.Breaker.Probes,
		},
		Ejection: subgraphs.Ejection{
			Failures: t.Ejection.Failures, Time: time.Duration(t.Ejection.Time), MaxTime: time.Duration(t.Ejection.MaxTime),
			MaxPercent: t.Ejection.MaxPercent,
		},
	}
}

// acceptedEncodings are those that a value of compression.answers stands for,
// the one that costs less to undo first.
func acceptedEncodings(answers string) []string {
	switch answers {
	case "gzip":
		return []string{"gzip"}
	case "zstd":
		return []string{"zstd"}
	case "any":
		return []string{"zstd", "gzip"}
	}
	return nil
}

func (g *Gateway) batchOptions() batch.Options {
	settings := func(t config.Traffic) batch.Settings {
		return batch.Settings{
			Window: time.Duration(t.Batching.Window), MaxEntities: t.Batching.MaxEntities,
			Timeout: time.Duration(t.Timeout), Deduplicate: t.Deduplicate,
		}
	}
	o := batch.Options{All: settings(g.config.Subgraphs.All), ByName: map[string]batch.Settings{}, Budget: g.client, Split: g.config.Limits.Entities}
	for name, s := range g.config.Subgraphs.Named {
		o.ByName[name] = settings(s.Traffic)
	}
	return o
}
