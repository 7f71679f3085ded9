package config

// kind is what a node of the tree is.
type kind uint8

const (
	nothing kind = iota // a key without a value, or null
	text                // a scalar in quotes, or a block: text and nothing else
	literal             // a scalar that YAML reads as a number or a truth
	untyped             // any other scalar, and those of the environment
	list
	group
)

// node is a value that has no type yet, and where it came from.
type node struct {
	kind   kind
	place  place
	scalar string
	items  []*node
	fields []field
	// whole is a value that one variable set completely, lists included.
	whole bool
}

// field is a key of a group.
type field struct {
	name  string
	value *node
}

// get returns the value of a key of the group, or nil.
func (n *node) get(name string) *node {
	for _, f := range n.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}
