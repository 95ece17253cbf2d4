// Command mutate says which rules no test holds: it takes the statements and
// conditions of packages away one by one, runs the packages' tests on each
// change, and names the changes that all tests survive.
//
//	go run ./scripts/mutate -kinds report -tests ./schema/compose,./schema/compose/corpus ./schema/compose
//
// The changes are compiled into one test binary, and the environment variable
// WEFT_MUTANT chooses one of them, so that a change costs a run of the tests and
// no compilation. Nothing in the working tree is touched.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

type options struct {
	kinds   []string
	tests   []string
	only    *regexp.Regexp
	workers int
	limit   time.Duration
}

func main() {
	kinds := flag.String("kinds", strings.Join(allKinds, ","), "what to take away: "+strings.Join(allKinds, ", "))
	tests := flag.String("tests", "", "the packages whose tests run, separated by commas; those that are changed if empty")
	only := flag.String("only", "", "a regular expression for the places (file:line) to change")
	workers := flag.Int("workers", runtime.NumCPU(), "how many changes are tried at once")
	limit := flag.Duration("limit", time.Minute, "how long the tests of one package may take before the change counts as found")
	flag.Parse()
	o := options{kinds: strings.Split(*kinds, ","), workers: *workers, limit: *limit}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if o.only, err = regexp.Compile(*only); err == nil {
		if o.tests = flag.Args(); *tests != "" {
			o.tests = strings.Split(*tests, ",")
		}
		err = run(ctx, o, flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run changes the packages in the folders and reports what survives.
func run(ctx context.Context, o options, folders []string) error {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var all []mutant
	overlay := map[string]string{}
	for _, folder := range folders {
		found, err := mutate(folder, work, o, len(all), overlay)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	binaries, err := build(ctx, work, o.tests, overlay)
	if err != nil {
		return err
	}
	if failed, err := try(ctx, o, binaries, -1); err != nil || failed {
		return fmt.Errorf("the tests fail without any change (error %v)", err)
	}
	fmt.Printf("%d changes\n", len(all))
	survived := tryAll(ctx, o, binaries, all)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if len(survived) > 0 {
		return fmt.Errorf("the tests survive %d of %d changes", len(survived), len(all))
	}
	return nil
}

// build compiles the tests with all changes in them.
func build(ctx context.Context, work string, tests []string, overlay map[string]string) ([]binary, error) {
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return nil, err
	}
	list := filepath.Join(work, "overlay.json")
	if err := os.WriteFile(list, data, 0o600); err != nil {
		return nil, err
	}
	var out []binary
	for i, folder := range tests {
		b := binary{path: filepath.Join(work, fmt.Sprintf("%d.test", i)), folder: folder}
		built := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", list, "-o", b.path, folder)
		if text, err := built.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the tests of %s: %w\n%s", folder, err, text)
		}
		out = append(out, b)
	}
	return out, nil
}

// binary is the compiled tests of the package in a folder.
type binary struct{ path, folder string }

// tryAll tries every change and prints those that survive as they are found.
func tryAll(ctx context.Context, o options, binaries []binary, all []mutant) []mutant {
	var lock sync.Mutex
	var survived []mutant
	var running sync.WaitGroup
	next := make(chan mutant)
	for range o.workers {
		running.Go(func() {
			for m := range next {
				failed, err := try(ctx, o, binaries, m.id)
				lock.Lock()
				switch {
				case ctx.Err() != nil:
				case err != nil:
					fmt.Printf("%s: cannot be tried: %v\n", m, err)
				case !failed:
					survived = append(survived, m)
					fmt.Println(m)
				}
				lock.Unlock()
			}
		})
	}
	for _, m := range all {
		if ctx.Err() != nil {
			break
		}
		next <- m
	}
	close(next)
	running.Wait()
	slices.SortFunc(survived, func(a, b mutant) int { return a.id - b.id })
	return survived
}

// try reports whether some test fails with the change. A change with which the
// tests do not end counts as found.
func try(ctx context.Context, o options, binaries []binary, id int) (failed bool, err error) {
	for _, b := range binaries {
		limited, cancel := context.WithTimeout(ctx, o.limit)
		test := exec.CommandContext(limited, b.path, "-test.failfast", "-test.timeout=0")
		test.Dir = b.folder
		test.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, id))
		err := test.Run()
		cancel()
		var exit *exec.ExitError
		switch {
		case err == nil:
		case errors.As(err, &exit) || limited.Err() != nil:
			return true, nil
		default:
			return false, err
		}
	}
	return false, nil
}
