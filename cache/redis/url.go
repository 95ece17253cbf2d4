package redis

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// topology is how the servers that a URL names belong together.
type topology string

const (
	single   topology = "single server"
	sentinel topology = "sentinel"
	cluster  topology = "cluster"
)

// target is what a URL says.
type target struct {
	topology topology
	options  goredis.UniversalOptions
}

// String names the servers without the user and the password, for logs.
func (t *target) String() string {
	return string(t.topology) + " " + strings.Join(t.options.Addrs, ",")
}

// parseURL reads one of
//
//	redis://[USER:PASSWORD@]HOST[:PORT][/DB]
//	redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/MASTER[/DB][?sentinel_username=…&sentinel_password=…]
//	redis+cluster://[USER:PASSWORD@]HOST[:PORT],…
//
// and the same with rediss for TLS. User, password and parameters are percent-encoded. Its errors repeat nothing of the
// URL, because a password with a character that was not encoded may be anywhere in it.
func parseURL(text string) (*target, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	t := &target{topology: single}
	base, kind, compound := strings.Cut(scheme, "+")
	switch {
	case base != "redis" && base != "rediss":
		return nil, errors.New("the Redis URL must begin with redis://, redis+sentinel:// or redis+cluster://, or with rediss in place of redis for TLS")
	case compound && kind == string(sentinel), compound && kind == string(cluster):
		t.topology = topology(kind)
	case compound:
		return nil, errors.New("the Redis URL's scheme may only be extended by +sentinel or +cluster")
	}
	if base == "rediss" {
		t.options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	hosts, err := t.readUser(authority)
	if err != nil {
		return nil, err
	}
	if err := t.readHosts(hosts); err != nil {
		return nil, err
	}
	if err := t.readPath(path); err != nil {
		return nil, err
	}
	return t, t.readParameters(query)
}

// readUser takes user and password off the authority and returns the hosts.
func (t *target) readUser(authority string) (hosts string, err error) {
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return authority, nil
	}
	user, password, _ := strings.Cut(authority[:at], ":")
	o := &t.options
	if o.Username, err = url.PathUnescape(user); err == nil {
		o.Password, err = url.PathUnescape(password)
	}
	if err != nil {
		return "", errors.New("the Redis URL's user or password is not percent-encoded as a URL needs it")
	}
	return authority[at+1:], nil
}

func (t *target) readHosts(hosts string) error {
	defaultPort := "6379"
	if t.topology == sentinel {
		defaultPort = "26379"
	}
	list := strings.Split(hosts, ",")
	if t.topology == single && len(list) > 1 {
		return errors.New("the Redis URL names several hosts: use redis+sentinel:// or redis+cluster:// for them")
	}
	for _, address := range list {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			host, port = strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"), defaultPort
			if strings.Contains(host, ":") && !strings.HasPrefix(address, "[") {
				return errors.New("the Redis URL has a host with more than one colon: write an IPv6 address in brackets")
			}
		}
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return errors.New("the Redis URL has a port that is not a number from 1 to 65535")
		}
		if host == "" {
			return errors.New("the Redis URL names no host")
		}
		t.options.Addrs = append(t.options.Addrs, net.JoinHostPort(host, port))
	}
	if t.topology == single && t.options.TLSConfig != nil {
		t.options.TLSConfig.ServerName, _, _ = net.SplitHostPort(t.options.Addrs[0])
	}
	return nil
}

func (t *target) readPath(path string) error {
	path = strings.TrimSuffix(path, "/")
	database := path
	switch t.topology {
	case cluster:
		if path != "" {
			return errors.New("the Redis URL of a cluster has no path: a cluster has only database 0")
		}
	case sentinel:
		master, rest, _ := strings.Cut(path, "/")
		name, err := url.PathUnescape(master)
		if err != nil || name == "" {
			return errors.New("the Redis URL for Sentinel must name the master after the hosts: redis+sentinel://HOST,HOST/MASTER")
		}
		t.options.MasterName, database = name, rest
	}
	if database == "" {
		return nil
	}
	number, err := strconv.ParseUint(database, 10, 16)
	if err != nil {
		return errors.New("the Redis URL's database must be a number: redis://HOST:PORT/DB")
	}
	t.options.DB = int(number)
	return nil
}

func (t *target) readParameters(query string) error {
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("the Redis URL's parameters are not encoded as a URL needs it")
	}
	for name, values := range parameters {
		switch {
		case t.topology == sentinel && name == "sentinel_username":
			t.options.SentinelUsername = values[0]
		case t.topology == sentinel && name == "sentinel_password":
			t.options.SentinelPassword = values[0]
		default:
			return errors.New("the Redis URL has a parameter that Weft does not know: only redis+sentinel:// has any, sentinel_username and sentinel_password")
		}
	}
	return nil
}
