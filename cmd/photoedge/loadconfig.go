package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"photoedge/config"
)

// configVariable names the file where --config does not.
const configVariable = "PHOTOEDGE_CONFIG"

// configFlag adds --config and returns what loads the configuration.
func configFlag(c *cobra.Command, t *terminal) func() (*config.Config, error) {
	path := c.Flags().StringP("config", "c", "", "configuration `file` (default: $"+configVariable+", else the environment alone)")
	return func() (*config.Config, error) {
		file := *path
		if file == "" {
			file = lookup(t.environ, configVariable)
		}
		return config.Load(file, t.environ)
	}
}

func lookup(environ []string, name string) string {
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			return v
		}
	}
	return ""
}

func newConfig(t *terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Print the reference of all configuration keys, or an example file",
		Args:  noArgs,
	}
	example := c.Flags().Bool("example", false, "print a commented example file")
	c.RunE = func(*cobra.Command, []string) error {
		text := config.Reference()
		if *example {
			text = config.Example
		}
		_, err := fmt.Fprint(t.out, text)
		return err
	}
	return c
}
