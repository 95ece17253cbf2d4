package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// lock waits until no other publisher, of this process or another, is at work on
// the folder. It makes the folder where there is none.
func (f *Folder) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return nil, fmt.Errorf("the registry's folder cannot be made: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, f.options.LockWait)
	defer cancel()
	lock := flock.New(f.lockPath())
	const lookAgain = 20 * time.Millisecond
	if _, err := lock.TryLockContext(waiting, lookAgain); err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, context.DeadlineExceeded):
			return nil, fmt.Errorf("another publisher has held %s for %s: try again when it is done (the lock ends with its process)", f.lockPath(), f.options.LockWait)
		}
		return nil, fmt.Errorf("the registry cannot be locked: %w", err)
	}
	return func() {
		if err := lock.Close(); err != nil {
			f.options.Logger.WarnContext(ctx, "the registry's lock is not released", "registry", f.dir, "error", err)
		}
	}, nil
}

// write puts a file in place whole: whoever opens it sees what was there before
// or all of data, even after a crash. The lock is held, so that the name of the
// temporary file is this publisher's; what a dead one left there is written over.
func (f *Folder) write(path string, data []byte) error {
	if err := f.writeFile(path, data); err != nil {
		return fmt.Errorf("the registry cannot be written: %w", err)
	}
	return nil
}

func (f *Folder) writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temporary := filepath.Join(dir, "."+filepath.Base(path)+".tmp")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	for ; ; dir = filepath.Dir(dir) { // the folders between may be new, too
		if err := syncDir(dir); err != nil || dir == f.dir {
			return err
		}
	}
}

// syncDir makes a rename outlast a loss of power.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be opened there to be synced
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
