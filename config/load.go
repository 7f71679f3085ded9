package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"reflect"
)

// Load reads the file at path and the PHOTOEDGE_ variables of environ, which are
// strings "NAME=value" as of os.Environ. An empty path: there is no file, the
// environment says everything. An error is an [*Error] with all problems.
func Load(path string, environ []string) (*Config, error) {
	if path == "" {
		r := newReport(place{source: "environment"})
		return build(&node{kind: group, place: r.root}, environ, r)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, &Error{Problems: []Problem{{Source: path, Message: unreadable(err)}}, cause: err}
	}
	return Parse(path, data, environ)
}

// Parse is Load with the file's content; name stands for it in problems.
func Parse(name string, yaml []byte, environ []string) (*Config, error) {
	r := newReport(place{source: name})
	root := readTree(yaml, r)
	if root == nil {
		return nil, r.err()
	}
	return build(root, environ, r)
}

// Default returns a configuration in which every key has its default. It has no
// sites yet, and so is not valid.
func Default() *Config {
	c := &Config{}
	setDefaults(reflect.ValueOf(c).Elem())
	return c
}

// Validate returns an [*Error] with everything that is wrong with c, or nil. Load
// and Parse have done so already.
func (c *Config) Validate() error {
	r := newReport(place{source: "configuration"})
	validate(c, r)
	return r.err()
}

// build makes a configuration of the file's tree and the environment.
func build(root *node, environ []string, r *report) (*Config, error) {
	c := Default()
	overlay(root, environ, r)
	(&decoder{report: r}).value(root, "", reflect.ValueOf(c).Elem())
	c.fillIn()
	validate(c, r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// fillIn sets the keys whose default is another key's value.
func (c *Config) fillIn() {
	for i := range c.Sites {
		s := &c.Sites[i]
		if s.Name == "" && len(s.Hosts) > 0 {
			s.Name = s.Hosts[0]
		}
		for j := range s.Regions {
			if r := &s.Regions[j]; r.SigningRegion == "" {
				r.SigningRegion = r.Name
			}
		}
	}
}

var errDirectory = errors.New("is a directory")

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errDirectory
	}
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

// unreadable says why the file could not be read and what helps.
func unreadable(err error) string {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist: check the path, or " + configVariable + " if it came from there"
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read: give the user that photoedge runs as the right to read it"
	case errors.Is(err, errDirectory):
		return "is a directory: give the path of the YAML file in it"
	case errors.As(err, &pathErr):
		return "cannot be read: " + pathErr.Err.Error()
	}
	return "cannot be read: " + err.Error()
}
