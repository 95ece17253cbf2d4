// Package transport is GraphQL over HTTP: it reads requests, negotiates media
// types and writes answers, by the GraphQL-over-HTTP draft
// (https://graphql.github.io/graphql-over-http/draft).
//
// Each way in is a gqlgen graphql.Transport. POST and GET are Weft's own and
// write an answer's bytes as they come from the executor; others are gqlgen's,
// served by an adapter to graphql.GraphExecutor. Parsing, validation, planning
// and execution are behind [Pipeline] and exist once.
package transport
