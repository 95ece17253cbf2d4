// Package endtoend tests the whole way of a request: subgraphs are composed, a
// client's operation is planned, fetched over HTTP, assembled and answered. It
// holds only tests.
//
// A case is a file testdata/NAME.txtar: what is tested, in words, then these
// sections:
//
//	NAME.graphql, NAME.json   a subgraph's SDL and data (package subgraphtest)
//	weft.yaml                 configuration, where the defaults do not do
//	operation.graphql         what the client sends
//	variables.json            its variables
//	request.yaml              method (GET), operationName, headers, labels (of @override, for the plan)
//	plan.txt                  the plan
//	traffic.txt               the requests that the subgraphs saw
//	answer.json               the answer
//	status.txt                its HTTP status, where that is not 200
//	refused.txt               why the subgraphs cannot be served, where that is expected
//
// Several operations on the same subgraphs are folders in the archive:
// FOLDER/operation.graphql and so on. "go test ./gateway/endtoend -update"
// writes plan, traffic and answer.
//
// An answer without errors is also compared with the answer of a naive executor
// over the data of all subgraphs. A comment "# oracle: no, because …" in the
// operation says that this means nothing for it.
package endtoend
