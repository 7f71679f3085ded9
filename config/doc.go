// Package config reads photoedge's configuration: a YAML file, and every key of
// it by an environment variable too, which wins over the file.
//
//  1. The text of the file becomes a tree of nodes, each of which knows the
//     line it came from (file.go, tree.go).
//  2. The environment is laid over the tree: PHOTOEDGE_CACHE_MEMORY is the node
//     cache.memory (environ.go).
//  3. The tree is decoded into a [Config] that already holds the defaults
//     (decode.go). From here on it does not matter where a value came from.
//  4. The Config is validated: each value's limits (limits.go), then what values
//     mean together (rules.go, siterules.go).
//
// Every step adds to one list of problems, so that one run tells all that is
// wrong, each with its key and its line or variable (problem.go).
//
// A key is described once, where it is a field of a struct in config.go: the tag
// holds its name, default and limits, the comment its meaning. File, environment,
// limits and [Reference] all follow from there (schema.go, reference.go).
package config
