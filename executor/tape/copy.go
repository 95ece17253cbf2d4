package tape

// Copy copies a value with all objects and lists in it, into the documents that
// have them. The copy's objects were visited and taken by nobody. Slices that
// [Docs.Slots] gave before it must not be written to after it.
func (d Docs) Copy(v Value) Value {
	if v.Kind != Object && v.Kind != List {
		return v
	}
	t := d[v.Doc]
	base := t.take(int(v.Len) + 1)
	copy(t.values[base:], t.values[v.Off-1:v.Off+v.Len])
	if h := &t.values[base]; v.Kind == Object {
		h.aux = 0
		if h.Off > maxSize {
			h.Off, h.Len = 0, 0
		}
	}
	v.Off = uint32(base + 1)
	for i := range int(v.Len) {
		at := int(v.Off) + i
		c := d.Copy(t.values[at]) // may move the slab
		t.values[at] = c
	}
	return v
}
