// Package config reads weft.yaml: its structs, defaults, validation, environment expansion, JSON schema and reference page.
//
// Reading is strict. A key that Weft does not know, a value of the wrong type or out of its range, a key given twice, a
// variable that is not set: each is an [Error] with its position, and all of them are reported at once. Nothing is ignored.
//
// The structs are the only description of the file. Their yaml tags name the keys, their min, max and enum tags say what is
// allowed, [Default] holds what applies when a key is absent, and their doc comments are the text of the JSON schema and of
// docs/configuration.md. Flags and environment variables win over the file: cmd/weft sets the fields that they name on the
// Config that [Load] returned and then calls [Config.Validate].
//
// The package does no more than that: it opens no listener, no Redis and no supergraph, and imports no other package of Weft.
package config

//go:generate go run ./internal/gendocs ../../docs/configuration.md
