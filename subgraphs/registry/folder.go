package registry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/weft-graphql/weft/schema"
	"github.com/weft-graphql/weft/schema/compose"
	"github.com/weft-graphql/weft/subgraphs/source"
)

// Options configure a Folder. The zero value works.
type Options struct {
	// MaxSDLBytes is how large a subgraph's schema may be. 0 means 16 MiB.
	MaxSDLBytes int
	// MaxSubgraphs is how many subgraphs the graph may have. 0 means 1,000.
	MaxSubgraphs int
	// MaxPage is how many versions one page of a history may have. 0 means 100.
	MaxPage int
	// LockWait is how long to wait for another publisher. 0 means 30 s.
	LockWait time.Duration
	// Compose bounds composition; its MaxSDLBytes is the one above.
	Compose compose.Options
	Logger  *slog.Logger
}

// Folder is a registry in a folder of files, which people can read and compare:
//
//	current.json                   the graph's revision and its subgraphs' versions
//	subgraphs/NAME/VERSION.graphql a version's schema
//	subgraphs/NAME/VERSION.json    what else is known of it: a [Version]
//	supergraphs/REVISION.graphql   what the graph composed to
//	supergraphs/REVISION.json      current.json as it was at that revision
//	.lock                          held by the one that publishes
//
// Whatever current.json refers to never changes. It is replaced last, whole, so
// that a reader sees the graph before a change or after it; what a publisher that
// died left behind is referred to by nothing, and the next one writes over it.
//
// A Folder holds nothing in memory and keeps no file open: processes may share
// the files, and methods may be called at the same time.
type Folder struct {
	dir     string
	options Options
}

var _ source.Source = (*Folder)(nil)

