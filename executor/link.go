package executor

import "github.com/weft-graphql/weft/executor/tape"

// link puts a step's items into the merged tree; mu is held. What is there is
// never overwritten by null or by nothing.
func (x *execution) link(i int) {
	sp, st := &x.p.steps[i], &x.steps[i]
	for j := range sp.parts {
		pp, ps := &sp.parts[j], &st.parts[j]
		if !ps.active {
			continue
		}
		if pp.part.Entity == nil {
			x.linkRoot(i, pp, ps)
			continue
		}
		for _, t := range ps.targets {
			switch {
			case t.unique == silenced:
				x.explain(t.object, pp.shape)
			case t.unique == notAsked:
			default:
				x.linkEntity(pp, t.object, x.itemFor(i, pp, ps, t.unique))
			}
		}
	}
}

func (x *execution) linkRoot(i int, pp *partProgram, ps *partState) {
	v := ps.items[0]
	if v.Kind == tape.Missing {
		return
	}
	if len(pp.paths) == 0 {
		x.assign(x.docs.Slot(x.root, pp.slot), v)
	}
	for _, t := range ps.targets {
		own := x.itemFor(i, pp, ps, 0) // before the slot is found: copying may move slots
		x.assign(x.docs.Slot(t.object, pp.slot), own)
	}
}

func (x *execution) linkEntity(pp *partProgram, object, entity tape.Value) {
	switch entity.Kind {
	case tape.Object:
		x.mergeTag(object, entity)
		into, from := x.docs.Slots(object), x.docs.Slots(entity)
		for k, slot := range pp.into {
			if v := from[k]; v.Kind != tape.Missing {
				x.assign(&into[slot], v)
			}
		}
	case tape.Null:
		if x.docs.Explained(entity) {
			x.explain(object, pp.shape)
		}
	}
}

// merge fills an object's slots from another one of the same layout.
func (x *execution) merge(into, from tape.Value) {
	if into.Doc == from.Doc && into.Off == from.Off {
		return
	}
	x.mergeTag(into, from)
	slots := x.docs.Slots(into)
	for i, v := range x.docs.Slots(from) {
		if v.Kind != tape.Missing && i < len(slots) {
			x.assign(&slots[i], v)
		}
	}
}

// mergeTag takes over the type of an object where it is not known yet.
func (x *execution) mergeTag(into, from tape.Value) {
	if tag := x.docs.Header(from).Tag(); tag != 0 {
		if h := x.docs.Header(into); h.Tag() == 0 {
			h.SetTag(tag)
		}
	}
}

// assign puts a value where perhaps one is already: objects and lists of equal
// length are merged, and otherwise the first one that is not null stays.
func (x *execution) assign(slot *tape.Value, v tape.Value) {
	switch {
	case slot.Kind == tape.Missing || slot.Kind == tape.Null && v.Kind > tape.Null:
		*slot = v
	case slot.Kind == tape.Null:
		if x.docs.Explained(v) {
			slot.Flags |= tape.Explained
		}
	case slot.Kind == tape.Object && v.Kind == tape.Object:
		x.merge(*slot, v)
	case slot.Kind == tape.List && v.Kind == tape.List && slot.Len == v.Len:
		if slot.Doc == v.Doc && slot.Off == v.Off {
			return
		}
		items := x.docs.Slots(*slot)
		for i, item := range x.docs.Slots(v) {
			x.assign(&items[i], item)
		}
	}
}

// explain notes that an error accounts for what an object lacks of a shape.
func (x *execution) explain(object tape.Value, shape *tape.Shape) {
	tag := x.docs.Header(object).Tag()
	if tag == 0 {
		x.docs[object.Doc].Explained = true // its type may be among what it lacks
	}
	for i := range shape.Fields {
		f := &shape.Fields[i]
		if tag != 0 && !f.Has(tag) {
			continue
		}
		x.explainValue(x.docs.Slot(object, f.Slot), f.Child)
	}
}

func (x *execution) explainValue(slot *tape.Value, shape *tape.Shape) {
	switch slot.Kind {
	case tape.Missing:
		*slot = tape.Value{Kind: tape.Null, Flags: tape.Explained}
	case tape.Null:
		slot.Flags |= tape.Explained
	case tape.List:
		if shape != nil {
			items := x.docs.Slots(*slot)
			for i := range items {
				x.explainValue(&items[i], shape)
			}
		}
	case tape.Object:
		if shape != nil {
			x.explain(*slot, shape)
		}
	}
}
