package config

// The doc comments of these structs are compiled into the binary: the JSON schema and docs/configuration.md print them, so
// they speak to the reader of weft.yaml. Tags: yaml is the key; min, max and enum bound the value; required says that the key
// must be there when its section is; example is what the example file shows where the default is empty; off marks a key that
// the example file shows commented out; inherits says in words where a default comes from that is no constant; either marks keys of which a section has exactly one; secret keeps the value out of error messages; path is resolved against the folder
// of weft.yaml.

// Config is the whole of weft.yaml.
type Config struct {
	// The address that clients connect to, `HOST:PORT`. GraphQL is at `/graphql`, health at `/health/live` and `/health/ready`.
	Listen string `yaml:"listen"`
	// The listener for operators.
	Admin Admin `yaml:"admin"`
	// Where the supergraph comes from: exactly one of `supergraph.file`, `supergraph.subgraphs` and `registry.dir`.
	Supergraph Supergraph `yaml:"supergraph"`
	// The schema registry, as the source of the supergraph.
	Registry Registry `yaml:"registry"`
	// The one Redis that the cache and the budgets share. Without it both are kept in this process.
	Redis Redis `yaml:"redis"`
	// How subgraphs are reached: `all` holds what applies to every subgraph, any other key is a subgraph's name and
	// overrides `all` for it. A subgraph that is itself named `all` cannot be set apart.
	Subgraphs Subgraphs `yaml:"subgraphs"`
	// Which headers go where.
	Headers Headers `yaml:"headers"`
	// Who may have what.
	Auth Auth `yaml:"auth"`
	// What one request, and all of them together, may take. Every limit names itself in the error that it causes.
	Limits Limits `yaml:"limits"`
	// Whether clients may ask for the schema with `__schema` and `__type`.
	Introspection bool `yaml:"introspection"`
	// Protection against requests that a foreign web page makes a browser send.
	CSRF CSRF `yaml:"csrf"`
	// What each client may spend, in cost points. Absent means no budgets; `rate` and `burst` must be given otherwise.
	Budgets *Budgets `yaml:"budgets"`
	// The cache of entities and root fields. Absent means off; `cache: {}` switches it on with its defaults.
	Cache *Cache `yaml:"cache"`
	// Parsed and validated operations.
	Documents Documents `yaml:"documents"`
	// Query planning.
	Planner Planner `yaml:"planner"`
	// The web page that a browser gets at `/graphql`.
	Playground Playground `yaml:"playground"`
	// What is written to stderr.
	Log Log `yaml:"log"`
}

// Off as Admin.Listen switches the admin listener off.
const Off = "off"

// Admin is the listener for operators.
type Admin struct {
	// The address of `/metrics` and the registry's API, `HOST:PORT`, or `off`. Keep it out of clients' reach.
	Listen string `yaml:"listen"`
}

// Supergraph is a source of the supergraph. To override it, replace it whole and empty [Registry], since only one source may be set.
type Supergraph struct {
	// The path of a supergraph's SDL. The file is watched.
	File string `yaml:"file" path:"true" example:"supergraph.graphql"`
	// The path of a `supergraph.yaml` (rover's format) whose subgraphs are composed. It and the files that it names are watched.
	Subgraphs string `yaml:"subgraphs" path:"true" example:"supergraph.yaml" off:"true"`
}

// Registry is the registry as a source of the supergraph.
type Registry struct {
	// The path of the folder that `weft subgraph publish` writes to. It is watched.
	Dir string `yaml:"dir" path:"true" example:"registry" off:"true"`
}

// Redis is the connection that all uses of Redis share.
type Redis struct {
	// The address: `redis://USER:PASSWORD@HOST:PORT/DB`, `redis+sentinel://HOST:PORT,…/MASTER/DB` or `redis+cluster://HOST:PORT,…`; `rediss` in place of `redis` means TLS. Empty means no Redis.
	URL string `yaml:"url" secret:"true" example:"redis://127.0.0.1:6379"`
	// The longest that a request waits for one call to Redis. Beyond it the call counts as a miss.
	Timeout Duration `yaml:"timeout" min:"1ms" max:"10s"`
	// The most connections that this process opens to Redis.
	MaxConnections int `yaml:"max_connections" min:"1" max:"10000"`
}

