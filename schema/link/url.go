package link

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Identities of the specifications that Weft knows: the part of a URL before
// its version.
const (
	IdentityLink           = "https://specs.apollo.dev/link"
	IdentityCore           = "https://specs.apollo.dev/core"
	IdentityFederation     = "https://specs.apollo.dev/federation"
	IdentityJoin           = "https://specs.apollo.dev/join"
	IdentityTag            = "https://specs.apollo.dev/tag"
	IdentityInaccessible   = "https://specs.apollo.dev/inaccessible"
	IdentityCost           = "https://specs.apollo.dev/cost"
	IdentityContext        = "https://specs.apollo.dev/context"
	IdentityAuthenticated  = "https://specs.apollo.dev/authenticated"
	IdentityRequiresScopes = "https://specs.apollo.dev/requiresScopes"
	IdentityPolicy         = "https://specs.apollo.dev/policy"
	IdentityCacheTag       = "https://specs.apollo.dev/cacheTag"
	IdentityConnect        = "https://specs.apollo.dev/connect"
	IdentitySource         = "https://specs.apollo.dev/source"
	IdentityWeft           = "https://weft.dev/spec"
)

// Version is a specification's version: major.minor.
type Version struct{ Major, Minor int }

// String gives "v2.3".
func (v Version) String() string { return fmt.Sprintf("v%d.%d", v.Major, v.Minor) }

// AtLeast reports whether v is the version o or a later one.
func (v Version) AtLeast(o Version) bool {
	return v.Major > o.Major || v.Major == o.Major && v.Minor >= o.Minor
}

func compareVersions(a, b Version) int {
	return cmp.Or(cmp.Compare(a.Major, b.Major), cmp.Compare(a.Minor, b.Minor))
}

// URL is the url argument of a @link, taken apart.
type URL struct {
	// Identity is the URL without its version: it names the specification.
	Identity string
	// Name is the specification's own name, the identity's last path element;
	// empty when that is no GraphQL name.
	Name string
	// Version is zero when the URL ends in none.
	Version Version
}

// String gives the URL as it is written in a @link.
func (u URL) String() string {
	if u.Version == (Version{}) {
		return u.Identity
	}
	return u.Identity + "/" + u.Version.String()
}

var (
	versionPattern = regexp.MustCompile(`^v(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`)
	namePattern    = regexp.MustCompile(`^[A-Za-z](_?[A-Za-z0-9]+)*$`)
)

// ParseURL takes a @link's url apart. It fails when raw is no absolute URL.
func ParseURL(raw string) (URL, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || scheme == "" {
		return URL{}, fmt.Errorf("%q is not an absolute URL", raw)
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	parts := strings.Split(strings.TrimRight(rest, "/"), "/")
	if parts[0] == "" {
		return URL{}, fmt.Errorf("%q names no host", raw)
	}
	var u URL
	if m := versionPattern.FindStringSubmatch(parts[len(parts)-1]); m != nil && len(parts) > 1 {
		// The pattern keeps both numbers within six digits, so Atoi succeeds.
		u.Version.Major, _ = strconv.Atoi(m[1])
		u.Version.Minor, _ = strconv.Atoi(m[2])
		parts = parts[:len(parts)-1]
	}
	if last := parts[len(parts)-1]; len(parts) > 1 && namePattern.MatchString(last) {
		u.Name = last
	}
	u.Identity = scheme + "://" + strings.Join(parts, "/")
	return u, nil
}
