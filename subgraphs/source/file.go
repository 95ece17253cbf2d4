package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// MaxFileBytes is how large a file may be that a source reads.
const MaxFileBytes = 64 << 20

// File is a file of supergraph SDL. Its value is the path.
type File string

// Load reads the file.
func (f File) Load(context.Context) (*Supergraph, error) {
	out := &Supergraph{Files: []string{string(f)}}
	data, err := readFile(string(f))
	if err != nil {
		return out, fmt.Errorf("the supergraph cannot be read: %w", err)
	}
	out.SDL = string(data)
	return out, nil
}

func (f File) String() string { return string(f) }

// readFile reads a whole file that is not larger than MaxFileBytes. Its errors
// name the path.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, MaxFileBytes)
	}
	return data, nil
}

// stamp identifies what a path holds without reading it: the file that it
// resolves to (Kubernetes swaps a symbolic link in the middle of the path), its
// size and its time of change.
func stamp(path string) string {
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Stat(target); err == nil {
			return fmt.Sprintf("%s %d %d", target, info.Size(), info.ModTime().UnixNano())
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "absent"
	}
	return err.Error()
}

func stamps(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = stamp(p)
	}
	return out
}
