package source

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// WatchOptions configure Watch. The zero value works.
type WatchOptions struct {
	// Quiet is how long the files must have been left alone before they are read:
	// a deployment writes several. 0 means 100 ms.
	Quiet time.Duration
	// Poll is how often the files are looked at even when the operating system
	// reports nothing, as on network file systems. 0 means 2 s.
	Poll time.Duration
	// Retry is how long to wait before a load that failed is tried again even
	// though no file changed: a subgraph that was asked for its schema may be
	// back. The wait doubles up to twelve times that. 0 means 5 s.
	Retry  time.Duration
	Logger *slog.Logger
}

// Watch loads src again whenever its files have changed and have then been
// quiet, and gives each version that loads and differs from the last to swap.
// A version that does not load, or that swap refuses, is logged with the
// reason; what was there before stays, and the next change is tried again.
// loaded is the version that is already in use.
//
// It watches folders, not files, so that it sees files that are replaced by
// renaming and symbolic links that are swapped on the way to a file. It returns
// when ctx ends.
func Watch(ctx context.Context, src Source, loaded *Supergraph, o WatchOptions, swap func(context.Context, *Supergraph) error) error {
	o.Quiet = cmp.Or(o.Quiet, 100*time.Millisecond)
	o.Poll = cmp.Or(o.Poll, 2*time.Second)
	o.Retry = cmp.Or(o.Retry, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("files cannot be watched: %w", err)
	}
	defer notify.Close()
	w := &watcher{source: src, options: o, swap: swap, notify: notify, sdl: loaded.SDL}
	w.follow(loaded.Files)
	return w.run(ctx)
}

type watcher struct {
	source  Source
	options WatchOptions
	swap    func(context.Context, *Supergraph) error
	notify  *fsnotify.Watcher

	files    []string      // what the last load read, or failed to
	loaded   []string      // their stamps when that load began
	observed []string      // their stamps at the last look
	sdl      string        // the version in use
	failure  string        // why the last load failed; "" when it did not
	retry    time.Duration // how long to wait before a failed load is tried again
}

func (w *watcher) run(ctx context.Context) error {
	poll := time.NewTicker(w.options.Poll)
	defer poll.Stop()
	load := time.NewTimer(w.options.Quiet)
	load.Stop()
	defer load.Stop()
	look := func() {
		if now := stamps(w.files); !slices.Equal(now, w.observed) {
			w.observed = now
			load.Reset(w.options.Quiet)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.notify.Events:
			look()
		case err := <-w.notify.Errors:
			w.options.Logger.WarnContext(ctx, "watching files; changes are still seen by looking at them",
				"source", w.source.String(), "error", err)
		case <-poll.C:
			look()
		case <-load.C:
			if w.load(ctx); w.failure != "" {
				load.Reset(w.retry)
			}
			look() // the files may have changed, or be others, since the load began
		}
	}
}

// load tries the source once.
func (w *watcher) load(ctx context.Context) {
	if w.failure == "" && slices.Equal(w.observed, w.loaded) {
		return
	}
	w.loaded = w.observed
	next, err := w.source.Load(ctx)
	if !slices.Equal(next.Files, w.files) {
		w.follow(next.Files)
	}
	if err == nil && next.SDL != w.sdl {
		if err = w.swap(ctx, next); err == nil {
			w.sdl = next.SDL
		}
	}
	if err == nil || ctx.Err() != nil {
		if w.failure != "" && err == nil {
			w.options.Logger.InfoContext(ctx, "the supergraph's source is in order again", "source", w.source.String())
		}
		w.failure, w.retry = "", w.options.Retry
		return
	}
	if err.Error() != w.failure {
		w.failure, w.retry = err.Error(), w.options.Retry
		w.options.Logger.ErrorContext(ctx, "the new supergraph is refused, the old one serves on",
			"source", w.source.String(), "error", err)
		return
	}
	w.retry = min(2*w.retry, 12*w.options.Retry)
}

// follow watches the folders that hold the files and the folders that their
// symbolic links lead to. The files count as not yet looked at.
func (w *watcher) follow(files []string) {
	w.files, w.observed, w.loaded = files, nil, nil
	folders := map[string]bool{}
	for _, f := range files {
		folders[filepath.Dir(f)] = true
		if target, err := filepath.EvalSymlinks(f); err == nil {
			folders[filepath.Dir(target)] = true
		}
	}
	for _, old := range w.notify.WatchList() {
		if !folders[old] {
			_ = w.notify.Remove(old) // gone already is as good
		}
	}
	for f := range folders {
		if err := w.notify.Add(f); err != nil {
			w.options.Logger.Warn("a folder cannot be watched; its files are looked at from time to time",
				"folder", f, "error", err)
		}
	}
}