// Subgraphs holds what applies to every subgraph and what to single ones. Get answers for a name.
type Subgraphs struct {
	// What applies to every subgraph that does not say otherwise.
	All Traffic `yaml:"all"`
	// What applies to one subgraph; what is absent is as in `all`.
	Named map[string]Subgraph `yaml:",named" example:"reviews"`
}

// Get returns what applies to the subgraph of that name.
func (s Subgraphs) Get(name string) Subgraph {
	if one, ok := s.Named[name]; ok {
		return one
	}
	return Subgraph{Traffic: s.All}
}

// Subgraph is what applies to one subgraph. Parsing has already filled what is absent from Subgraphs.All.
type Subgraph struct {
	// The URL to use in place of the one that the supergraph names.
	URL string `yaml:"url" example:"http://127.0.0.1:4003/graphql"`
	// Rules for this subgraph that are gone through after those of the section `headers` at the top.
	Headers Headers `yaml:"headers"`
	// Several URLs to use in place of the one that the supergraph names, all of the same subgraph: each request goes to the one that has the fewest under way, and one that fails is left out for a while (`ejection`). Only one of `url` and `urls` may be set.
	URLs    []string `yaml:"urls" example:"[http://10.0.0.1:4003/graphql, http://10.0.0.2:4003/graphql]" off:"true"`
	Traffic `yaml:",inline" inherits:"as in subgraphs.all"`
}

// Traffic is how requests are sent to a subgraph.
type Traffic struct {
	// The longest that one request to the subgraph may take, waiting, connecting, retries and reading included.
	Timeout Duration `yaml:"timeout" min:"1ms" max:"1h"`
	// The longest that opening a connection may take, and again its TLS handshake.
	ConnectTimeout Duration `yaml:"connect_timeout" min:"1ms" max:"1h"`
	// The longest from the request's last byte to the answer's first. 0 leaves it to `timeout`.
	FirstByteTimeout Duration `yaml:"first_byte_timeout" min:"0" max:"1h"`
	// The largest answer that is read from the subgraph, after decompression.
	MaxAnswer Size `yaml:"max_answer" min:"1KiB" max:"4GiB"`
	// The largest header of an answer of the subgraph.
	MaxAnswerHeader Size `yaml:"max_answer_header" min:"1KiB" max:"16MiB"`
	// The most connections open to each URL of the subgraph at once. A request that finds none free waits within its timeout.
	MaxConnections int `yaml:"max_connections" min:"1" max:"100000"`
	// The most connections that are kept open without a request.
	MaxIdleConnections int `yaml:"max_idle_connections" min:"1" max:"100000"`
	// How long a connection is kept open without a request. Keep it below the time after which the subgraph closes it.
	IdleTimeout Duration `yaml:"idle_timeout" min:"1ms" max:"24h"`
	// Where HTTP/2 is spoken: with `tls` where the subgraph's TLS offers it, `off` for never, and with `prior_knowledge` always, without TLS too (h2c).
	HTTP2 string `yaml:"http2" enum:"tls,off,prior_knowledge"`
	// How the subgraph proves who it is, and the gateway to it.
	TLS TLS `yaml:"tls"`
	// What is compressed on the way.
	Compression Compression `yaml:"compression"`
	// Reading answers slowly that are far larger than any before, so that a subgraph that begins to answer without end takes little from requests that do not need it. One that always answers much is slow once: until its first such answer has come.
	SlowStart SlowStart `yaml:"slow_start"`
	// How many requests there may be at once.
	Concurrency Concurrency `yaml:"concurrency"`
	// Sending queries again that got no answer: where no connection could be made, it broke before the answer's end, `first_byte_timeout` has passed, or the status is 429, 502, 503 or 504. A `Retry-After` is obeyed, or else the failure told where it is beyond the timeout. Mutations are never sent again; the entity fetches after one are queries.
	Retries Retries `yaml:"retries"`
	// Sending a query a second time when its answer takes long, and taking the answer that comes first.
	Hedging Hedging `yaml:"hedging"`
	// Leaving a subgraph alone that mostly fails. What counts as a failure: no connection, no whole answer, an answer larger than `max_answer`, status 502, 503 or 504, and an answer that has not come when the request is given up after half of `timeout` or more.
	Breaker Breaker `yaml:"breaker"`
	// Leaving one of several `urls` out that fails. The last is never left out.
	Ejection Ejection `yaml:"ejection"`
	// Whether queries that are equal in everything that the subgraph sees, headers included, become one request while they are under way, for a second after the first was sent. Mutations never do.
	Deduplicate bool `yaml:"deduplicate"`
	// How entity requests of different clients are merged.
	Batching Batching `yaml:"batching"`
	// What clients are told of the subgraph's errors.
	Errors ErrorPolicy `yaml:"errors"`
}

