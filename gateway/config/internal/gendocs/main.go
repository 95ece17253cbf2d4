// Command gendocs writes docs/configuration.md. "go generate ./gateway/config" runs it.
package main

import (
	"fmt"
	"os"

	"github.com/weft-graphql/weft/gateway/config"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want one argument, the file to write, but got %d", len(args))
	}
	page, err := config.Markdown()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], page, 0o644)
}
