package satisfy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weft-graphql/weft/schema"
)

// checkRuntimeTypes compares what object types a field that several subgraphs
// resolve can bring from each: all of them should bring the same. It gives false
// where they have none in common; there is then no telling what comes below.
func (c *checker) checkRuntimeTypes(v visit, f *ast.FieldDefinition, to []static) bool {
	to = slices.DeleteFunc(slices.Clone(to), func(s static) bool { return s.node.Opaque })
	abstract := 0
	for _, s := range to {
		if s.node.Type.Object < 0 {
			abstract++
		}
	}
	if abstract < 2 {
		return true // a subgraph with an object type there has said what it gives
	}
	common, all := to[0].node.Possible, to[0].node.Possible
	for _, s := range to[1:] {
		common, all = common.And(s.node.Possible), all.Or(s.node.Possible)
	}
	coordinate := v.state.object.Name + "." + f.Name
	if common.Equal(all) || c.checked[coordinate] {
		return !common.Empty() || all.Empty()
	}
	c.checked[coordinate] = true
	c.reportRuntimeTypes(coordinate, f, to, common.Empty())
	return !common.Empty()
}

func (c *checker) reportRuntimeTypes(coordinate string, f *ast.FieldDefinition, to []static, disjoint bool) {
	var at []schema.Location
	var each []string
	for _, s := range to {
		name := c.sg.Graphs[s.node.Graph].Name
		each = append(each, fmt.Sprintf("%s in subgraph %q", c.typeNames(s.node.Possible), name))
		at = append(at, c.locate(name, coordinate)...)
	}
	slices.Sort(each)
	each = slices.Compact(each)
	message := fmt.Sprintf("%s is shared by subgraphs that can give different object types for its type %s: %s.", coordinate, f.Type, strings.Join(each, "; "))
	if !disjoint {
		c.hints = append(c.hints, schema.Hint{
			Code: hintRuntimeTypes, Coordinate: coordinate, Locations: at,
			Message: message + " Whichever subgraph is asked, the answer should be the same.",
		})
		return
	}
	whole := c.pass
	for whole.over != nil {
		whole = whole.over // a trial may still fail, but this is wrong in any case
	}
	whole.errs = append(whole.errs, &schema.Error{
		Code: codeRuntimeTypes, Coordinate: coordinate, Locations: at,
		Message: message + " They have none in common, so the subgraphs cannot mean the same value.",
		Fix:     "Make the subgraphs that share the field give the same object types, or let only one of them resolve it.",
	})
}

func (c *checker) typeNames(set schema.TypeSet) string {
	var names []string
	for o := range set.All() {
		if len(names) == 10 {
			names = append(names, fmt.Sprintf("%d more", set.Len()-10))
			break
		}
		names = append(names, c.sg.Objects[o].Name)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func (c *checker) locate(subgraph, coordinate string) []schema.Location {
	if c.options.Locate == nil {
		return nil
	}
	return c.options.Locate(subgraph, coordinate)
}