// ErrorPolicy is what clients are told of a subgraph's errors. docs/errors.md has examples.
type ErrorPolicy struct {
	// Whether messages are hidden: those of the subgraph's errors, and those that say how a request to it failed. The log has them, with the `requestId` that the client gets in the error's `extensions`.
	Mask bool `yaml:"mask"`
	// Which members of an error's `extensions` are passed on from the subgraph; `*` stands for all. Without a `code` from the subgraph an error has one from the gateway.
	Extensions []string `yaml:"extensions"`
	// Whether an error tells the subgraph's name, as `extensions.serviceName`.
	ServiceName bool `yaml:"service_name"`
}

// TLS is how a subgraph proves who it is, and the gateway to it.
type TLS struct {
	// The path of a file with the authorities that are trusted in place of the system's, as PEM.
	CAFile string `yaml:"ca_file" path:"true" example:"ca.pem" off:"true"`
	// The path of a file with the certificate that the gateway shows, its chain included, as PEM. It and the key are read anew for each connection.
	CertificateFile string `yaml:"certificate_file" path:"true" example:"gateway.pem" off:"true"`
	// The path of a file with the certificate's key as PEM.
	KeyFile string `yaml:"key_file" path:"true" example:"gateway-key.pem" off:"true"`
	// The name that the subgraph's certificate must be for. Empty means the URL's host.
	ServerName string `yaml:"server_name" example:"reviews.internal" off:"true"`
	// Whether every certificate is accepted, from whomever it is. Whoever can reach into the network can then read and change everything.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// Compression is what is compressed on the way.
type Compression struct {
	// How the subgraph may compress its answers: `gzip`, `zstd`, or `any` for both; `off` asks for answers as they are, which costs the gateway the least.
	Answers string `yaml:"answers" enum:"off,gzip,zstd,any"`
	// How requests are compressed. The subgraph must know how to read them: this is not negotiated.
	Requests string `yaml:"requests" enum:"off,gzip"`
	// The smallest request body that is compressed.
	MinRequest Size `yaml:"min_request" min:"0" max:"1GiB"`
}

// SlowStart is how answers are read that are far larger than any before them.
type SlowStart struct {
	// How much of each answer is read as fast as it comes, after decompression; or twice the largest that has ever come whole, with a status of success, where that is more.
	Free Size `yaml:"free" min:"1KiB" max:"4GiB"`
	// How much of what is beyond is read in a second, of all answers of the subgraph together; who is there first is read first. 0 reads everything as fast as it comes.
	PerSecond Size `yaml:"per_second" min:"0" max:"1TiB"`
}

// Concurrency is how many requests to a subgraph there may be at once.
type Concurrency struct {
	// The most requests under way at once, retries and hedges included. 0 means no limit.
	Max int `yaml:"max" min:"0" max:"1000000"`
	// The most requests that wait for their turn, within their timeout, when so many are under way. Beyond it a request fails with the code `SUBREQUEST_CONCURRENCY_LIMIT`.
	Waiting int `yaml:"waiting" min:"0" max:"1000000"`
}

// Retries is when and how often queries are sent again.
type Retries struct {
	// The most times that one query is sent again. 0 sends each once.
	Max int `yaml:"max" min:"0" max:"10"`
	// The wait before the first retry, doubled for each further one; each is lengthened or shortened at random by up to a half.
	Backoff Duration `yaml:"backoff" min:"1ms" max:"1m"`
	// The longest wait before a retry, before it is lengthened at random.
	MaxBackoff Duration `yaml:"max_backoff" min:"1ms" max:"1m"`
	// What all retries and hedges to the subgraph, and entity requests that are sent again apart, are paid from.
	Budget RetryBudget `yaml:"budget"`
}

// RetryBudget bounds retries by the requests that are made.
type RetryBudget struct {
	// How many retries may come on a hundred requests.
	Percent int `yaml:"percent" min:"0" max:"100"`
	// How many retries a second are allowed besides. What is not used adds up for ten seconds.
	PerSecond int `yaml:"per_second" min:"0" max:"100000"`
}

// Hedging is sending a query a second time when its answer takes long.
type Hedging struct {
	// How long the first is waited for: well above what most answers take. 0 hedges nothing. Hedges are paid from `retries.budget`.
	Delay Duration `yaml:"delay" min:"0" max:"1h"`
}

// Breaker is when a subgraph is left alone.
type Breaker struct {
	// Whether there is a breaker. While it is open requests fail at once with the code `SUBREQUEST_CIRCUIT_OPEN`.
	Enabled bool `yaml:"enabled"`
	// How many of a hundred requests must have failed for it to open.
	FailurePercent int `yaml:"failure_percent" min:"1" max:"100"`
	// How many requests there must have been. So many failures in a row open it whatever came before.
	MinRequests int `yaml:"min_requests" min:"1" max:"1000000"`
	// The time over which both are counted.
	Window Duration `yaml:"window" min:"10ms" max:"1h"`
	// How long it stays open before single requests try the subgraph. One that takes longer than this to be answered makes room for another.
	Open Duration `yaml:"open" min:"10ms" max:"1h"`
	// How many such requests must succeed, without a failure between, for it to close; no more are under way at once.
	Probes int `yaml:"probes" min:"1" max:"1000"`
}

// Ejection is when one of several URLs is left out.
type Ejection struct {
	// How many requests to the URL must fail in a row, in the sense of `breaker`. 0 leaves none out.
	Failures int `yaml:"failures" min:"0" max:"1000000"`
	// How long it is left out, doubled each time that it fails again as soon as it is back.
	Time Duration `yaml:"time" min:"10ms" max:"1h"`
	// The longest that it is left out.
	MaxTime Duration `yaml:"max_time" min:"10ms" max:"24h"`
	// How many of a hundred URLs may be left out at once.
	MaxPercent int `yaml:"max_percent" min:"1" max:"100"`
}

// Batching is how entity requests of different clients are merged.
type Batching struct {
	// How long an entity request waits for others to be merged with: those that are equal in everything that the subgraph sees, headers included, but the entities. 0 sends at once and merges nothing.
	Window Duration `yaml:"window" min:"0" max:"1s"`
	// The most distinct entities in a merged request, and the most requests that a window gathers before it ends early. A request that needs more goes alone.
	MaxEntities int `yaml:"max_entities" min:"1" max:"100000"`
}

// Headers says which headers go where. docs/headers.md says how the rules are gone through.
type Headers struct {
	// Rules for what subgraphs are sent of the header that a client's request brings, in order: a later rule overrides an earlier one. Without a rule no header of the client is sent on.
	Request []RequestHeader `yaml:"request"`
	// Rules for what clients are sent of the headers that subgraphs answer with, in order: a later rule overrides an earlier one. Without a rule no header of a subgraph is sent on. `Cache-Control` needs no rule: it is always the most restrictive of all that went into the answer.
	Response []ResponseHeader `yaml:"response"`
}

// RequestHeader is one rule for requests: exactly one of its fields is set.
type RequestHeader struct {
	// Sends a header of the client's request on, when the client sent it.
	Forward *ForwardRequest `yaml:"forward"`
	// Sends a header with a value of its own, whatever the client sent.
	Set *SetHeader `yaml:"set" example:"{value: weft, name: X-Gateway}" off:"true"`
	// Takes away what earlier rules have put there.
	Remove *RemoveHeader `yaml:"remove" example:"{name: Authorization}" off:"true"`
}

// ForwardRequest sends headers of the client's request on to subgraphs.
type ForwardRequest struct {
	// The header's name, in any case. Headers of one connection and those that the gateway itself writes (such as `Connection`, `Content-Type` and `Host`) cannot be forwarded.
	Name string `yaml:"name" either:"true" example:"Authorization"`
	// In place of a name, a regular expression (RE2) that whole names match, in any case. It never matches what cannot be forwarded. Answers that are not public have `Vary: *` then.
	Pattern string `yaml:"pattern" either:"true" example:"X-App-.*" off:"true"`
	// The name that the subgraph gets it under; absent means the same. Needs `name`.
	As string `yaml:"as" example:"X-Tenant" off:"true"`
	// What is sent when the client did not send it; absent sends nothing. Needs `name`.
	Default string `yaml:"default" example:"none" off:"true"`
}

// SetHeader sends a header with a value of its own.
type SetHeader struct {
	// The header's name, in any case.
	Name string `yaml:"name" required:"true" example:"X-Gateway"`
	// Its value; take secrets from variables.
	Value string `yaml:"value" required:"true" secret:"true" example:"weft"`
}

// RemoveHeader takes away what earlier rules have put there.
type RemoveHeader struct {
	// The header's name, in any case.
	Name string `yaml:"name" either:"true" example:"Authorization"`
	// In place of a name, a regular expression (RE2) that whole names match, in any case.
	Pattern string `yaml:"pattern" either:"true" example:"X-App-.*" off:"true"`
}

// ResponseHeader is one rule for answers: exactly one of its fields is set.
type ResponseHeader struct {
	// Sends a header of the subgraphs' answers on.
	Forward *ForwardResponse `yaml:"forward"`
	// Takes away what earlier rules have let pass of the answers of the same subgraph.
	Remove *RemoveHeader `yaml:"remove" example:"{name: X-Internal}" off:"true"`
}

// ForwardResponse sends headers of the subgraphs' answers on to the client.
type ForwardResponse struct {
	// The header's name, in any case. Headers of one connection, those that the gateway itself writes and those that speak for the whole site (such as `Access-Control-Allow-Origin`) cannot be forwarded.
	Name string `yaml:"name" either:"true" example:"X-Trace"`
	// In place of a name, a regular expression (RE2) that whole names match, in any case. It never matches what cannot be forwarded, nor `Set-Cookie`.
	Pattern string `yaml:"pattern" either:"true" example:"X-App-.*" off:"true"`
	// The name that the client gets it under; absent means the same. Needs `name`.
	As string `yaml:"as" example:"X-Shop-Trace" off:"true"`
	// What is sent when no answer has it; absent sends nothing. Needs `name`.
	Default string `yaml:"default" example:"none" off:"true"`
	// Whose values count where several answers have it: those of the `first`, of the `last`, or of all (`append`). Answers come in the order of the plan's steps, whenever they arrive.
	Take string `yaml:"take" enum:"first,last,append"`
}

// Refuse and Deny are the values of Auth.Unenforced.
const (
	Refuse = "refuse"
	Deny   = "deny"
)

// Auth is who may have what.
type Auth struct {
	// What to do with fields and types that `@authenticated`, `@requiresScopes` or `@policy` guard, which the gateway does not enforce: `refuse` to serve a supergraph that has such, or `deny` them to everybody. A denied field is never asked of a subgraph; it is null, with an error of the code `UNAUTHORIZED_FIELD_OR_TYPE`.
	Unenforced string `yaml:"unenforced" enum:"refuse,deny"`
}

// Limits is what one request, and all of them together, may take.
type Limits struct {
	// The largest request body.
	Body Size `yaml:"body" min:"1KiB" max:"1GiB"`
	// The largest request line and headers together.
	RequestHeaders Size `yaml:"request_headers" min:"1KiB" max:"16MiB"`
	// The most requests being answered at once. Beyond it a request is refused with 503.
	ConcurrentRequests int `yaml:"concurrent_requests" min:"1" max:"1000000"`
	// The longest that a request may take from its first byte to its last.
	Timeout Duration `yaml:"timeout" min:"1ms" max:"1h"`
	// The longest that a client may take to send a request.
	ReadTimeout Duration `yaml:"read_timeout" min:"1ms" max:"1h"`
	// The longest that a client's connection stays open without a request.
	IdleTimeout Duration `yaml:"idle_timeout" min:"1ms" max:"24h"`
	// The longest that requests in flight may take to finish once the gateway is told to stop.
	ShutdownGrace Duration `yaml:"shutdown_grace" min:"0" max:"1h"`
	// The most lexical tokens in a document.
	Tokens int `yaml:"tokens" min:"1" max:"10000000"`
	// The deepest nesting of fields in an operation, its fragments included.
	Depth int `yaml:"depth" min:"1" max:"1000"`
	// The most fields of an operation once its fragments are spread.
	Fields int `yaml:"fields" min:"1" max:"10000000"`
	// The most fields at the top of an operation.
	RootFields int `yaml:"root_fields" min:"1" max:"100000"`
	// The most aliases in an operation.
	Aliases int `yaml:"aliases" min:"0" max:"100000"`
	// The largest answer to a client, before compression.
	Answer Size `yaml:"answer" min:"1KiB" max:"4GiB"`
	// The deepest nesting of a subgraph's answer.
	AnswerDepth int `yaml:"answer_depth" min:"1" max:"10000"`
	// The most values in a subgraph's answer: those of JSON, and one for each field that was selected of each object.
	AnswerValues int `yaml:"answer_values" min:"1" max:"2000000000"`
	// The most bytes of subgraphs' answers that all requests together hold in memory. Beyond it new requests are refused with 503 and the code `OVERLOADED`, and from three quarters of it on answers larger than 64KiB are given up (`SUBREQUEST_OVERLOADED`), so that a few large ones leave room for many small ones.
	HeldAnswers Size `yaml:"held_answers" min:"1MiB" max:"1TiB"`
	// The most errors in an answer to a client. One more tells how many were left out.
	Errors int `yaml:"errors" min:"1" max:"1000000"`
	// The largest answer to `__schema` and `__type`.
	Introspection Size `yaml:"introspection" min:"1KiB" max:"1GiB"`
	// The most entities asked of a subgraph in one request. What needs more is split into several requests, which count as such.
	Entities int `yaml:"entities" min:"1" max:"10000000"`
	// The most sets of values from contexts (`@fromContext`) in one request to a subgraph. Entities that take different values are asked for by fields of their own.
	Contexts int `yaml:"contexts" min:"1" max:"100000"`
	// The most requests to subgraphs that one operation makes.
	SubgraphRequests int `yaml:"subgraph_requests" min:"1" max:"100000"`
}

// CSRF is the protection against requests that a foreign web page makes a browser send.
type CSRF struct {
	// The headers of which one must be there on a POST that a browser sends without asking first: one with a content type of plain HTML forms, or without any.
	Headers []string `yaml:"headers"`
}

// Budgets is what each client may spend.
type Budgets struct {
	// How a client is recognised: the first entry that the request answers to counts. A request that answers to none is counted by its IP address.
	Identify []Identity `yaml:"identify"`
	// The points that flow back to a client, as `POINTS/s`, `POINTS/m` or `POINTS/h`.
	Rate Rate `yaml:"rate" required:"true" example:"1000/s"`
	// The points that a client who has not asked for a while may spend at once.
	Burst int64 `yaml:"burst" required:"true" min:"1" max:"1000000000000" example:"10000"`
	// The highest cost of one operation, whatever is left of the budget. 0 means as much as `burst`.
	MaxCost int64 `yaml:"max_cost" min:"0" max:"1000000000000"`
	// The length that is assumed for a list of which the schema does not say it (`@listSize`).
	ListSize int `yaml:"list_size" min:"1" max:"1000000"`
	// The most clients whose budgets are kept in this process. Beyond it one whose budget is full, or nearly so, is forgotten.
	MaxClients int `yaml:"max_clients" min:"1" max:"100000000"`
	// Whether budgets are kept in Redis, shared by all gateways, when `redis.url` is set.
	Redis bool `yaml:"redis"`
}

// Identity is one way to recognise a client.
type Identity struct {
	// The header whose value names the client.
	Header string `yaml:"header" required:"true" example:"X-API-Key"`
}

// Cache is the cache of entities and root fields.
type Cache struct {
	// The tier in this process.
	Memory CacheMemory `yaml:"memory"`
	// Whether entries are also kept in Redis, shared by all gateways, when `redis.url` is set.
	Redis bool `yaml:"redis"`
	// How long an answer is kept whose subgraph sends no Cache-Control. 0 does not keep it.
	TTL Duration `yaml:"ttl" min:"0" max:"8760h"`
	// The longest that anything is kept, whatever the subgraph says.
	MaxTTL Duration `yaml:"max_ttl" min:"1s" max:"8760h"`
	// The largest entry that is kept.
	MaxEntry Size `yaml:"max_entry" min:"1KiB" max:"512MiB"`
	// What differs for one subgraph.
	Subgraphs map[string]CacheSubgraph `yaml:"subgraphs" example:"reviews"`
}

// CacheMemory is the cache's tier in this process.
type CacheMemory struct {
	// The most bytes of entries that are kept. 0 keeps none.
	Size Size `yaml:"size" min:"0" max:"1TiB"`
}

// CacheSubgraph is what differs from Cache for one subgraph. Parsing has already filled what is absent from Cache.
type CacheSubgraph struct {
	// Whether answers of the subgraph are cached.
	Enabled bool `yaml:"enabled"`
	// How long an answer of the subgraph is kept that has no Cache-Control. 0 does not keep it.
	TTL Duration `yaml:"ttl" min:"0" max:"8760h" inherits:"as in cache.ttl"`
}

// Get returns what applies to the subgraph of that name.
func (c *Cache) Get(name string) CacheSubgraph {
	if one, ok := c.Subgraphs[name]; ok {
		return one
	}
	return c.subgraphDefault()
}

func (c *Cache) subgraphDefault() CacheSubgraph { return CacheSubgraph{Enabled: true, TTL: c.TTL} }

// Documents is the cache of parsed and validated operations.
type Documents struct {
	// The most bytes of parsed and validated documents that are kept, by an estimate of what they take in memory. What is used least goes first. 0 keeps none.
	Cache Size `yaml:"cache" min:"0" max:"4GiB"`
}

// Planner is query planning.
type Planner struct {
	// The most bytes of plans that are kept, by an estimate of what they take in memory. What is used least goes first. 0 keeps none.
	Cache Size `yaml:"cache" min:"0" max:"64GiB"`
	// The most nodes of the query graph that one planning visits in search of a better plan. When they are used up the best plan so far is taken; it is never an error.
	MaxNodes int `yaml:"max_nodes" min:"1" max:"1000000000"`
	// The longest that one planning searches for a better plan. When it is over the best plan so far is taken; it is never an error.
	MaxTime Duration `yaml:"max_time" min:"1ms" max:"1m"`
	// Whether operations that differ only in literals share a plan: literals of Int, Float, String, Boolean, ID, enums, and lists and input objects of these, then reach subgraphs as variables. Those of custom scalars reach them as they are, always.
	LiftLiterals bool `yaml:"lift_literals"`
	// Whether a client may see plans with the header `Weft-Debug: plan`, and with `Weft-Debug: plan, dry-run` without anything being fetched or charged. Plans name subgraphs and show their schemas' parts. Where this is off such requests are refused.
	Debug bool `yaml:"debug"`
	// Which labels of `@override(from:, label:)` are on. A label `percent(N)` is on for N of a hundred requests, decided for each anew by one draw for all of its labels; any other label is off unless it is switched on here.
	OverrideLabels OverrideLabels `yaml:"override_labels"`
	// Planning ahead, before a new supergraph is taken into use.
	Warmup Warmup `yaml:"warmup"`
}

// OverrideLabels says which labels of progressive `@override` are on.
type OverrideLabels struct {
	// Labels that are on for every request, `percent(N)` as well.
	On []string `yaml:"on" example:"[checkout-v2]" off:"true"`
	// A header by which a request says which labels are on for it, apart by commas, and with `!` before it which are off; labels that the supergraph does not have are passed over. Empty reads none. Whoever sends it chooses the subgraph: let a proxy take it off requests that are not to choose.
	Header string `yaml:"header" example:"Weft-Override-Labels" off:"true"`
}

// Warmup is planning ahead: the operations that were used most on the supergraph before are planned on the new one.
type Warmup struct {
	// The most operations that are planned ahead. 0 plans none.
	Operations int `yaml:"operations" min:"0" max:"1000000"`
	// The longest that taking a new supergraph into use waits for that. What is not planned by then is planned when it is asked for.
	Time Duration `yaml:"time" min:"0" max:"10m"`
	// The path of a file that keeps those operations from one start to the next; empty keeps none. It has the text of operations, literals included, and no variables.
	File string `yaml:"file" path:"true" example:"operations.json" off:"true"`
	// How often the file is written, besides at the end.
	Interval Duration `yaml:"interval" min:"1s" max:"24h"`
}

// Playground is the web page that a browser gets.
type Playground struct {
	// Whether there is a page.
	Enabled bool `yaml:"enabled"`
}

// Log is what is written to stderr.
type Log struct {
	// The least important lines that are written.
	Level string `yaml:"level" enum:"debug,info,warn,error"`
	// How a line looks.
	Format string `yaml:"format" enum:"text,json"`
}
