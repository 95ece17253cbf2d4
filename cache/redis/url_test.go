package redis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLFormsNameTheirServers(t *testing.T) {
	type want struct {
		Topology                   topology
		Addrs                      []string
		User, Password, Master     string
		SentinelUser, SentinelPass string
		DB                         int
		TLS                        bool
		ServerName                 string
	}
	tests := map[string]want{
		"redis://cache":                  {Topology: single, Addrs: []string{"cache:6379"}},
		"redis://cache:7000/3":           {Topology: single, Addrs: []string{"cache:7000"}, DB: 3},
		"redis://u:p%40ss%2F@cache":      {Topology: single, Addrs: []string{"cache:6379"}, User: "u", Password: "p@ss/"},
		"redis://:p@ss@cache":            {Topology: single, Addrs: []string{"cache:6379"}, Password: "p@ss"},
		"redis://[::1]:7000":             {Topology: single, Addrs: []string{"[::1]:7000"}},
		"redis://[::1]":                  {Topology: single, Addrs: []string{"[::1]:6379"}},
		"rediss://cache.example:6380/":   {Topology: single, Addrs: []string{"cache.example:6380"}, TLS: true, ServerName: "cache.example"},
		"redis+cluster://a,b:7001,[::2]": {Topology: cluster, Addrs: []string{"a:6379", "b:7001", "[::2]:6379"}},
		"rediss+cluster://u:p@a":         {Topology: cluster, Addrs: []string{"a:6379"}, User: "u", Password: "p", TLS: true},
		"redis+sentinel://a,b:7001/main": {Topology: sentinel, Addrs: []string{"a:26379", "b:7001"}, Master: "main"},
		"redis+sentinel://u:p@a/my%20main/2?sentinel_username=su&sentinel_password=s%26p": {
			Topology: sentinel, Addrs: []string{"a:26379"}, Master: "my main", DB: 2, User: "u", Password: "p", SentinelUser: "su", SentinelPass: "s&p",
		},
	}
	for text, expected := range tests {
		t.Run(text, func(t *testing.T) {
			parsed, err := parseURL(text)
			if err != nil {
				t.Fatal(err)
			}
			o := parsed.options
			got := want{
				Topology: parsed.topology, Addrs: o.Addrs, User: o.Username, Password: o.Password, Master: o.MasterName,
				SentinelUser: o.SentinelUsername, SentinelPass: o.SentinelPassword, DB: o.DB, TLS: o.TLSConfig != nil,
			}
			if got.TLS {
				got.ServerName = o.TLSConfig.ServerName
			}
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Errorf("parseURL (-want +got):\n%s", diff)
			}
			if o.Password != "" && strings.Contains(parsed.String(), o.Password) {
				t.Errorf("String gives the password away: %s", parsed)
			}
		})
	}
}

func TestBadURLsAreRefusedWithoutRepeatingThem(t *testing.T) {
	tests := map[string]string{
		"":                                  "must begin with redis://",
		"hunter2":                           "must begin with redis://",
		"http://hunter2@cache":              "must begin with redis://",
		"redis+hunter2://cache":             "only be extended by +sentinel or +cluster",
		"redis://":                          "names no host",
		"redis://:hunter2@":                 "names no host",
		"redis://a,b":                       "several hosts",
		"redis://user:hunter2/more@cache":   "port that is not a number",
		"redis://cache:99999":               "port that is not a number",
		"redis://cache:0":                   "port that is not a number",
		"redis://::1":                       "brackets",
		"redis://:hunter2%zz@cache":         "not percent-encoded",
		"redis://cache/hunter2":             "database must be a number",
		"redis://cache/-1":                  "database must be a number",
		"redis://cache?hunter2=1":           "does not know",
		"redis+cluster://a/1":               "has no path",
		"redis+sentinel://a":                "must name the master",
		"redis+sentinel://a/main?hunter2=1": "does not know",
		"redis+sentinel://a/main?sentinel_username=%hunter2": "not encoded",
	}
	for text, reason := range tests {
		t.Run(text, func(t *testing.T) {
			_, err := Open(t.Context(), Options{URL: text})
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Fatalf("error %v does not say %q", err, reason)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}
