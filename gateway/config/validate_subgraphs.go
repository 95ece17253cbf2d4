package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// validateSubgraphs checks what the keys of a subgraph have to do with each other, and its URLs.
func validateSubgraphs(s Subgraphs) Errors {
	errs := validateTraffic("subgraphs.all", s.All)
	for _, name := range sortedKeys(reflect.ValueOf(s.Named)) {
		path, one := join("subgraphs", name), s.Named[name]
		if one.URL != "" && len(one.URLs) > 0 {
			errs = append(errs, problem(join(path, "urls"), "keep one of them", "%s has both url and urls", path))
		}
		if one.URL != "" {
			errs = append(errs, subgraphURL(join(path, "url"), one.URL)...)
		}
		for i, text := range one.URLs {
			errs = append(errs, subgraphURL(fmt.Sprintf("%s[%d]", join(path, "urls"), i), text)...)
		}
		errs = append(errs, validateTraffic(path, one.Traffic)...)
	}
	return errs
}

func validateTraffic(path string, t Traffic) (errs Errors) {
	// The section has the position: either of the keys may be the default.
	ordered := func(section, low, high string, a, b Duration) {
		if a > b {
			section = path + "." + section
			errs = append(errs, problem(section, "raise "+high+" or lower "+low, "%s.%s is `%s`, less than %s `%s`", section, high, b, low, a))
		}
	}
	ordered("retries", "backoff", "max_backoff", t.Retries.Backoff, t.Retries.MaxBackoff)
	ordered("ejection", "time", "max_time", t.Ejection.Time, t.Ejection.MaxTime)
	if (t.TLS.CertificateFile == "") != (t.TLS.KeyFile == "") {
		errs = append(errs, problem(path+".tls", "set both or neither", "%s.tls has only one of certificate_file and key_file", path))
	}
	return errs
}

// subgraphURL never repeats a URL that may hold a password.
func subgraphURL(path, text string) Errors {
	if u, err := url.Parse(text); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		return nil
	}
	shown := " is " + settings.Show(text)
	if strings.Contains(text, "@") {
		shown = " is no address of a subgraph"
	}
	return Errors{problem(path, "it must be an http:// or https:// URL", "%s%s", path, shown)}
}
