package apidiff

// Kind names what changed.
type Kind string

// The kinds. A field is an output field; those of input objects are INPUT_FIELD.
// An added type is safe wherever it appears: what refers to it is a change of
// its own.
const (
	TypeRemoved      Kind = "TYPE_REMOVED"
	TypeAdded        Kind = "TYPE_ADDED"
	TypeKindChanged  Kind = "TYPE_KIND_CHANGED"
	RootRemoved      Kind = "ROOT_OPERATION_REMOVED"
	RootAdded        Kind = "ROOT_OPERATION_ADDED"
	RootChanged      Kind = "ROOT_OPERATION_CHANGED"
	SpecifiedBy      Kind = "SPECIFIED_BY_CHANGED"
	InterfaceRemoved Kind = "INTERFACE_IMPLEMENTATION_REMOVED"
	InterfaceAdded   Kind = "INTERFACE_IMPLEMENTATION_ADDED"
	MemberRemoved    Kind = "UNION_MEMBER_REMOVED"
	MemberAdded      Kind = "UNION_MEMBER_ADDED"
	EnumValueRemoved Kind = "ENUM_VALUE_REMOVED"
	EnumValueAdded   Kind = "ENUM_VALUE_ADDED"

	FieldRemoved     Kind = "FIELD_REMOVED"
	FieldAdded       Kind = "FIELD_ADDED"
	FieldTypeChanged Kind = "FIELD_TYPE_CHANGED"

	ArgumentRemoved        Kind = "ARGUMENT_REMOVED"
	ArgumentAdded          Kind = "ARGUMENT_ADDED"
	ArgumentTypeChanged    Kind = "ARGUMENT_TYPE_CHANGED"
	ArgumentDefaultChanged Kind = "ARGUMENT_DEFAULT_CHANGED"

	InputFieldRemoved        Kind = "INPUT_FIELD_REMOVED"
	InputFieldAdded          Kind = "INPUT_FIELD_ADDED"
	InputFieldTypeChanged    Kind = "INPUT_FIELD_TYPE_CHANGED"
	InputFieldDefaultChanged Kind = "INPUT_FIELD_DEFAULT_CHANGED"
	OneOfAdded               Kind = "ONE_OF_ADDED"
	OneOfRemoved             Kind = "ONE_OF_REMOVED"

	DirectiveRemoved         Kind = "DIRECTIVE_REMOVED"
	DirectiveAdded           Kind = "DIRECTIVE_ADDED"
	DirectiveLocationRemoved Kind = "DIRECTIVE_LOCATION_REMOVED"
	DirectiveLocationAdded   Kind = "DIRECTIVE_LOCATION_ADDED"
	DirectiveRepeatable      Kind = "DIRECTIVE_REPEATABLE_CHANGED"

	DescriptionChanged Kind = "DESCRIPTION_CHANGED"
	DeprecationAdded   Kind = "DEPRECATION_ADDED"
	DeprecationRemoved Kind = "DEPRECATION_REMOVED"
	DeprecationChanged Kind = "DEPRECATION_CHANGED"
)
