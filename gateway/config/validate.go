package config

import (
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/subgraphs/headers"
	"github.com/weft-graphql/weft/subgraphs/source/settings"
)

// Validate checks a whole configuration, after flags and environment have had their say. What is wrong comes back as
// [Errors], all of it. Paths and addresses are checked for their form only: nothing is opened.
func (c *Config) Validate() error {
	errs := validateValues(c)
	if c.Supergraph == (Supergraph{}) && c.Registry == (Registry{}) {
		errs = append(errs, problem("supergraph", "set supergraph.file, supergraph.subgraphs or registry.dir",
			"nothing says where the supergraph comes from"))
	}
	if c.Cache != nil && c.Cache.Memory.Size == 0 && (!c.Cache.Redis || c.Redis.URL == "") {
		errs = append(errs, problem("cache.memory.size", "give it a size, set redis.url, or remove `cache`",
			"the cache can keep nothing: cache.memory.size is 0 and it has no Redis"))
	}
	return errs.orNil()
}

func problem(path, hint, format string, args ...any) *Error {
	return &Error{Path: path, Hint: hint, Message: fmt.Sprintf(format, args...)}
}

// validateValues checks what is there; that something is missing which flags can give is no error yet.
func validateValues(c *Config) Errors {
	errs := validateTags(reflect.ValueOf(c).Elem(), "", nil)
	errs = append(errs, validateListeners(c)...)
	errs = append(errs, validateSources(c)...)
	errs = append(errs, validateRedis(c.Redis)...)
	errs = append(errs, validateSubgraphs(c.Subgraphs)...)
	errs = append(errs, validateHeaders(c)...)
	errs = append(errs, validateOverrideLabels(c.Planner.OverrideLabels)...)
	errs = append(errs, validateBudgets(c.Budgets)...)
	return append(errs, validateCache(c.Cache)...)
}

// validateTags checks every value against the tags of its field: min and max, enum, required, and choices.
func validateTags(v reflect.Value, path string, errs Errors) Errors {
	switch {
	case isText(v.Type()):
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			return validateTags(v.Elem(), path, errs)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			errs = validateTags(v.Index(i), fmt.Sprintf("%s[%d]", path, i), errs)
		}
	case v.Kind() == reflect.Map:
		for _, name := range sortedKeys(v) {
			errs = validateTags(v.MapIndex(reflect.ValueOf(name)), join(path, name), errs)
		}
	case v.Kind() == reflect.Struct:
		if isChoice(v.Type()) && countSet(v) != 1 {
			errs = append(errs, problem(path, "known here: "+strings.Join(keysOf(v.Type()), ", "), "%s must have exactly one key", path))
		}
		for _, f := range fieldsOf(v.Type()) {
			inner := path
			if !f.named {
				inner = join(path, f.key)
			}
			errs = validateField(v.FieldByIndex(f.index), inner, f, errs)
			errs = validateTags(v.FieldByIndex(f.index), inner, errs)
		}
	}
	return errs
}

func validateField(v reflect.Value, path string, f field, errs Errors) Errors {
	if f.required() && v.IsZero() {
		return append(errs, problem(path, "it must be "+f.allowed(), "%s is missing or empty", path))
	}
	if low, high, ok := f.bounds(); ok && (v.Int() < low || v.Int() > high) {
		return append(errs, problem(path, "it must be "+f.allowed(), "%s is %s", path, settings.Show(textOf(v))))
	}
	if enum := f.enum(); enum != nil && !slices.Contains(enum, v.String()) {
		return append(errs, problem(path, "it must be "+f.allowed(), "%s is %s", path, settings.Show(v.String())))
	}
	return errs
}

func sortedKeys(m reflect.Value) []string {
	names := make([]string, 0, m.Len())
	for _, key := range m.MapKeys() {
		names = append(names, key.String())
	}
	slices.Sort(names)
	return names
}

func countSet(choice reflect.Value) int {
	n := 0
	for _, field := range choice.Fields() {
		if !field.IsNil() {
			n++
		}
	}
	return n
}

func validateListeners(c *Config) (errs Errors) {
	check := func(path, address, also string) {
		_, port, err := net.SplitHostPort(address)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			errs = append(errs, problem(path, "it must be HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4000"+also,
				"%s is %s", path, settings.Show(address)))
		}
	}
	check("listen", c.Listen, "")
	if c.Admin.Listen != Off {
		check("admin.listen", c.Admin.Listen, ", or off")
		if c.Admin.Listen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
			errs = append(errs, problem("admin.listen", "operators need an address of their own, or off",
				"admin.listen is %s, where clients connect", settings.Show(c.Listen)))
		}
	}
	return errs
}

