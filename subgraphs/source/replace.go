package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file as [Watch] wants to find it: whoever reads it sees the
// old content or the new one, never a part. A symbolic link stays, and what it
// leads to is replaced; what is no regular file (a pipe, a device) is written to
// as it is. The errors do not name the path.
func Replace(path string, data []byte, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, data, mode)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err // the temporary file's name would tell nobody anything
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
