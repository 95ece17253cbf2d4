// Package subgraphtest is a GraphQL subgraph for tests: a naive server over JSON
// data, on a real socket, that does what the GraphQL and Federation
// specifications say and nothing more. The same executor, run over the data of
// all subgraphs merged, tells what a gateway should have answered.
//
// It is for tests: obvious rather than fast, and it fails loudly. Each request
// is validated against the subgraph's schema, and a field without data is an
// error, so a gateway that asks the wrong subgraph gets no answer from it.
//
// # Data
//
// A subgraph's data is one JSON object. "Query" and "Mutation" hold the fields of
// the root types, whatever those are called; "User:1" holds a User:
//
//	{
//	  "Query": {"me": {"$ref": "User:1"}, "user(id: \"2\")": null},
//	  "User:1": {"id": "1", "name": "Ada", "price(currency: EUR)": 3, "price": 4}
//	}
//
// A reference is {"$ref": "User:1"}, or {"$ref": "Query"} for the root. The type of an object that is not a
// reference is the field's, or its "__typename". A field with arguments is
// looked up with all of them, defaults included, in the schema's order and in
// GraphQL's notation; without such a key its plain name counts. Special values:
//
//	{"$error": "message", "extensions": {…}}     a field error
//	{"$set": {"User:1": {…}}, "$value": …}       changes data, then gives the value
//	"${price} and ${owner.name}"                 fields of the representation that the
//	                                             entity was asked for by (@requires)
//	"${@first}", "${@}"                          an argument's value, all arguments
//	"${a|b}"                                     the first of them that is there
//
// "$fault" makes the server misbehave: see [Fault].
package subgraphtest
