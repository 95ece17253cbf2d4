package planner

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/planner/operation"
	"github.com/weft-graphql/weft/schema"
)

// Plan says which requests to make of which subgraphs, what each needs from
// the others, and where its answer belongs. It is immutable and shared.
//
// Data meets in one merged tree whose objects hold values by Key (see
// [operation.Field.Key]): every request selects its fields under their Keys,
// and whatever reads the tree (paths, representations, the answer's
// projection) names Keys.
type Plan struct {
	// Operation is what was planned. A plan is shared by operations of equal
	// normal text; what differs between them (name, positions) is not used.
	Operation *operation.Operation
	// Steps are the requests, each after those it depends on.
	Steps []*Step
	// Blocks are the payloads of the answer, each after its Parent; block 0 is the
	// primary one. Which fields each brings Payloads tells.
	Blocks []Block
	// Degraded is set where the planner's budget ran out and the plan is the
	// greedy one: correct, perhaps not the cheapest.
	Degraded bool

	// effective is the operation's Effective for the plan's conditions, and numbers
	// are the plan's blocks by the operation's; both are nil without @defer.
	effective, numbers []int
}

// Block is one payload of the answer: the primary one, or a deferred one (@defer)
// for each object at its Path. A payload can be sent once its parent's is sent
// and its Steps and those that it DependsOn are done; it holds nothing for an
// object that is null or of another type.
type Block struct {
	// Label is the client's; it may be empty.
	Label string
	// Parent is the block around this one.
	Parent int
	// Path are the response keys that lead from the answer's root to the objects;
	// lists on the way are followed item by item. It is empty for the root.
	Path []string
	// Steps are the IDs of the block's own steps: nothing that an earlier payload
	// brings waits for them.
	Steps []int
	// DependsOn are the IDs of other blocks' steps that hold something for the
	// payload or that the block's own steps need.
	DependsOn []int
}

// Payloads gives the blocks that bring a field of the plan's Operation, by rising
// number, under a request's conditions. With several the field belongs to each of
// them and to none before; whichever is sent first must bring it.
func (p *Plan) Payloads(f *operation.Field, c operation.Conditions) []int {
	if f.Deferred == nil || p.effective == nil {
		return []int{0}
	}
	all := p.Operation.Payloads(f, p.effective, c)
	for i := range all {
		all[i] = p.numbers[all[i]]
	}
	return all
}

// Local is the Graph of a step that the gateway answers itself: introspection.
const Local = -1

// Step is one request to one subgraph.
type Step struct {
	// ID is the step's index in the plan.
	ID int
	// Graph is the index in [schema.Supergraph.Graphs], or [Local].
	Graph int
	// Kind is the operation that the request carries: query, mutation or subscription.
	Kind ast.Operation
	// DependsOn are the IDs of the steps whose data this one needs, or that it
	// must follow (a mutation's root fields).
	DependsOn []int
	// Depth is the length of the longest chain of steps before this one.
	Depth int
	// Block is the first payload that needs the step. No step depends on one of a
	// later block, nor on one of a block that is not around it or shares fields.
	Block int
	// Guards say when the step is needed at all. nil means always.
	Guards operation.Guards
	// Parts are the root fields of the request, each selected and answered by
	// itself. A part that needs nothing (its guards fail, it has no entities to
	// ask for, the cache has all of it) is left out of the request.
	Parts []*Part
}

// Part is one root field of a step's request: a field of the query or mutation
// root, or one _entities field.
type Part struct {
	// Key is the root field's response key in the subgraph's answer.
	Key string
	// Guards say when the part is needed. nil means always.
	Guards operation.Guards
	// Text is the root field in GraphQL, alias and arguments included:
	// "topProducts(first: $first) { upc }" or
	// "_e0: _entities(representations: $_r0) { ... on Product { name } }". White
	// space is left out. A root field that the client selects under several guards
	// is here several times, each with its @include or @skip; what the part's own
	// Guards say is not repeated.
	Text string
	// Variables are the names of the operation's variables that Text uses.
	Variables []string

	// Output is what the part selects. A client's __typename is not in it: it is
	// answered from the runtime type. For a root field it is a selection on the
	// root type with one field, that of Key; for entities it is the selection on
	// each entity.
	Output *Selection

	// Paths lead to the objects that a root field belongs to: values of the query's
	// root type below other fields. nil is the root of the merged tree. Where they
	// lead to no object the part is not needed; several objects share its value.
	Paths []Path

	// Entity is set for an _entities part.
	Entity *Entity
}

// Entity says which objects of the merged tree an _entities part fetches more of.
type Entity struct {
	// Variable is the name of the representations variable in Text, without "$".
	Variable string
	// Paths lead to the objects. With several, the objects of all paths are asked
	// for together and each receives the Output; the selections below the paths
	// are then equal.
	Paths []Path
	// Inputs say how an object is represented, by its runtime type. An object
	// whose type has no input is left alone.
	Inputs []*Input
	// Contexts are the values that the entities' fields take from objects above.
	Contexts []*Context
}

// Path leads from the root of the merged tree to objects; lists on the way are
// followed item by item, however deep they nest.
type Path []PathElement

// PathElement is one field on a path.
type PathElement struct {
	// Key is the field's key in the merged tree.
	Key string
	// Types narrows to objects of these types, reached by Key. nil takes all.
	Types schema.TypeSet
	// Lists is how many lists the field's type nests; for display.
	Lists int
}

// Input is the representation of entities of some object types.
type Input struct {
	// On are the runtime types that it is for.
	On schema.TypeSet
	// Typename is what the representation carries as __typename; empty means the
	// object's own runtime type.
	Typename string
	// Untyped is set where it is also for objects whose runtime type is not known:
	// they come from a subgraph that has an interface object in the type's place.
	Untyped bool
	// Fields are what it holds besides, in order: the key's fields first, then
	// what @requires adds.
	Fields []*Require
}

// Require is a field of a representation, read from the merged tree.
type Require struct {
	// Name is the field's name in the representation.
	Name string
	// Key is where the merged tree has it.
	Key string
	// On narrows to objects of these types (a fragment in @requires). nil takes all.
	On schema.TypeSet
	// NonNull is set for a key's field: where it is null or missing the object
	// cannot be represented and is not asked for. Other fields may be null.
	NonNull bool
	// Fields is set for a composite value; lists are followed.
	Fields []*Require
}

// Selection is what a request selects on one composite value.
type Selection struct {
	// Object is the index of the object type where the value can have only one;
	// -1 where the request asks for __typename, under the Key that the Output of
	// that Name has. It is -1 without such an Output where the subgraph knows the
	// value as an interface object: its runtime type is known from elsewhere or
	// concerns nobody.
	Object int
	Fields []*Output
}

// Output is one selected field.
type Output struct {
	// Key is the field's key in the merged tree, and its response key in the
	// subgraph's answer unless Alias is set.
	Key string
	// Alias is the response key where the subgraph has the field of some object
	// types in a type that does not agree with the others'.
	Alias string
	// Name is the field's name; "__typename" tells the runtime type.
	Name string
	// On are the object types that it is selected for; nil means all.
	On schema.TypeSet
	// Selection is nil for a leaf.
	Selection *Selection
}
