package limits

import "github.com/prometheus/client_golang/prometheus"

// metrics is what the budgets count. Clients are no labels: there may be any number of them.
type metrics struct {
	allowed           prometheus.Counter
	refused           *prometheus.CounterVec
	estimated, actual prometheus.Counter
}

func newMetrics() *metrics {
	return &metrics{
		allowed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_budget_allowed_total",
			Help: "Operations that their clients' budgets allowed.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_budget_refused_total",
			Help: "Operations refused by code: BUDGET_EXCEEDED, COST_TOO_HIGH.",
		}, []string{"code"}),
		estimated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_budget_estimated_points_total",
			Help: "Estimated cost of the operations that were settled.",
		}),
		actual: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "weft_budget_actual_points_total",
			Help: "Actual cost of the operations that were settled.",
		}),
	}
}
