package operation

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// Each file of testdata/normalise is an archive: schema.graphql, then pairs of
// NAME.graphql, an operation, and NAME.txt, its normal form or its errors.
func TestNormalForm(t *testing.T) {
	files, err := filepath.Glob("testdata/normalise/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := NewParser(loadSDL(t, string(archive.Files[0].Data)), Options{Introspection: true, Defer: true})
			out := &txtar.Archive{Comment: archive.Comment, Files: slices.Clone(archive.Files[:1])}
			want := map[string]string{}
			for _, f := range archive.Files[1:] {
				want[f.Name] = string(f.Data)
			}
			for _, f := range archive.Files[1:] {
				name, ok := strings.CutSuffix(f.Name, ".graphql")
				if !ok {
					continue
				}
				got := describe(p, string(f.Data))
				out.Files = append(out.Files, f, txtar.File{Name: name + ".txt", Data: []byte(got)})
				if diff := cmp.Diff(want[name+".txt"], got); diff != "" && !*update {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// describe gives the normal form of a document's operation, followed by the
// made-up keys and what Unless says.
func describe(p *Parser, text string) string {
	doc, errs := p.Parse(text)
	if len(errs) > 0 {
		return errs.Error() + "\n"
	}
	o, err := doc.Operation("")
	if err != nil {
		return err.Error() + "\n"
	}
	var b strings.Builder
	b.WriteString(o.String() + "\n")
	describeFields(&b, o, o.Root, "")
	return b.String()
}

func describeFields(b *strings.Builder, o *Operation, s *SelectionSet, path string) {
	for _, f := range s.Fields {
		at := path + f.Key
		if f.Key != f.ResponseKey {
			b.WriteString("# " + at + " is " + f.ResponseKey + " on " + strings.Join(o.types.names(f.On), ", ") + "\n")
		}
		for _, stricter := range f.Stricter {
			b.WriteString("# " + at + " is " + stricter.Type.String() + " on " + strings.Join(o.types.names(stricter.On), ", ") + "\n")
		}
		for _, g := range f.Unless {
			b.WriteString("# " + at)
			for _, own := range f.Guards {
				b.WriteString(guardText(o, own))
			}
			b.WriteString(" unless" + guardText(o, g) + "\n")
		}
		if f.Selections != nil {
			describeFields(b, o, f.Selections, at+".")
		}
	}
}

func guardText(o *Operation, g Guard) string {
	text := ""
	for i, c := range o.Conditions {
		if g.Require&(1<<i) != 0 {
			text += " $" + c.Name
		}
		if g.Forbid&(1<<i) != 0 {
			text += " !$" + c.Name
		}
	}
	return text
}
