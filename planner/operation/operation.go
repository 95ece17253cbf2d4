// Package operation turns the text of a client's document into operations that
// can be planned: parsed, limited, validated against the API schema and
// normalised. It also holds the cost formula of an operation.
//
// It knows nothing about subgraphs: planning is the parent package's job.
package operation

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// Operation is one operation of a document in normal form: fragments are
// expanded, fields are merged as the specification's CollectFields merges them
// for each object type, constant @skip and @include are applied, and what can
// never be selected is gone. It is immutable and shared by requests.
type Operation struct {
	// Kind is query, mutation or subscription.
	Kind ast.Operation
	// Name is the client's name for it; empty where anonymous. It is not part of Hash.
	Name string
	// Root is the selection set on the root type.
	Root *SelectionSet
	// Variables are the operation's variable definitions in the client's order.
	Variables []Variable
	// Conditions say what each bit of a request's [Conditions] means.
	Conditions []Condition
	// Blocks are what @defer makes of the operation, each after its Parent; the
	// first is the primary one. It is nil where nothing is deferred.
	Blocks []Block
	// Text is the normal form printed, without the name; equal texts have equal plans.
	Text string
	// Hash is SHA-256 over Text.
	Hash [32]byte
	// Cost is the formula of the operation's cost; nil in Planned where that is
	// another operation.
	Cost *Cost
	// Planned is the operation in the form in which it is planned: literals are
	// variables, so that operations that differ only in them have equal Hashes
	// and share a plan. Its fields are those of this operation, one for one. It is
	// this operation itself where nothing is lifted.
	Planned *Operation
	// Literals are the values of those variables of Planned that this operation
	// does not have, as JSON.
	Literals map[string]json.RawMessage

	types *typeTable
}

// Variable is a variable definition of an operation.
type Variable struct {
	Name string
	// Definition is what the client wrote, validated.
	Definition *ast.VariableDefinition
	// Text is the definition as a subgraph operation carries it, default
	// included: "$first: Int = 5".
	Text string
}

// SelectionSet is what is asked of one composite value.
type SelectionSet struct {
	// Type is the static type of the value, in the API schema. It may be
	// abstract.
	Type string
	// Possible are the object types that the value can have here: the possible
	// types of Type, narrowed by where it stands. Those that the API does not show
	// (@inaccessible) are not among them.
	Possible schema.TypeSet
	// Fields are in the order in which the answer has them. For any one object
	// type and any conditions, at most one of the fields with one ResponseKey applies.
	Fields []*Field
}

// Field is a selected field with everything that was merged into it.
type Field struct {
	// ResponseKey is the field's key in the client's answer.
	ResponseKey string
	// Key identifies the field inside its SelectionSet: it is the ResponseKey,
	// or a made-up name where several fields of the set (on different object
	// types) share a ResponseKey. Plans use it as the alias in subgraph requests.
	// Fields that differ only in their guards share a Key.
	Key string
	// Name is the field's name in the schema, which may be __typename.
	Name string
	// Definition is the field in the API schema: that of the object type, or with
	// several types in On that of the type it was selected on.
	Definition *ast.FieldDefinition
	// On are the object types for which the field is selected; always a subset
	// of the SelectionSet's Possible.
	On schema.TypeSet
	// Stricter says where object types in On define the field with other lists and
	// non-nulls than Definition. It is nil where they all agree with it.
	Stricter []StricterType
	// Arguments are the client's, with variables in place.
	Arguments ast.ArgumentList
	// Guards say when the field is selected (@skip, @include). nil means always.
	Guards Guards
	// Unless says that the field gives way to another with the same ResponseKey
	// and object types that stands earlier, when any of these guards holds. It
	// concerns the answer's order only: planning may ignore it.
	Unless Guards
	// Denied is set where nobody may have the field ([schema.Field]): it is not
	// planned, and null in the answer. It has then no Selections, whatever its type.
	Denied bool
	// Selections is nil for a leaf.
	Selections *SelectionSet
	// Deferred says which payloads bring the field, see [Payloads]; nil means the
	// primary one, always.
	Deferred []Deferral
	// Position is where the client's document has the field, for error locations.
	Position *ast.Position
	// ItemCost and FieldCost are the weights that the actual cost counts: FieldCost
	// once for each time the field is answered, ItemCost for each object in it, or
	// for each item where it is a list of leaves.
	FieldCost, ItemCost float64
}

// StricterType is the type of a field on object types that promise more of it
// than the interface on which it was selected: null propagates by their promise.
type StricterType struct {
	On   schema.TypeSet
	Type *ast.Type
}

// TypeOn is the type of the field's value on an object type of On.
func (f *Field) TypeOn(object int) *ast.Type {
	for _, s := range f.Stricter {
		if s.On.Has(object) {
			return s.Type
		}
	}
	return f.Definition.Type
}

// Conditions is a request's value for each of an operation's conditions: bit i
// belongs to Operation.Conditions[i]. It is evaluated once per request.
type Conditions uint64

// MaxConditions is how many conditions one operation can have.
const MaxConditions = 64

// Condition is something of a request that decides what is selected or planned.
type Condition struct {
	Kind ConditionKind
	// Name is the Boolean variable's name, or the override's label.
	Name string
}

// ConditionKind says where a condition's value comes from.
type ConditionKind int

const (
	// VariableCondition is a Boolean variable of @skip or @include. It guards
	// selections and never changes the plan.
	VariableCondition ConditionKind = iota
	// LabelCondition is an @override label that is on for this request.
	LabelCondition
	// DeferCondition is a Boolean variable of @defer. It guards nothing and changes
	// the plan.
	DeferCondition
)

// Guard holds when every condition in Require is true and every one in Forbid is false.
type Guard struct {
	Require, Forbid Conditions
}

// Holds reports whether the guard lets the request's conditions pass.
func (g Guard) Holds(c Conditions) bool {
	return g.Require&^c == 0 && g.Forbid&c == 0
}

// Guards holds when any one of its guards holds. nil always holds.
type Guards []Guard

// Hold reports whether the guards let the request's conditions pass.
func (gs Guards) Hold(c Conditions) bool {
	if gs == nil {
		return true
	}
	for _, g := range gs {
		if g.Holds(c) {
			return true
		}
	}
	return false
}
