// Package executor runs plans: it makes each step's request as soon as what
// the step needs is there, links the subgraphs' answers together, and writes
// the client's answer.
//
// It has no network of its own: requests go through a [Fetcher], cached
// answers come from an [EntityCache].
//
// [Compile] turns a plan into a [Program] once: the objects of the merged tree
// become arrays of slots, requests become pieces of JSON, the client's
// selections become a list of checks. [Executor.Run] then carries the program
// out for one request. Each answer is parsed into a tape of its own (package
// tape) whose objects have the merged tree's slots already, so that joining an
// entity to an object links its values, and nothing is copied before the one
// walk that writes the answer.
//
// Two kinds of plan need no tree where answers are exactly what they are expected
// to be: one request whose answer can be the client's, and one to whose objects
// entities are joined at their ends. Answers are then checked and copied, see
// [form] and [splice]; all others go by the tree.
//
// Errors follow the specification's sections 6.4.4 and 7.1: a null that must
// not be there makes its parent null, and each cause has one error. A null that
// an error accounts for is marked as explained where the error is found (a
// subgraph's error with its path, a request that failed, a key that is
// missing), and the walk reports only nulls that nothing explains. What depends
// on something that failed is not asked for.
package executor
