package main

import (
	"fmt"

	"github.com/weft-graphql/weft/gateway/config"
)

type configCommand struct {
	Schema configSchemaCommand `cmd:"" help:"Print the JSON schema of weft.yaml, for editors."`
}

type configSchemaCommand struct{}

func (configSchemaCommand) Run(p *process) error {
	schema, err := config.JSONSchema()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s\n", schema)
	return err
}