func validateSources(c *Config) Errors {
	var set []string
	for _, s := range []struct{ path, value string }{
		{"supergraph.file", c.Supergraph.File}, {"supergraph.subgraphs", c.Supergraph.Subgraphs}, {"registry.dir", c.Registry.Dir},
	} {
		if s.value != "" {
			set = append(set, s.path)
		}
	}
	if len(set) <= 1 {
		return nil
	}
	return Errors{problem(set[len(set)-1], "keep one of them", "%s are set, but the supergraph has one source", strings.Join(set, ", "))}
}

// validateRedis never repeats the URL, which may hold a password.
func validateRedis(r Redis) (errs Errors) {
	if r.URL != "" {
		if u, err := url.Parse(r.URL); err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
			errs = append(errs, problem("redis.url", "it must be redis://HOST:PORT, or rediss:// for TLS", "redis.url is no address of a Redis"))
		}
	}
	return errs
}

func validateHeaders(c *Config) (errs Errors) {
	errs = c.Headers.check("headers", errs)
	for _, name := range sortedKeys(reflect.ValueOf(c.Subgraphs.Named)) {
		errs = c.Subgraphs.Named[name].Headers.check(join("subgraphs", name)+".headers", errs)
	}
	for i, name := range c.CSRF.Headers {
		path := fmt.Sprintf("csrf.headers[%d]", i)
		if e := headerName(path, name); e != nil {
			errs = append(errs, e)
		} else if canonical := textproto.CanonicalMIMEHeaderKey(name); slices.Contains(freeHeaders, canonical) || strings.HasPrefix(canonical, "Sec-") {
			errs = append(errs, problem(path, "name one that only a script can set", "%s is %s, which browsers send without asking first", path, settings.Show(name)))
		}
	}
	return errs
}

// freeHeaders prove no preflight: browsers send them across origins by themselves (Fetch standard, CORS-safelisted and forbidden names).
var freeHeaders = []string{
	"Accept", "Accept-Language", "Content-Language", "Content-Type", "Range", "Accept-Encoding", "Connection",
	"Content-Length", "Cookie", "Host", "Origin", "Referer", "User-Agent", "Cache-Control", "Pragma", "Dnt",
}

// headerName checks a header's name.
func headerName(path, name string) *Error {
	if !headers.ValidName(name) {
		return problem(path, "it must be one header's whole name, such as Authorization", "%s is %s", path, settings.Show(name))
	}
	return nil
}

func validateOverrideLabels(l OverrideLabels) (errs Errors) {
	for i, label := range l.On {
		if !schema.ValidOverrideLabel(label) {
			path := fmt.Sprintf("planner.override_labels.on[%d]", i)
			errs = append(errs, problem(path, "it must be a name, or percent(N) with N from 0 to 100, as the label of @override is written", "%s is %s", path, settings.Show(label)))
		}
	}
	if l.Header != "" {
		if e := headerName("planner.override_labels.header", l.Header); e != nil {
			errs = append(errs, e)
		}
	}
	return errs
}

func validateBudgets(b *Budgets) (errs Errors) {
	if b == nil {
		return nil
	}
	for i, id := range b.Identify {
		if id.Header == "" {
			continue // validateTags has said so
		}
		if e := headerName(fmt.Sprintf("budgets.identify[%d].header", i), id.Header); e != nil {
			errs = append(errs, e)
		}
	}
	if b.MaxCost > b.Burst && b.Burst > 0 {
		errs = append(errs, problem("budgets.max_cost", "no client could ever pay it; raise burst or lower max_cost",
			"budgets.max_cost is `%d`, more than budgets.burst `%d`", b.MaxCost, b.Burst))
	}
	return errs
}

func validateCache(c *Cache) (errs Errors) {
	if c == nil {
		return nil
	}
	check := func(path string, ttl Duration) {
		if ttl > c.MaxTTL {
			errs = append(errs, problem(path, "raise max_ttl or lower it", "%s is `%s`, more than cache.max_ttl `%s`", path, ttl, c.MaxTTL))
		}
	}
	check("cache.ttl", c.TTL)
	for _, name := range sortedKeys(reflect.ValueOf(c.Subgraphs)) {
		if one := c.Subgraphs[name]; one.TTL != c.TTL {
			check(join(join("cache.subgraphs", name), "ttl"), one.TTL)
		}
	}
	return errs
}