// Open opens the registry in dir. A folder that does not exist yet is an empty
// registry; the first publish makes it.
func Open(dir string, o Options) (*Folder, error) {
	o.MaxSDLBytes = cmp.Or(o.MaxSDLBytes, 16<<20)
	o.MaxSubgraphs = cmp.Or(o.MaxSubgraphs, 1000)
	o.MaxPage = cmp.Or(o.MaxPage, 100)
	o.LockWait = cmp.Or(o.LockWait, 30*time.Second)
	o.Compose.MaxSDLBytes = o.MaxSDLBytes
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if dir == "" {
		return nil, errors.New("the registry's folder has no name: give its path")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the registry's folder: %w", err)
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("the registry %s is a file: give a folder", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the registry's folder: %w", err)
	}
	return &Folder{dir: dir, options: o}, nil
}

// String gives the folder's path.
func (f *Folder) String() string { return f.dir }

// The files' places.
func (f *Folder) currentPath() string { return filepath.Join(f.dir, "current.json") }
func (f *Folder) lockPath() string    { return filepath.Join(f.dir, ".lock") }
func (f *Folder) versionPath(subgraph string, number int, ext string) string {
	return filepath.Join(f.dir, "subgraphs", subgraph, strconv.Itoa(number)+ext)
}

func (f *Folder) revisionPath(revision int, ext string) string {
	return filepath.Join(f.dir, "supergraphs", strconv.Itoa(revision)+ext)
}

// format is the layout's number, so that an older Weft does not misread a newer
// layout.
const format = 1

// current is current.json.
type current struct {
	Format      int       `json:"format"`
	Revision    int       `json:"revision"`
	PublishedAt time.Time `json:"publishedAt"`
	// SHA256 is of the supergraph.
	SHA256    string           `json:"sha256"`
	Subgraphs map[string]place `json:"subgraphs"`
}

// place is a subgraph in current.json.
type place struct {
	// Version is the one that is in the graph.
	Version int `json:"version"`
	// Latest is the newest one; files of newer ones were never published.
	Latest int `json:"latest"`
}

// snapshot is the graph at one moment, all files of one revision.
type snapshot struct {
	current
	entries    []Entry // by name
	supergraph string
}

// entry finds a subgraph of the graph.
func (s *snapshot) entry(name string) (Entry, bool) {
	for _, e := range s.entries {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// snapshot reads the graph. An empty registry is revision 0.
//
// What current.json refers to never changes, but a folder may be swapped whole
// or be copied file by file, so files that do not fit are read again when
// current.json has changed meanwhile.
func (f *Folder) snapshot(ctx context.Context) (*snapshot, error) {
	const attempts = 5
	var failure error
	for range attempts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		data, err := f.readCurrent()
		if err != nil {
			return nil, err
		}
		out := &snapshot{}
		if data == nil {
			err = f.checkEmpty()
		} else {
			out, err = f.readGraph(data)
		}
		if err == nil {
			return out, nil
		}
		failure = err
		if again, err := f.readCurrent(); err == nil && bytes.Equal(again, data) {
			return nil, failure
		}
	}
	return nil, fmt.Errorf("the registry %s kept changing while it was read: %w", f.dir, failure)
}

// readCurrent reads current.json; nil where there is none.
func (f *Folder) readCurrent() ([]byte, error) {
	data, err := f.read(f.currentPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the registry cannot be read: %w", err)
	}
	return data, nil
}

// checkEmpty refuses a registry that lost its current.json: taking it for empty
// would write over its versions.
func (f *Folder) checkEmpty() error {
	if _, err := os.Stat(f.revisionPath(2, ".json")); err == nil {
		return fmt.Errorf("the registry %s has published versions but no current.json: restore it, as a copy of the file with the highest number in supergraphs/*.json", f.dir)
	}
	return nil
}

func (f *Folder) readGraph(data []byte) (*snapshot, error) {
	out := &snapshot{}
	if err := json.Unmarshal(data, &out.current); err != nil {
		return nil, fmt.Errorf("%s is not what a registry wrote: %w", f.currentPath(), err)
	}
	if out.Format != format {
		return nil, fmt.Errorf("%s has the format %d, and this Weft reads %d: use the Weft that wrote it", f.currentPath(), out.Format, format)
	}
	for _, name := range slices.Sorted(maps.Keys(out.Subgraphs)) {
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("%s is not what a registry wrote: %w", f.currentPath(), err)
		}
		e, err := f.readEntry(name, out.Subgraphs[name].Version)
		if err != nil {
			return nil, err
		}
		out.entries = append(out.entries, e)
	}
	supergraph, err := f.readSummed(f.revisionPath(out.Revision, ".graphql"), out.SHA256)
	out.supergraph = supergraph
	return out, err
}

func (f *Folder) readEntry(name string, number int) (Entry, error) {
	v, err := f.readVersion(name, number)
	if err != nil {
		return Entry{}, err
	}
	path := f.versionPath(name, number, ".graphql")
	sdl, err := f.readSummed(path, v.SHA256)
	return Entry{Subgraph: schema.Subgraph{Name: name, URL: v.URL, SDL: sdl, File: path}, Version: v}, err
}

func (f *Folder) readVersion(name string, number int) (Version, error) {
	var v Version
	path := f.versionPath(name, number, ".json")
	data, err := f.read(path)
	if err != nil {
		return v, fmt.Errorf("version %d of the subgraph %s cannot be read from the registry: %w", number, name, err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("%s is not what a registry wrote: %w", path, err)
	}
	if v.Subgraph != name || v.Number != number {
		return v, fmt.Errorf("%s says that it is version %d of %q: it was moved or edited", path, v.Number, v.Subgraph)
	}
	return v, nil
}

// readSummed reads a file that must have this SHA-256.
func (f *Folder) readSummed(path, sum string) (string, error) {
	data, err := f.read(path)
	if err != nil {
		return "", fmt.Errorf("the registry cannot be read: %w", err)
	}
	if got := sha256Hex(data); got != sum {
		return "", fmt.Errorf("%s is not what was published (its SHA-256 is %s, not %s): published files must not be edited; publish a new version", path, got, sum)
	}
	return string(data), nil
}

func sha256Hex[T string | []byte](data T) string {
	sum := sha256.Sum256([]byte(data))
	return hex.EncodeToString(sum[:])
}

// read reads a file that is not larger than what the gateway reads.
func (f *Folder) read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, source.MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > source.MaxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, source.MaxFileBytes)
	}
	return data, nil
}
