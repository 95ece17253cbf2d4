package config

import "time"

// Default returns what applies when weft.yaml is empty. Every call returns a fresh value. It has no source of a supergraph,
// so it is not yet valid.
func Default() *Config {
	return &Config{
		Listen:    "127.0.0.1:4000",
		Admin:     Admin{Listen: "127.0.0.1:4001"},
		Redis:     Redis{Timeout: Duration(10 * time.Millisecond), MaxConnections: 64},
		Subgraphs: Subgraphs{All: defaultTraffic()},
		Auth:      Auth{Unenforced: Refuse},
		Limits: Limits{
			Body:               2 << 20,
			RequestHeaders:     64 << 10,
			ConcurrentRequests: 4096,
			Timeout:            Duration(30 * time.Second),
			ReadTimeout:        Duration(30 * time.Second),
			IdleTimeout:        Duration(2 * time.Minute),
			// Kubernetes kills 30 s after it has asked: leave time to log and to close.
			ShutdownGrace: Duration(25 * time.Second),
			// Room for what code generators write, too little for what attackers do.
			Tokens:           15_000,
			Depth:            50,
			Fields:           10_000,
			RootFields:       100,
			Aliases:          200,
			Answer:           64 << 20,
			AnswerDepth:      128,
			AnswerValues:     1 << 24,
			HeldAnswers:      192 << 20,
			Errors:           1000,
			Introspection:    16 << 20,
			Entities:         10_000,
			Contexts:         1000,
			SubgraphRequests: 500,
		},
		Introspection: true,
		CSRF:          CSRF{Headers: []string{"Weft-Preflight", "X-Apollo-Operation-Name", "Apollo-Require-Preflight"}},
		Documents:     Documents{Cache: 16 << 20},
		Planner: Planner{
			Cache: 64 << 20, MaxNodes: 100_000, MaxTime: Duration(time.Second), LiftLiterals: true,
			Warmup: Warmup{Operations: 1000, Time: Duration(10 * time.Second), Interval: Duration(time.Minute)},
		},
		Playground: Playground{Enabled: true},
		Log:        Log{Level: "info", Format: "text"},
	}
}

// PassOn returns the policy that passes everything on: for a gateway whose clients are its developers.
func PassOn() ErrorPolicy { return ErrorPolicy{Extensions: []string{"*"}} }

// defaultTraffic lets a subgraph have a hiccup without anyone noticing, and bounds what one that is broken takes from the rest.
func defaultTraffic() Traffic {
	return Traffic{
		Timeout:            Duration(30 * time.Second),
		ConnectTimeout:     Duration(5 * time.Second),
		MaxAnswer:          64 << 20,
		MaxAnswerHeader:    64 << 10,
		MaxConnections:     256,
		MaxIdleConnections: 256,
		IdleTimeout:        Duration(90 * time.Second),
		HTTP2:              "tls",
		Compression:        Compression{Answers: "off", Requests: "off", MinRequest: 4 << 10},
		// The largest answer allowed takes less than a second, after which a breaker lets the next request through.
		SlowStart:   SlowStart{Free: 64 << 10, PerSecond: 96 << 20},
		Concurrency: Concurrency{Max: 1024, Waiting: 1024},
		Retries: Retries{
			Max: 2, Backoff: Duration(25 * time.Millisecond), MaxBackoff: Duration(time.Second),
			Budget: RetryBudget{Percent: 20, PerSecond: 10},
		},
		Breaker: Breaker{
			Enabled: true, FailurePercent: 50, MinRequests: 20, Window: Duration(10 * time.Second),
			Open: Duration(time.Second), Probes: 1,
		},
		Ejection:    Ejection{Failures: 5, Time: Duration(5 * time.Second), MaxTime: Duration(30 * time.Second), MaxPercent: 50},
		Deduplicate: true,
		Batching:    Batching{MaxEntities: 500},
		Errors:      ErrorPolicy{Mask: true, Extensions: []string{"code"}},
	}
}

// DefaultBudgets returns what applies to the absent keys of a `budgets` section. Rate and Burst have no default: how much a
// client may spend is the operator's decision.
func DefaultBudgets() *Budgets {
	return &Budgets{
		Identify:   []Identity{{Header: "X-API-Key"}, {Header: "GraphQL-Client-Name"}},
		ListSize:   10,
		MaxClients: 100_000,
		Redis:      true,
	}
}

// DefaultCache returns what applies to the absent keys of a `cache` section.
func DefaultCache() *Cache {
	return &Cache{
		Memory:   CacheMemory{Size: 64 << 20},
		Redis:    true,
		MaxTTL:   Duration(24 * time.Hour),
		MaxEntry: 1 << 20,
	}
}
