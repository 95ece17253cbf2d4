package main

import (
	"strings"
	"testing"
)

const results = `{"gateway":"floor","operation":"heavy","load":{"requests":10,"failed":0,"cpu_us_per_request":600,"p50_ms":2,"peak_rss_mb":30},"subgraphs":{"a":{"requests":60,"distinct_authorizations":20},"b":{"requests":80,"distinct_authorizations":19}}}
{"gateway":"weft","operation":"heavy","load":{"requests":10,"failed":0,"cpu_us_per_request":900,"p50_ms":3,"peak_rss_mb":60},"subgraphs":{"a":{"requests":80,"distinct_authorizations":10}}}
{"gateway":"floor","operation":"heavy","load":{"requests":10,"failed":0,"cpu_us_per_request":800,"p50_ms":2,"peak_rss_mb":30},"subgraphs":{"a":{"requests":70,"distinct_authorizations":10}}}
{"gateway":"weft","operation":"heavy","load":{"requests":10,"failed":FAILED,"failure":"status 500","cpu_us_per_request":1200,"p50_ms":5,"peak_rss_mb":90},"subgraphs":{"a":{"requests":80,"distinct_authorizations":10}}}
`

func table(t *testing.T, failed string) (string, error) {
	t.Helper()
	runs, err := read([]byte(strings.ReplaceAll(results, "FAILED", failed)))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = report(&out, runs)
	return out.String(), err
}

func TestReportShowsMediansBesideTheFloor(t *testing.T) {
	got, err := table(t, "0")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != 3 {
		t.Fatalf("want a head and two gateways, got:\n%s", got)
	}
	for i, want := range []string{
		"heavy floor 2 700 1.00 2.00 1.00 30 1.00 7.00 0",
		"heavy weft 2 1050 1.50 4.00 2.00 75 2.50 8.00 0",
	} {
		if line := strings.Join(strings.Fields(lines[i+1]), " "); line != want {
			t.Errorf("got  %s\nwant %s", line, want)
		}
	}
}

func TestReportFailsWhenARequestFailed(t *testing.T) {
	got, err := table(t, "4")
	if err == nil || !strings.Contains(err.Error(), "weft on heavy: 4 requests failed, 10 were answered: status 500") {
		t.Errorf("got error %v", err)
	}
	if !strings.Contains(got, "1.50") {
		t.Errorf("the figures are missing:\n%s", got)
	}
}

func TestReadNamesTheLineThatIsNoJSON(t *testing.T) {
	if _, err := read([]byte("{}\nload: refused\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got error %v", err)
	}
}
