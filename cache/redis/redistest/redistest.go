// Package redistest starts real redis-server processes for tests, and stops, pauses and restarts them to show what happens
// to those who use them. It is for tests only.
package redistest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for a server to start or to end.
const patience = 20 * time.Second

// Server is one redis-server on 127.0.0.1 that keeps nothing on disk. It ends with the test.
type Server struct {
	t         testing.TB
	dir       string
	port      int
	arguments []string

	mu      sync.Mutex
	process *exec.Cmd
}

// Start starts a server on a free port and waits until it answers. The arguments are added to redis-server's own, such as
// "--requirepass", "secret".
func Start(t testing.TB, arguments ...string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), port: freePort(t)}
	s.arguments = append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no",
	}, arguments...)
	t.Cleanup(s.Stop)
	s.Restart()
	return s
}

// StartSentinel starts a Sentinel that watches the server under the name.
func StartSentinel(t testing.TB, name string, watched *Server) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), port: freePort(t)}
	file := filepath.Join(s.dir, "sentinel.conf") // which a Sentinel must have, and rewrites
	config := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %d 1\n", s.port, s.dir, name, watched.port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatalf("redistest: writing the Sentinel's configuration: %v", err)
	}
	s.arguments = []string{file, "--sentinel"}
	t.Cleanup(s.Stop)
	s.Restart()
	return s
}

// Addr is the server's host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the server's address as weft.yaml takes it.
func (s *Server) URL() string { return "redis://" + s.Addr() }

// Restart starts the server, empty and on the same port, after it was stopped.
func (s *Server) Restart() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		s.t.Fatal("redistest: the server is running: stop it before it is restarted")
	}
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		s.t.Fatal("redistest: redis-server is not installed: apt-get install redis-server (or brew install redis)")
	}
	s.process = exec.Command(binary, s.arguments...)
	if err := s.process.Start(); err != nil {
		s.process = nil
		s.t.Fatalf("redistest: starting redis-server: %v", err)
	}
	s.waitUntilUp()
}

// waitUntilUp waits for the first answer, be it a refusal to answer without a password.
func (s *Server) waitUntilUp() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		answer, err := s.ping()
		if err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-NOAUTH")) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("redistest: redis-server at %s does not serve: %q, %v", s.Addr(), answer, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// ping asks without go-redis, which logs each failure.
func (s *Server) ping() (answer string, err error) {
	conn, err := net.DialTimeout("tcp", s.Addr(), time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return "", err
	}
	answer, err = bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// Pause stops the process as SIGSTOP does: its port still accepts connections, and nothing answers.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		s.t.Fatal("redistest: the server is not running")
	}
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Fatalf("redistest: sending %s to redis-server: %v", signal, err)
	}
}

// Stop kills the process, as a crash would, and waits for its end. It does nothing where there is none.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // it was killed: its status is known
	s.process = nil
}

// freePort finds a port that is free now. Redis cannot be told to choose one itself.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("redistest: looking for a free port: %v", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
